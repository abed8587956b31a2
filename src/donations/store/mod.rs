//! Rows of giving: donations here, the others in a file each.

pub mod pledges;
pub mod receipts;
pub mod refunds;
mod search;
pub mod sums;

use diesel::prelude::*;

use super::{Donation, Donor};
use crate::db::Db;
use crate::db::schema::{donations, donors};
use crate::values::{DonationId, DonorId};

pub use search::{Filter, after, list, questions};

/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: DonationId) -> QueryResult<Option<Donation>> {
    Donation::query().filter(donations::id.eq(id)).first(db).optional()
}

/// # Errors
/// The database's.
pub fn donor(db: &mut Db, id: DonorId) -> QueryResult<Option<Donor>> {
    Donor::query().filter(donors::id.eq(id)).first(db).optional()
}
