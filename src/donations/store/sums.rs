//! Sums and counts for staff. Only what is paid is added up, and test gifts never to real ones.

use diesel::dsl::{count_star, exists, not, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::search::{Filter, filtered};
use crate::db::Db;
use crate::db::schema::{donations, pledges, receipts, refunds};
use crate::donations::{DonationState, Receipt, RefundState};
use crate::stripe::Interval;
use crate::values::{At, CampaignId, Currency, DonationId, FundId, Money, PledgeId};

/// Ids in one statement.
const PIECE: usize = 1000;

/// Paid gifts of one currency, real or test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    pub test: bool,
    pub count: i64,
    pub amount: Money,
    /// Of refunds that succeeded.
    pub refunded: Money,
}

/// `SUM` of a bigint is numeric on PostgreSQL: it is cast back.
fn added() -> SqlLiteral<BigInt> {
    sql::<BigInt>("CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT)")
}

/// What the filter finds and is paid, real gifts first, then by currency.
///
/// # Errors
/// The database's.
pub fn of_filter(db: &mut Db, filter: &Filter) -> QueryResult<Vec<Sum>> {
    let mut sums = Vec::new();
    for (test, currency) in kinds(db)? {
        let paid = || {
            filtered(filter)
                .filter(donations::state.eq(DonationState::Paid))
                .filter(donations::test.eq(test))
                .filter(donations::currency.eq(currency.clone()))
        };
        let (count, minor): (i64, i64) = paid().select((count_star(), added())).first(db)?;
        if count > 0 {
            let mut back = 0;
            // A boxed query cannot stand inside another one here; gifts that went back are few.
            for piece in given_back(db, &currency)?.chunks(PIECE) {
                let ids: Vec<DonationId> = piece.iter().map(|(id, _)| *id).collect();
                let found: Vec<DonationId> = paid().filter(donations::id.eq_any(ids)).select(donations::id).load(db)?;
                back += piece.iter().filter(|(id, _)| found.contains(id)).map(|(_, minor)| minor).sum::<i64>();
            }
            let (amount, refunded) = (Money::new(minor, currency.clone()), Money::new(back, currency));
            sums.push(Sum { test, count, amount, refunded });
        }
    }
    Ok(sums)
}

fn given_back(db: &mut Db, currency: &Currency) -> QueryResult<Vec<(DonationId, i64)>> {
    refunds::table
        .filter(refunds::state.eq(RefundState::Succeeded).and(refunds::currency.eq(currency.clone())))
        .group_by(refunds::donation_id)
        .select((refunds::donation_id, added()))
        .load(db)
}

fn kinds(db: &mut Db) -> QueryResult<Vec<(bool, Currency)>> {
    let columns = (donations::test, donations::currency);
    donations::table.select(columns).distinct().order(columns).load(db)
}

/// Paid since then.
///
/// # Errors
/// The database's.
pub fn paid_since(db: &mut Db, from: At) -> QueryResult<Vec<Sum>> {
    let group = (donations::test, donations::currency);
    let rows: Vec<(bool, Currency, i64, i64)> = donations::table
        .filter(donations::state.eq(DonationState::Paid).and(donations::paid_at.ge(from)))
        .group_by(group)
        .order(group)
        .select((donations::test, donations::currency, count_star(), added()))
        .load(db)?;
    let sum = |(test, currency, count, minor): (bool, Currency, i64, i64)| Sum {
        test,
        count,
        refunded: Money::new(0, currency.clone()),
        amount: Money::new(minor, currency),
    };
    Ok(rows.into_iter().map(sum).collect())
}

