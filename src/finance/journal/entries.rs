//! The entries of a month.

use chrono_tz::Tz;

use super::{Chart, Entry};
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, Day, Month};

/// A month as instants and as days: transactions have the one, bank lines the other.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub from: At,
    /// The first moment that is not in it any more.
    pub to: At,
    pub first: Day,
    pub last: Day,
}

/// The entries of a month, by day, then by what they are made of.
///
/// # Errors
/// `Conflict` when amounts are too large to be added; the database's.
pub fn entries(db: &mut Db, livemode: bool, month: Month, zone: Tz, chart: &Chart) -> Result<Vec<Entry>, Error> {
    let _ = (db, livemode, month, zone, chart);
    Err(Error::conflict("not yet"))
}
