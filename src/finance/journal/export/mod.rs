//! A month of the journal in the formats of others.

mod beancount;
mod csv;
mod xero;

use chrono_tz::Tz;

use super::{Bounds, Chart, MonthView, accounts, kept, month};
use crate::audit::{self, Actor};
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
    of: Month,
    format: Format,
    zone: Tz,
    actor: &Actor,
    now: At,
) -> Result<Exported, Error> {
    accounts::ensure(db, now)?;
    let chart = Chart::load(db)?;
    let mut view = month(db, livemode, of, zone)?;
    let mut notes = about(&view, livemode, zone, now);
    let (name, content_type, content) = match format {
        Format::Csv => ("csv", "text/csv; charset=utf-8", csv::write(&view.entries)?),
        Format::Xero => {
            let written = xero::write(&view.entries, livemode)?;
            notes.extend(written.notes);
            ("xero.csv", "text/csv; charset=utf-8", written.content)
        }
        Format::Beancount => {
            let bounds = Bounds::of(of, zone);
            let mut closing = beancount::closing(db, livemode, &chart, &bounds)?;
            // Something may have been booked between the statements that read the month and those that check it.
            for _ in 0..3 {
                if beancount::agrees(&view, &closing) {
                    break;
                }
                view = month(db, livemode, of, zone)?;
                closing = beancount::closing(db, livemode, &chart, &bounds)?;
            }
            ("beancount", "text/plain; charset=utf-8", beancount::write(&chart, &view, &closing)?)
        }
    };
    kept::keep(db, livemode, of, &view.entries, actor.staff, now)?;
    audit::record(db, actor, "exported", "journal", None, &format!("{of} as {format}"), now)?;
    let test = if livemode { "" } else { "-test" };
    Ok(Exported {
        file_name: format!("journal-{of}{test}.{name}"),
        content_type,
        content,
        entries: view.entries.len(),
        notes,
    })
}

/// What is to be known of the month, whatever it is written as.
fn about(view: &MonthView, livemode: bool, zone: Tz, now: At) -> Vec<String> {
    let mut notes = Vec::new();
    let bounds = Bounds::of(view.month, zone);
    if bounds.from > now {
        notes.push(format!("{} has not begun.", view.month));
    } else if bounds.to > now {
        notes.push(format!("{} is not over: this is the month so far.", view.month));
    }
    if view.entries.is_empty() {
        notes.push(format!("{} has no entries.", view.month));
    }
    if !livemode && !view.entries.is_empty() {
        notes.push("This is test money: nothing for the books.".into());
    }
    for money in &view.suspense {
        notes.push(format!("{money} stand in suspense: something is not explained yet."));
    }
    notes
}
