//! Rows of `refunds`.

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::refunds;
use crate::donations::Refund;
use crate::values::DonationId;

/// Of one gift, oldest first.
///
/// # Errors
/// The database's.
pub fn of(db: &mut Db, donation: DonationId) -> QueryResult<Vec<Refund>> {
    Refund::query().filter(refunds::donation_id.eq(donation)).order(refunds::id.asc()).load(db)
}
