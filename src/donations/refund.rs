//! Giving money back.

use crate::audit::Actor;
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, DonationId, Money, RefundId, RootKey};

/// Notes that staff want to give money back and tells Stripe. An empty amount is all that is left.
///
/// # Errors
/// `NotFound`; `Invalid` naming `amount`, `reason`; `Conflict` when the gift is not paid or nothing is left.
pub fn request(
    db: &mut Db,
    donation: DonationId,
    amount: &str,
    reason: &str,
    actor: &Actor,
    root: &RootKey,
    now: At,
) -> Result<RefundId, Error> {
    let _ = (db, donation, amount, reason, actor, root, now);
    Err(Error::conflict("not built yet"))
}

/// What can still be given back.
///
/// # Errors
/// `NotFound`.
pub fn left(db: &mut Db, donation: DonationId) -> Result<Money, Error> {
    let _ = (db, donation);
    Err(Error::conflict("not built yet"))
}
