//! Rows of `receipts` and their counters.

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::receipts;
use crate::donations::Receipt;
use crate::values::DonationId;

/// # Errors
/// The database's.
pub fn of(db: &mut Db, donation: DonationId) -> QueryResult<Option<Receipt>> {
    Receipt::query().filter(receipts::donation_id.eq(donation)).first(db).optional()
}
