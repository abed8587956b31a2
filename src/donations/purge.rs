//! Clearing up after gifts that never became one.

use chrono::Duration;

use super::store;
use crate::db::Db;
use crate::values::At;

/// How long name and address of an abandoned gift are kept, in days.
pub const KEEP_DAYS: i64 = 30;

/// Takes name and address out of gifts that were begun but never paid: who they were is nobody's business any more. That
/// there was a try, and of what amount, stays. Answers how many rows were cleared.
///
/// # Errors
/// The database's.
pub fn abandoned(db: &mut Db, now: At) -> diesel::QueryResult<usize> {
    let before = now - Duration::days(KEEP_DAYS);
    Ok(store::forget_givers(db, before, now)? + store::pledges::forget_givers(db, before, now)?)
}
