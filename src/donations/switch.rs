//! The switch of the staff: whether gifts are taken.

use super::{Giving, store};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, clean_line};

/// How the switch stands; never touched: open.
///
/// # Errors
/// The database's.
pub fn giving(db: &mut Db, now: At) -> Result<Giving, Error> {
    let stored = store::giving::get(db)?;
    Ok(stored.unwrap_or_else(|| Giving { is_open: true, reason: String::new(), changed_at: now }))
}

/// # Errors
/// The database's.
pub fn open(db: &mut Db, actor: &Actor, now: At) -> Result<(), Error> {
    store::giving::set(db, true, "", now)?;
    audit::record(db, actor, "opened", "giving", None, "", now)?;
    Ok(())
}

/// Closes giving at once: sessions that are open at Stripe can still be paid.
///
/// # Errors
/// `Invalid` naming `reason`.
pub fn close(db: &mut Db, reason: &str, actor: &Actor, now: At) -> Result<(), Error> {
    let reason = clean_line(reason, 300).map_err(|error| Error::invalid("reason", error))?;
    if reason.is_empty() {
        return Err(Error::invalid("reason", "say why, for your colleagues"));
    }
    store::giving::set(db, false, &reason, now)?;
    audit::record(db, actor, "closed", "giving", None, &reason, now)?;
    Ok(())
}
