//! Clearing up after sign-ups that nobody confirmed.

use chrono::Duration;

use super::store::{consent, signups};
use crate::db::Db;
use crate::outbox;
use crate::values::At;

/// How long an unconfirmed sign-up is kept, in days.
pub const KEEP_DAYS: i64 = 30;

/// Deletes sign-ups that ran out unconfirmed and are older than [`KEEP_DAYS`], with the pending subscribers that they
/// made, and takes their addresses out of what stays (the mails that asked, the events): whoever they are, they never
/// said yes. Answers how many subscribers went.
///
/// # Errors
/// The database's.
pub fn expired(db: &mut Db, now: At) -> diesel::QueryResult<usize> {
    let gone = signups::purge(db, now - Duration::days(KEEP_DAYS), now)?;
    for id in &gone {
        outbox::store::forget(db, *id, now)?;
        consent::forget(db, *id)?;
    }
    Ok(gone.len())
}
