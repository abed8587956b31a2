//! What was exported, and what differs from it now.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::store::exports::{self as store, NewExport};
use super::{Chart, Entry, JournalExport, entries};
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, Currency, Day, Money, Month, StaffId, sha256_hex};

/// Something that is not as it was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What the entry is made of: `txn_1`, `match-7`, `opening-EUR`.
    pub source: String,
    /// In words.
    pub what: String,
    /// The entry as it was exported; none: it was not there.
    pub before: Option<String>,
    /// As it is now; none: it is gone.
    pub now: Option<String>,
}

/// An entry as it is kept: what a bookkeeper booked by it. (Which payout took a gift along is not: that comes later, and
/// changes nothing.)
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    source: String,
    day: Day,
    currency: Currency,
    narration: String,
    lines: Vec<KeptLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct KeptLine {
    code: String,
    amount_minor: i64,
}

impl Kept {
    fn of(entry: &Entry) -> Self {
        let line = |line: &super::Line| KeptLine { code: line.account.code.clone(), amount_minor: line.amount_minor };
        let mut lines: Vec<KeptLine> = entry.lines.iter().map(line).collect();
        lines.sort();
        Self {
            source: entry.source.to_string(),
            day: entry.day,
            currency: entry.currency.clone(),
            narration: entry.narration.clone(),
            lines,
        }
    }
    /// Whether both are booked alike; the words may differ.
    fn is_booked_as(&self, other: &Self) -> bool {
        (self.day, &self.currency, &self.lines) == (other.day, &other.currency, &other.lines)
    }
    /// `2026-11-03, Gift 17: 1210 24.00, 4000 -25.00, 6000 1.00 EUR`
    fn words(&self) -> String {
        let amount = |line: &KeptLine| Money::new(line.amount_minor, self.currency.clone()).decimal();
        let lines: Vec<String> = self.lines.iter().map(|line| format!("{} {}", line.code, amount(line))).collect();
        format!("{}, {}: {} {}", self.day, self.narration, lines.join(", "), self.currency)
    }
}

/// The kept exports of a month, newest first.
///
/// # Errors
/// The database's.
pub fn exports(db: &mut Db, livemode: bool, month: Month) -> Result<Vec<JournalExport>, Error> {
    Ok(store::of_month(db, livemode, month)?)
}

/// Keeps what was exported, unless it is what was kept last.
pub(super) fn keep(
    db: &mut Db,
    livemode: bool,
    month: Month,
    entries: &[Entry],
    staff: Option<StaffId>,
    now: At,
) -> Result<(), Error> {
    let kept: Vec<Kept> = entries.iter().map(Kept::of).collect();
    let content = serde_json::to_string(&kept).map_err(Error::internal)?;
    let content_hash = sha256_hex(&content);
    let last = store::of_month(db, livemode, month)?.into_iter().next();
    if last.is_some_and(|last| last.content_hash == content_hash) {
        return Ok(());
    }
    let entries = i64::try_from(entries.len()).map_err(Error::internal)?;
    let new = NewExport { month, livemode, entries, content: &content, content_hash: &content_hash, staff };
    Ok(store::insert(db, &new, now)?)
}

/// What differs from the newest export of the month; empty if there is none. Entries of the day of the export and of
/// later days may be added: an export during the month is of the month so far.
///
/// # Errors
/// As [`entries`](super::entries).
pub fn changed_since(db: &mut Db, livemode: bool, month: Month, zone: Tz) -> Result<Vec<Change>, Error> {
    if store::of_month(db, livemode, month)?.is_empty() {
        return Ok(Vec::new());
    }
    let chart = Chart::load(db)?;
    let entries = entries(db, livemode, month, zone, &chart)?;
    compared(db, livemode, month, zone, &entries)
}

/// [`changed_since`] for entries that were read already.
pub(super) fn compared(
    db: &mut Db,
    livemode: bool,
    month: Month,
    zone: Tz,
    entries: &[Entry],
) -> Result<Vec<Change>, Error> {
    let Some(export) = store::of_month(db, livemode, month)?.into_iter().next() else { return Ok(Vec::new()) };
    let content = store::content(db, export.id)?;
    let before: Vec<Kept> = serde_json::from_str(&content).map_err(Error::internal)?;
    let exported_on = Day::of(export.exported_at, zone);
    let now: Vec<Kept> = entries.iter().map(Kept::of).collect();
    Ok(differences(&before, &now, exported_on))
}

fn differences(before: &[Kept], now: &[Kept], exported_on: Day) -> Vec<Change> {
    let mut old: BTreeMap<&str, &Kept> = before.iter().map(|kept| (kept.source.as_str(), kept)).collect();
    let mut changes = Vec::new();
    for entry in now {
        let (what, was) = match old.remove(entry.source.as_str()) {
            Some(was) if was.is_booked_as(entry) => continue,
            Some(was) => (format!("is booked otherwise now: {}; it was {}", entry.words(), was.words()), Some(was)),
            None if entry.day >= exported_on => continue,
            None => (format!("was added: {}", entry.words()), None),
        };
        changes.push(Change {
            source: entry.source.clone(),
            what: format!("{} {what}", entry.source),
            before: was.map(Kept::words),
            now: Some(entry.words()),
        });
    }
    for (source, gone) in old {
        changes.push(Change {
            source: source.to_owned(),
            what: format!("{source} is not there any more: {}", gone.words()),
            before: Some(gone.words()),
            now: None,
        });
    }
    changes
}

/// The exported months, oldest first, with what differs (nothing, when all is well).
///
/// # Errors
/// As [`changed_since`].
pub fn changed_months(db: &mut Db, livemode: bool, zone: Tz) -> Result<Vec<(Month, Vec<Change>)>, Error> {
    let mut months = Vec::new();
    for month in store::months(db, livemode)? {
        let month = Month::parse(&month).map_err(Error::internal)?;
        months.push((month, changed_since(db, livemode, month, zone)?));
    }
    Ok(months)
}
