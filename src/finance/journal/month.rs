//! A month per account and currency.

use chrono_tz::Tz;

use super::MonthView;
use crate::db::Db;
use crate::error::Error;
use crate::values::Month;

/// # Errors
/// `Conflict` when amounts are too large to be added; the database's.
pub fn month(db: &mut Db, livemode: bool, month: Month, zone: Tz) -> Result<MonthView, Error> {
    let _ = (db, livemode, month, zone);
    Err(Error::conflict("not yet"))
}

/// The months that have an entry, newest first.
///
/// # Errors
/// The database's.
pub fn months(db: &mut Db, livemode: bool, zone: Tz) -> Result<Vec<Month>, Error> {
    let _ = (db, livemode, zone);
    Ok(Vec::new())
}
