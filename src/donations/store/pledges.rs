//! Rows of `pledges`.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::Look;
use crate::db::schema::{donations, pledges};
use crate::db::search::{self, lower};
use crate::db::{Db, MultiBackend, dialect};
use crate::donations::{Pledge, PledgeState};
use crate::stripe::{Interval, ObjectKind};
use crate::values::{At, CampaignId, Currency, EmailAddress, FundId, Language, Money, Page, PageRequest, PledgeId};

/// What staff look for. Nothing set means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of an address or a name, our number, or a whole id of Stripe (`sub_…`, `cus_…`).
    pub text: String,
    pub state: Option<PledgeState>,
    pub currency: Option<Currency>,
    pub fund: Option<FundId>,
    pub campaign: Option<CampaignId>,
}

fn filtered<'a>(filter: &Filter) -> pledges::BoxedQuery<'a, MultiBackend> {
    let mut rows = pledges::table.into_boxed();
    let text = filter.text.trim().to_owned();
    if !text.is_empty() {
        let pattern = search::part(&text);
        rows = rows.filter(
            (pledges::email_key.like(pattern.clone()).escape('\\'))
                .or(lower(pledges::name).like(pattern).escape('\\'))
                .or(pledges::id.eq(text.trim_start_matches('#').parse::<PledgeId>().unwrap_or(PledgeId(0))))
                .or(pledges::subscription.eq(text.clone()))
                .or(pledges::customer.eq(text)),
        );
    }
    if let Some(state) = filter.state {
        rows = rows.filter(pledges::state.eq(state));
    }
    if let Some(currency) = &filter.currency {
        rows = rows.filter(pledges::currency.eq(currency.clone()));
    }
    if let Some(fund) = filter.fund {
        rows = rows.filter(pledges::fund_id.eq(fund));
    }
    if let Some(campaign) = filter.campaign {
        rows = rows.filter(pledges::campaign_id.eq(campaign));
    }
    rows
}

/// Newest first.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, filter: &Filter, request: PageRequest) -> QueryResult<Page<Pledge>> {
    let total = filtered(filter).count().get_result(db)?;
    let rows = filtered(filter)
        .select(<Pledge as Selectable<MultiBackend>>::construct_selection())
        .order(pledges::id.desc())
        .limit(request.size)
        .offset(request.offset())
        .load(db)?;
    Ok(Page { rows, total, request })
}

/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: PledgeId) -> QueryResult<Option<Pledge>> {
    Pledge::query().filter(pledges::id.eq(id)).first(db).optional()
}

/// Those after an id, in order: for exports that walk through all of them in pieces.
///
/// # Errors
/// The database's.
pub fn after(db: &mut Db, filter: &Filter, after: PledgeId, limit: i64) -> QueryResult<Vec<Pledge>> {
    filtered(filter)
        .filter(pledges::id.gt(after))
        .order(pledges::id.asc())
        .limit(limit)
        .select(<Pledge as Selectable<MultiBackend>>::construct_selection())
        .load(db)
}

/// What a pledge begins with.
#[derive(Debug, Clone, Copy)]
pub struct NewPledge<'a> {
    pub amount: &'a Money,
    pub every: Interval,
    pub fund: FundId,
    pub campaign: Option<CampaignId>,
    pub email: &'a EmailAddress,
    pub name: &'a str,
    pub language: &'a Language,
    pub test: bool,
    pub look_at: Option<At>,
}

/// # Errors
/// The database's.
pub fn insert(db: &mut Db, new: NewPledge<'_>, now: At) -> QueryResult<PledgeId> {
    diesel::insert_into(pledges::table)
        .values((
            pledges::state.eq(PledgeState::Incomplete),
            pledges::fund_id.eq(new.fund),
            pledges::campaign_id.eq(new.campaign),
            pledges::amount_minor.eq(new.amount.minor),
            pledges::currency.eq(new.amount.currency.clone()),
            pledges::every.eq(new.every),
            pledges::email.eq(new.email.clone()),
            pledges::email_key.eq(new.email.key()),
            pledges::name.eq(new.name.to_owned()),
            pledges::language.eq(new.language.clone()),
            pledges::test.eq(new.test),
            pledges::look_at.eq(new.look_at),
            pledges::looks.eq(0_i64),
            pledges::end_reason.eq(""),
            pledges::created_at.eq(now),
            pledges::updated_at.eq(now),
        ))
        .returning(pledges::id)
        .get_result(db)
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = BigInt)]
    #[expect(dead_code, reason = "the row is read again once it is held")]
    id: i64,
}

