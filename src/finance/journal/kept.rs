//! What was exported, and what differs from it now.

use chrono_tz::Tz;

use super::JournalExport;
use crate::db::Db;
use crate::error::Error;
use crate::values::Month;

/// Something that is not as it was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What the entry is made of: `txn_1`, `match-7`, `opening-EUR`.
    pub source: String,
    /// In words: "2026-11-03 Gift 17, 25.00 EUR: was added".
    pub what: String,
    /// The entry as it was exported, in words; none: it was not there.
    pub before: Option<String>,
    /// As it is now; none: it is gone.
    pub now: Option<String>,
}

/// The kept exports of a month, newest first.
///
/// # Errors
/// The database's.
pub fn exports(db: &mut Db, livemode: bool, month: Month) -> Result<Vec<JournalExport>, Error> {
    let _ = (db, livemode, month);
    Ok(Vec::new())
}

/// What differs from the newest export of the month; empty if there is none. Entries of the day of the export and of
/// later days may be added: an export during the month is of the month so far.
///
/// # Errors
/// As [`entries`](super::entries).
pub fn changed_since(db: &mut Db, livemode: bool, month: Month, zone: Tz) -> Result<Vec<Change>, Error> {
    let _ = (db, livemode, month, zone);
    Ok(Vec::new())
}

/// The exported months, oldest first, with what differs (nothing, when all is well).
///
/// # Errors
/// As [`changed_since`].
pub fn changed_months(db: &mut Db, livemode: bool, zone: Tz) -> Result<Vec<(Month, Vec<Change>)>, Error> {
    let _ = (db, livemode, zone);
    Ok(Vec::new())
}
