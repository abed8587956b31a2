//! Ending a repeated gift.

use super::Pledge;
use crate::audit::Actor;
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, PledgeId, RootKey};

/// Who ends a pledge by the link in a receipt.
pub fn donor() -> Actor {
    Actor { staff: None, name: super::timeline::DONOR.into() }
}

/// Asks Stripe to end it; its answer makes the pledge `ended` and mails the donor. One that was never paid ends at once.
/// Asking again does nothing.
///
/// # Errors
/// `NotFound`; `Conflict` when it has ended.
pub fn end(db: &mut Db, id: PledgeId, by: &Actor, now: At) -> Result<(), Error> {
    let _ = (db, id, by, now);
    Err(Error::conflict("not built yet"))
}

/// The pledge of a link in a receipt (`/donate/manage/<token>`).
///
/// # Errors
/// `NotFound` when the token is not one of ours.
pub fn by_token(db: &mut Db, root: &RootKey, token: &str, now: At) -> Result<Pledge, Error> {
    let _ = (db, root, token, now);
    Err(Error::conflict("not built yet"))
}
