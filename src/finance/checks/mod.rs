//! The invariants of the money, looked at: what must hold between Stripe's lines, donations, payouts, bank statements and
//! the journal, whatever happened. Numbers are those that the documentation gives them.

mod balance;
mod charges;
mod fees;
mod gifts;
mod journal;
mod payouts;
mod statements;

use chrono_tz::Tz;
use serde::Serialize;

use crate::db::Db;
use crate::error::Error;
use crate::values::At;

/// Failures that are listed of one check; the others are counted.
pub const LISTED: usize = 20;

/// All checks.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub holds: bool,
    pub checks: Vec<Check>,
}

/// One invariant, looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    pub number: u8,
    /// What must hold, in a sentence.
    pub title: &'static str,
    pub holds: bool,
    /// How many things were looked at.
    pub looked_at: i64,
    /// What they are: `balance transactions`.
    pub things: &'static str,
    /// Said also when it holds; may be empty.
    pub note: String,
    pub failures: Vec<Failure>,
    /// How many more there are.
    pub more: i64,
}

/// Something that does not hold.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Failure {
    pub what: String,
    pub expected: String,
    pub found: String,
    /// The page of the row.
    pub href: String,
}

impl Check {
    fn new(number: u8, title: &'static str, things: &'static str, looked_at: i64) -> Self {
        Self { number, title, holds: true, looked_at, things, note: String::new(), failures: Vec::new(), more: 0 }
    }
    /// Takes failures, of which there are `total` in all.
    fn failed(&mut self, failures: Vec<Failure>, total: i64) {
        let before = i64::try_from(self.failures.len()).unwrap_or(i64::MAX);
        let all = before.saturating_add(self.more).saturating_add(total);
        self.failures.extend(failures);
        self.failures.truncate(LISTED);
        self.more = all.saturating_sub(i64::try_from(self.failures.len()).unwrap_or(i64::MAX));
        self.holds = all == 0;
    }
}

/// Those that cost little however many lines there are: what finance's home can look at each time it is opened.
///
/// # Errors
/// The database's.
pub fn quick(db: &mut Db, livemode: bool, zone: Tz) -> Result<Vec<Check>, Error> {
    Ok(vec![payouts::check(db, livemode)?, balance::check(db, livemode, zone)?, statements::check(db)?])
}

/// Looks at everything. It reads every line of the balance and of the journal: for a page that is asked for it, no other.
///
/// # Errors
/// The database's.
pub fn run(db: &mut Db, livemode: bool, zone: Tz, now: At) -> Result<Report, Error> {
    let checks = vec![
        fees::check(db, livemode)?,
        payouts::check(db, livemode)?,
        balance::check(db, livemode, zone)?,
        gifts::check(db, livemode)?,
        charges::check(db, livemode, now)?,
        journal::check(db, livemode, zone, now)?,
        statements::check(db)?,
    ];
    Ok(Report { holds: checks.iter().all(|check| check.holds), checks })
}
