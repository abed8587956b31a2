//! What happened to a gift or a pledge, line by line.

use super::{Gift, GiftEvent};
use crate::db::Db;
use crate::error::Error;

/// Actors beside the staff.
pub const DONOR: &str = "donor";
pub const STRIPE: &str = "Stripe";
pub const PROGRAM: &str = "Pledgepost";

/// Oldest first.
///
/// # Errors
/// The database's.
pub fn of(db: &mut Db, gift: Gift) -> Result<Vec<GiftEvent>, Error> {
    let _ = (db, gift);
    Err(Error::conflict("not built yet"))
}
