//! Which bank line is which payout: by amount, currency and day.

use diesel::QueryResult;

use super::model::Suggestion;
use crate::db::Db;
use crate::finance::BankLine;
use crate::values::At;

/// Payouts that may be what a line shows, the likeliest first.
///
/// # Errors
/// The database's.
pub fn suggestions(_db: &mut Db, _livemode: bool, _line: &BankLine) -> QueryResult<Vec<Suggestion>> {
    Ok(Vec::new())
}

/// Matches what is certain. Answers how many matches were made.
///
/// # Errors
/// The database's.
pub fn match_by_rule(_db: &mut Db, _livemode: bool, _now: At) -> QueryResult<usize> {
    Ok(0)
}
