//! Rows of giving: donations here, the others in a file each.

pub mod donors;
pub mod events;
pub mod funds;
pub mod giving;
pub mod pledges;
pub mod receipts;
pub mod refunds;
mod search;
pub mod sums;
pub mod totals;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{Donation, DonationState};
use crate::db::schema::donations;
use crate::db::{Db, dialect};
use crate::stripe::ObjectKind;
use crate::values::{At, CampaignId, DonationId, EmailAddress, FundId, Language, Money, PledgeId};

pub use donors::find as donor;
pub use search::{Filter, after, list, questions};

/// What a gift begins with.
#[derive(Debug, Clone, Copy)]
pub struct NewDonation<'a> {
    pub amount: &'a Money,
    pub fund: FundId,
    pub campaign: Option<CampaignId>,
    pub pledge: Option<PledgeId>,
    pub email: &'a EmailAddress,
    pub name: &'a str,
    pub language: &'a Language,
    pub test: bool,
    pub look_at: Option<At>,
}

/// When to look at it again, and how often that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub at: Option<At>,
    pub times: i64,
}

impl Look {
    /// Nothing is waited for.
    pub const NEVER: Self = Self { at: None, times: 0 };
}

/// # Errors
/// The database's.
pub fn insert(db: &mut Db, new: NewDonation<'_>, now: At) -> QueryResult<DonationId> {
    diesel::insert_into(donations::table)
        .values((
            donations::state.eq(DonationState::Initiated),
            donations::pledge_id.eq(new.pledge),
            donations::fund_id.eq(new.fund),
            donations::campaign_id.eq(new.campaign),
            donations::amount_minor.eq(new.amount.minor),
            donations::currency.eq(new.amount.currency.clone()),
            donations::email.eq(new.email.clone()),
            donations::email_key.eq(new.email.key()),
            donations::name.eq(new.name.to_owned()),
            donations::language.eq(new.language.clone()),
            donations::test.eq(new.test),
            donations::look_at.eq(new.look_at),
            donations::looks.eq(0_i64),
            donations::created_at.eq(now),
            donations::updated_at.eq(now),
        ))
        .returning(donations::id)
        .get_result(db)
}

/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: DonationId) -> QueryResult<Option<Donation>> {
    Donation::query().filter(donations::id.eq(id)).first(db).optional()
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
pub fn lock(db: &mut Db, id: DonationId) -> QueryResult<Option<Donation>> {
    let sql = format!("SELECT id FROM donations WHERE id = $1{}", dialect::for_update(db));
    diesel::sql_query(sql).bind::<BigInt, _>(id.0).get_result::<Locked>(db).optional()?;
    find(db, id)
}

/// The gift that an object of Stripe is linked to.
///
/// # Errors
/// The database's.
pub fn linked(db: &mut Db, kind: ObjectKind, id: &str) -> QueryResult<Option<DonationId>> {
    let rows = donations::table.select(donations::id);
    match kind {
        ObjectKind::Checkout => rows.filter(donations::checkout.eq(id)).first(db).optional(),
        ObjectKind::Payment => rows.filter(donations::payment.eq(id)).first(db).optional(),
        ObjectKind::Invoice => rows.filter(donations::invoice.eq(id)).first(db).optional(),
        ObjectKind::Refund | ObjectKind::Subscription | ObjectKind::Payout => Ok(None),
    }
}

/// Writes what the books may change of a gift.
///
/// # Errors
/// The database's.
pub fn save(db: &mut Db, row: &Donation, now: At) -> QueryResult<()> {
    diesel::update(donations::table.filter(donations::id.eq(row.id)))
        .set((
            donations::state.eq(row.state),
            donations::donor_id.eq(row.donor_id),
            donations::amount_minor.eq(row.amount_minor),
            donations::currency.eq(row.currency.clone()),
            donations::account.eq(row.account.clone()),
            donations::checkout.eq(row.checkout.clone()),
            donations::payment.eq(row.payment.clone()),
            donations::invoice.eq(row.invoice.clone()),
            donations::question.eq(row.question.clone()),
            donations::received_minor.eq(row.received_minor),
            donations::received_currency.eq(row.received_currency.clone()),
            donations::failure.eq(row.failure.clone()),
            donations::paid_at.eq(row.paid_at),
            donations::updated_at.eq(now),
        ))
        .execute(db)
        .map(drop)
}

/// # Errors
/// The database's.
pub fn set_look(db: &mut Db, id: DonationId, look: Look) -> QueryResult<()> {
    diesel::update(donations::table.filter(donations::id.eq(id)))
        .set((donations::look_at.eq(look.at), donations::looks.eq(look.times)))
        .execute(db)
        .map(drop)
}

/// Gifts whose time to be looked at has come, with the number of looks so far.
///
/// # Errors
/// The database's.
pub fn to_look_at(db: &mut Db, now: At, limit: i64) -> QueryResult<Vec<(DonationId, i64)>> {
    donations::table
        .filter(donations::look_at.le(now))
        .order(donations::look_at.asc())
        .limit(limit)
        .select((donations::id, donations::looks))
        .load(db)
}

/// Tries of one-off gifts since then; of one address, and only those still open, if asked.
///
/// # Errors
/// The database's.
pub fn tries(db: &mut Db, since: At, email: Option<&EmailAddress>, open: bool) -> QueryResult<i64> {
    let mut rows = donations::table.into_boxed();
    // Payments of pledges are Stripe's doing, not a visitor's.
    rows = rows.filter(donations::created_at.gt(since)).filter(donations::invoice.is_null());
    if let Some(email) = email {
        rows = rows.filter(donations::email_key.eq(email.key()));
    }
    if open {
        rows = rows.filter(donations::state.eq(DonationState::Initiated));
    }
    rows.count().get_result(db)
}

/// Takes the giver out of gifts that never became one and were made before then. Answers how many.
///
/// # Errors
/// The database's.
pub fn forget_givers(db: &mut Db, before: At, now: At) -> QueryResult<usize> {
    let abandoned = donations::table
        .filter(donations::created_at.lt(before))
        .filter(donations::state.eq_any([DonationState::Initiated, DonationState::Cancelled, DonationState::Failed]))
        .filter(donations::email.ne(""))
        .filter(donations::received_minor.is_null());
    diesel::update(abandoned)
        .set((
            donations::email.eq(""),
            donations::email_key.eq(""),
            donations::name.eq(""),
            donations::updated_at.eq(now),
        ))
        .execute(db)
}
