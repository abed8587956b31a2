//! Clearing up what is over: sessions, wrong log-ins that no longer count, one-time links.

use chrono::Duration;

use super::{log_in, store};
use crate::db::Db;
use crate::values::At;

/// Days that a link is kept after it was used or ran out, for questions about what happened.
const LINKS_KEPT: i64 = 30;

/// Deletes all of it. Answers how many rows went.
///
/// # Errors
/// The database's.
pub fn purge(db: &mut Db, now: At) -> diesel::QueryResult<usize> {
    let sessions = store::sessions::delete_expired(db, now)?;
    let failures = store::failures::delete_before(db, log_in::forgotten_before(now))?;
    let links = store::links::delete_before(db, now - Duration::days(LINKS_KEPT))?;
    Ok(sessions + failures + links)
}
