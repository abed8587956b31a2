//! What happened to a gift or a pledge, line by line.

use super::{Gift, GiftEvent, GiftEventKind, store};
use crate::db::Db;
use crate::error::Error;
use crate::values::At;

/// Actors beside the staff.
pub const DONOR: &str = "donor";
pub const STRIPE: &str = "Stripe";
pub const PROGRAM: &str = "Pledgepost";

/// Oldest first.
///
/// # Errors
/// The database's.
pub fn of(db: &mut Db, gift: Gift) -> Result<Vec<GiftEvent>, Error> {
    Ok(store::events::of(db, gift)?)
}

/// Appends a line, in the transaction that did what it tells.
pub(super) fn note(
    db: &mut Db,
    gift: Gift,
    kind: GiftEventKind,
    detail: &str,
    actor: &str,
    at: At,
) -> Result<(), Error> {
    Ok(store::events::insert(db, gift, kind, detail, actor, at)?)
}
