//! Clearing up after sign-ups that nobody confirmed.

use chrono::Duration;

use super::store::signups;
use crate::db::Db;
use crate::values::At;

/// How long an unconfirmed sign-up is kept, in days.
pub const KEEP_DAYS: i64 = 30;

/// Deletes sign-ups that ran out unconfirmed and are older than [`KEEP_DAYS`], with the pending subscribers that they
/// made. Answers how many subscribers went.
///
/// # Errors
/// The database's.
pub fn expired(db: &mut Db, now: At) -> diesel::QueryResult<usize> {
    signups::purge(db, now - Duration::days(KEEP_DAYS), now)
}
