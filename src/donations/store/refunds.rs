//! Rows of `refunds`.

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::refunds;
use crate::donations::{Refund, RefundState};
use crate::values::{At, DonationId, Money, RefundId, StaffId};

/// What a refund begins with.
#[derive(Debug, Clone, Copy)]
pub struct NewRefundRow<'a> {
    pub donation: DonationId,
    pub state: RefundState,
    pub amount: &'a Money,
    pub reason: &'a str,
    /// None: it was made at Stripe.
    pub staff: Option<StaffId>,
    pub account: Option<&'a str>,
    pub stripe_refund: Option<&'a str>,
}

/// Of one gift, oldest first.
///
/// # Errors
/// The database's.
pub fn of(db: &mut Db, donation: DonationId) -> QueryResult<Vec<Refund>> {
    Refund::query().filter(refunds::donation_id.eq(donation)).order(refunds::id.asc()).load(db)
}

/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: RefundId) -> QueryResult<Option<Refund>> {
    Refund::query().filter(refunds::id.eq(id)).first(db).optional()
}

/// By Stripe's `re_…`.
///
/// # Errors
/// The database's.
pub fn linked(db: &mut Db, stripe_refund: &str) -> QueryResult<Option<RefundId>> {
    refunds::table.filter(refunds::stripe_refund.eq(stripe_refund)).select(refunds::id).first(db).optional()
}

/// # Errors
/// The database's.
pub fn insert(db: &mut Db, new: NewRefundRow<'_>, now: At) -> QueryResult<RefundId> {
    diesel::insert_into(refunds::table)
        .values((
            refunds::donation_id.eq(new.donation),
            refunds::state.eq(new.state),
            refunds::amount_minor.eq(new.amount.minor),
            refunds::currency.eq(new.amount.currency.clone()),
            refunds::reason.eq(new.reason.to_owned()),
            refunds::staff_id.eq(new.staff),
            refunds::account.eq(new.account.map(str::to_owned)),
            refunds::stripe_refund.eq(new.stripe_refund.map(str::to_owned)),
            refunds::created_at.eq(now),
            refunds::updated_at.eq(now),
        ))
        .returning(refunds::id)
        .get_result(db)
}

/// # Errors
/// The database's.
pub fn save(db: &mut Db, row: &Refund, now: At) -> QueryResult<()> {
    diesel::update(refunds::table.filter(refunds::id.eq(row.id)))
        .set((
            refunds::state.eq(row.state),
            refunds::account.eq(row.account.clone()),
            refunds::stripe_refund.eq(row.stripe_refund.clone()),
            refunds::failure.eq(row.failure.clone()),
            refunds::updated_at.eq(now),
        ))
        .execute(db)
        .map(drop)
}