/// Holds the row for the rest of the transaction, and reads it as it is then.
///
/// # Errors
/// The database's.
pub fn lock(db: &mut Db, id: PledgeId) -> QueryResult<Option<Pledge>> {
    let sql = format!("SELECT id FROM pledges WHERE id = $1{}", dialect::for_update(db));
    diesel::sql_query(sql).bind::<BigInt, _>(id.0).get_result::<Locked>(db).optional()?;
    find(db, id)
}

/// The pledge that an object of Stripe is linked to.
///
/// # Errors
/// The database's.
pub fn linked(db: &mut Db, kind: ObjectKind, id: &str) -> QueryResult<Option<PledgeId>> {
    let rows = pledges::table.select(pledges::id);
    match kind {
        ObjectKind::Checkout => rows.filter(pledges::checkout.eq(id)).first(db).optional(),
        ObjectKind::Subscription => rows.filter(pledges::subscription.eq(id)).first(db).optional(),
        ObjectKind::Invoice | ObjectKind::Payment | ObjectKind::Refund | ObjectKind::Payout => Ok(None),
    }
}

/// Writes what the books may change of a pledge.
///
/// # Errors
/// The database's.
pub fn save(db: &mut Db, row: &Pledge, now: At) -> QueryResult<()> {
    diesel::update(pledges::table.filter(pledges::id.eq(row.id)))
        .set((
            pledges::state.eq(row.state),
            pledges::donor_id.eq(row.donor_id),
            pledges::account.eq(row.account.clone()),
            pledges::checkout.eq(row.checkout.clone()),
            pledges::subscription.eq(row.subscription.clone()),
            pledges::customer.eq(row.customer.clone()),
            pledges::end_reason.eq(row.end_reason.clone()),
            pledges::ending_at.eq(row.ending_at),
            pledges::started_at.eq(row.started_at),
            pledges::ended_at.eq(row.ended_at),
            pledges::updated_at.eq(now),
        ))
        .execute(db)
        .map(drop)
}

/// # Errors
/// The database's.
pub fn set_look(db: &mut Db, id: PledgeId, look: Look) -> QueryResult<()> {
    diesel::update(pledges::table.filter(pledges::id.eq(id)))
        .set((pledges::look_at.eq(look.at), pledges::looks.eq(look.times)))
        .execute(db)
        .map(drop)
}

/// Pledges whose time to be looked at has come, with the number of looks so far.
///
/// # Errors
/// The database's.
pub fn to_look_at(db: &mut Db, now: At, limit: i64) -> QueryResult<Vec<(PledgeId, i64)>> {
    pledges::table
        .filter(pledges::look_at.le(now))
        .order(pledges::look_at.asc())
        .limit(limit)
        .select((pledges::id, pledges::looks))
        .load(db)
}

/// Tries of repeated gifts since then; of one address, and only those still open, if asked.
///
/// # Errors
/// The database's.
pub fn tries(db: &mut Db, since: At, email: Option<&EmailAddress>, open: bool) -> QueryResult<i64> {
    let mut rows = pledges::table.into_boxed();
    rows = rows.filter(pledges::created_at.gt(since));
    if let Some(email) = email {
        rows = rows.filter(pledges::email_key.eq(email.key()));
    }
    if open {
        rows = rows.filter(pledges::state.eq(PledgeState::Incomplete));
    }
    rows.count().get_result(db)
}

/// Takes the giver out of pledges that never began and were made before then. Answers how many.
///
/// # Errors
/// The database's.
pub fn forget_givers(db: &mut Db, before: At, now: At) -> QueryResult<usize> {
    let abandoned = pledges::table
        .filter(pledges::created_at.lt(before))
        .filter(pledges::state.eq_any([PledgeState::Incomplete, PledgeState::Ended]))
        .filter(pledges::email.ne(""))
        .filter(pledges::started_at.is_null())
        .filter(diesel::dsl::not(diesel::dsl::exists(
            donations::table.filter(donations::pledge_id.eq(pledges::id.nullable())),
        )));
    diesel::update(abandoned)
        .set((pledges::email.eq(""), pledges::email_key.eq(""), pledges::name.eq(""), pledges::updated_at.eq(now)))
        .execute(db)
}
