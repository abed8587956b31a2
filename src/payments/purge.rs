//! Forgetting what webhooks said.

use chrono::Duration;
use diesel::prelude::*;

use super::EventState;
use crate::db::Db;
use crate::db::schema::payment_events;
use crate::values::At;

/// How long the body of a webhook is kept once nothing is to be done with it, in days: as long as the name and address of
/// who left the payment page (`donations::purge`), because both stand in it.
pub const KEEP_DAYS: i64 = 30;

/// Takes the bodies out of old events. Which event it was, about which object, and what came of it stays: nothing else in
/// the body was ever believed. An event that failed keeps its body until staff have settled it. Answers how many rows were
/// cleared.
///
/// # Errors
/// The database's.
pub fn bodies(db: &mut Db, now: At) -> QueryResult<usize> {
    let old = payment_events::table
        .filter(payment_events::payload.is_not_null())
        .filter(payment_events::received_at.lt(now - Duration::days(KEEP_DAYS)))
        .filter(payment_events::state.eq_any([EventState::Done, EventState::Ignored]));
    diesel::update(old).set(payment_events::payload.eq(None::<Vec<u8>>)).execute(db)
}