/// What was given for each fund.
///
/// # Errors
/// The database's.
pub fn by_fund(db: &mut Db) -> QueryResult<Vec<(FundId, Sum)>> {
    let group = (donations::fund_id, donations::test, donations::currency);
    let rows: Vec<(FundId, bool, Currency, i64, i64)> = donations::table
        .filter(donations::state.eq(DonationState::Paid))
        .group_by(group)
        .order(group)
        .select((donations::fund_id, donations::test, donations::currency, count_star(), added()))
        .load(db)?;
    let sum = |(fund, test, currency, count, minor): (FundId, bool, Currency, i64, i64)| {
        let refunded = Money::new(0, currency.clone());
        (fund, Sum { test, count, refunded, amount: Money::new(minor, currency) })
    };
    Ok(rows.into_iter().map(sum).collect())
}

/// What went back of each of these gifts, in minor units.
///
/// # Errors
/// The database's.
pub fn refunded(db: &mut Db, donations: &[DonationId]) -> QueryResult<Vec<(DonationId, i64)>> {
    refunds::table
        .filter(refunds::state.eq(RefundState::Succeeded))
        .filter(refunds::donation_id.eq_any(donations.to_vec()))
        .group_by(refunds::donation_id)
        .select((refunds::donation_id, added()))
        .load(db)
}

/// Campaigns through whose links somebody wanted to give, newest first.
///
/// # Errors
/// The database's.
pub fn campaigns(db: &mut Db) -> QueryResult<Vec<CampaignId>> {
    let found: Vec<Option<CampaignId>> = donations::table
        .filter(donations::campaign_id.is_not_null())
        .select(donations::campaign_id)
        .distinct()
        .order(donations::campaign_id.desc())
        .load(db)?;
    Ok(found.into_iter().flatten().collect())
}

/// In which currencies there are gifts.
///
/// # Errors
/// The database's.
pub fn currencies(db: &mut Db) -> QueryResult<Vec<Currency>> {
    donations::table.select(donations::currency).distinct().order(donations::currency).load(db)
}

/// Gifts of which a refund failed, and none was tried again.
///
/// # Errors
/// The database's.
pub fn failed_refunds(db: &mut Db) -> QueryResult<Vec<DonationId>> {
    let again = diesel::alias!(refunds as again);
    refunds::table
        .filter(refunds::state.eq(RefundState::Failed))
        .filter(not(exists(again.filter(
            again.field(refunds::donation_id).eq(refunds::donation_id).and(again.field(refunds::id).gt(refunds::id)),
        ))))
        .select(refunds::donation_id)
        .order(refunds::id.desc())
        .load(db)
}

/// What happened on the donate page since then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Forms that were sent, one-off and repeated.
    pub begun: i64,
    pub paid: i64,
    pub failed: i64,
}

/// # Errors
/// The database's.
pub fn traffic(db: &mut Db, from: At) -> QueryResult<Traffic> {
    let once: i64 = donations::table
        .filter(donations::created_at.ge(from).and(donations::invoice.is_null()))
        .count()
        .get_result(db)?;
    let repeated: i64 = pledges::table.filter(pledges::created_at.ge(from)).count().get_result(db)?;
    let paid = donations::table.filter(donations::paid_at.ge(from)).count().get_result(db)?;
    let failed = donations::table
        .filter(donations::state.eq(DonationState::Failed).and(donations::updated_at.ge(from)))
        .count()
        .get_result(db)?;
    Ok(Traffic { begun: once + repeated, paid, failed })
}

/// The numbers of the receipts of these gifts, as they are shown.
///
/// # Errors
/// The database's.
pub fn receipt_numbers(db: &mut Db, donations: &[DonationId]) -> QueryResult<Vec<(DonationId, String)>> {
    let found: Vec<Receipt> = Receipt::query().filter(receipts::donation_id.eq_any(donations.to_vec())).load(db)?;
    Ok(found.into_iter().map(|receipt| (receipt.donation_id, receipt.shown())).collect())
}

/// How often each of these pledges is paid.
///
/// # Errors
/// The database's.
pub fn intervals(db: &mut Db, ids: &[PledgeId]) -> QueryResult<Vec<(PledgeId, Interval)>> {
    pledges::table.filter(pledges::id.eq_any(ids.to_vec())).select((pledges::id, pledges::every)).load(db)
}
