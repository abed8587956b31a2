//! A month of the journal in the formats of others.

use chrono_tz::Tz;

use crate::audit::Actor;
use crate::db::Db;
use crate::error::Error;
use crate::text_enum;
use crate::values::{At, Month};

text_enum! {
    /// What a month is written as.
    pub enum Format {
        /// For any spreadsheet: a line per entry and account.
        Csv => "csv",
        /// Manual journals of Xero, a journal per day.
        Xero => "xero",
        /// Plain text for beancount, with balances that it checks.
        Beancount => "beancount",
    }
}

/// A file for the bookkeeper.
#[derive(Debug, Clone)]
pub struct Exported {
    /// `journal-2026-11.csv`; of test money `journal-2026-11-test.csv`.
    pub file_name: String,
    pub content_type: &'static str,
    pub content: Vec<u8>,
    /// How many entries are in it.
    pub entries: usize,
    /// What whoever gets the file should know, in sentences.
    pub notes: Vec<String>,
}

/// Writes a month, keeps what was written if it is not what was kept last, and notes it in the audit.
///
/// # Errors
/// `Conflict` in words when the format cannot hold the month (Xero: several currencies), or amounts cannot be added.
pub fn export(
    db: &mut Db,
    livemode: bool,
    month: Month,
    format: Format,
    zone: Tz,
    actor: &Actor,
    now: At,
) -> Result<Exported, Error> {
    let _ = (db, livemode, month, format, zone, actor, now);
    Err(Error::conflict("not yet"))
}
