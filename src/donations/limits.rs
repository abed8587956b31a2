//! Limits against card testing: thieves try stolen cards with small gifts, hundreds in a minute. Counted in the database,
//! so they hold over all nodes; limits per visitor's address are the web server's.

use chrono::Duration;

use super::store;
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, EmailAddress};

/// Gifts of one address that were begun within an hour and neither paid nor left.
pub const OPEN_PER_ADDRESS: i64 = 5;
/// Gifts of one address begun within a day, whatever became of them.
pub const DAILY_PER_ADDRESS: i64 = 20;
/// Gifts of all begun within ten minutes: far above a good day of an appeal by mail.
pub const ALL_IN_TEN_MINUTES: i64 = 120;

/// What somebody is told who tries too often. A program that fills in the hidden field is told the same.
pub const TOO_MANY: &str =
    "There were too many tries. Nothing was charged. Please wait a while and try again, or write to us.";

/// # Errors
/// `Conflict` when there are too many tries.
pub fn check(db: &mut Db, email: &EmailAddress, now: At) -> Result<(), Error> {
    // Two tries at once would not see each other.
    store::giving::hold(db)?;
    let (address, minutes) = (Some(email), Duration::minutes);
    let full = tries(db, now - minutes(10), None, false)? >= ALL_IN_TEN_MINUTES
        || tries(db, now - Duration::hours(1), address, true)? >= OPEN_PER_ADDRESS
        || tries(db, now - Duration::days(1), address, false)? >= DAILY_PER_ADDRESS;
    if full { Err(Error::conflict(TOO_MANY)) } else { Ok(()) }
}

fn tries(db: &mut Db, since: At, email: Option<&EmailAddress>, open: bool) -> Result<i64, Error> {
    Ok(store::tries(db, since, email, open)? + store::pledges::tries(db, since, email, open)?)
}
