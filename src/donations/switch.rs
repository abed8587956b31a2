//! The switch of the staff: whether gifts are taken.

use super::Giving;
use crate::audit::Actor;
use crate::db::Db;
use crate::error::Error;
use crate::values::At;

/// How the switch stands; never touched: open.
///
/// # Errors
/// The database's.
pub fn giving(db: &mut Db, now: At) -> Result<Giving, Error> {
    let _ = (db, now);
    Err(Error::conflict("not built yet"))
}

/// # Errors
/// The database's.
pub fn open(db: &mut Db, actor: &Actor, now: At) -> Result<(), Error> {
    let _ = (db, actor, now);
    Err(Error::conflict("not built yet"))
}

/// Closes giving at once: sessions that are open at Stripe can still be paid.
///
/// # Errors
/// `Invalid` naming `reason`.
pub fn close(db: &mut Db, reason: &str, actor: &Actor, now: At) -> Result<(), Error> {
    let _ = (db, reason, actor, now);
    Err(Error::conflict("not built yet"))
}
