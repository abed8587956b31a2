//! History: what came of each attempt that did not simply succeed the first time, and what staff decided.
//! A delivery that was sent at once has its history in its own row, so the fast way writes nothing here.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde::Serialize;

use super::DeliveryState;
use crate::db::schema::delivery_attempts;
use crate::db::types::Instant;
use crate::db::{Db, MultiBackend, dialect};
use crate::values::{At, CampaignId, DeliveryId, SubscriberId};

/// One line of a delivery's history.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = delivery_attempts)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Attempt {
    pub id: i64,
    pub delivery_id: DeliveryId,
    /// What the delivery became.
    pub state: DeliveryState,
    /// The mail server that was asked; none when staff decided.
    pub server: Option<String>,
    pub code: Option<i64>,
    pub reply: String,
    pub at: At,
}

/// A line to be added.
#[derive(Debug, Clone, Serialize)]
pub struct NewAttempt {
    pub delivery: DeliveryId,
    pub state: DeliveryState,
    pub server: Option<String>,
    pub code: Option<i64>,
    pub reply: String,
}

/// Adds lines, all of the same moment.
///
/// # Errors
/// The database's.
pub fn note(db: &mut Db, attempts: &[NewAttempt], now: At) -> QueryResult<()> {
    if attempts.is_empty() {
        return Ok(());
    }
    let json = serde_json::to_string(attempts).map_err(|e| diesel::result::Error::SerializationError(Box::new(e)))?;
    let columns =
        [("delivery", "bigint"), ("state", "text"), ("server", "text"), ("code", "bigint"), ("reply", "text")];
    let sql = format!(
        "{}INSERT INTO delivery_attempts (delivery_id, state, server, code, reply, at) \
         SELECT v.delivery, v.state, v.server, v.code, v.reply, $2 FROM v",
        dialect::with_rows(db, &columns)
    );
    diesel::sql_query(sql).bind::<Text, _>(json).bind::<Instant, _>(now).execute(db).map(drop)
}

/// Staff decide on the deliveries of a campaign that are in a state: their history keeps what they were, if it does not yet,
/// and gets a line with the decision. Whoever then changes the rows takes those that have this line, so that a row that
/// came into the state meanwhile is not changed without one.
///
/// # Errors
/// The database's.
pub fn note_decision(
    db: &mut Db,
    campaign: CampaignId,
    (from, to): (DeliveryState, DeliveryState),
    words: &str,
    now: At,
) -> QueryResult<()> {
    const KEEP: &str = "INSERT INTO delivery_attempts (delivery_id, state, server, code, reply, at) \
         SELECT d.id, d.state, d.server, d.code, COALESCE(d.reply, ''), d.updated_at FROM deliveries d \
         WHERE d.campaign_id = $1 AND d.state = $2 AND NOT EXISTS (SELECT 1 FROM delivery_attempts a \
         WHERE a.delivery_id = d.id AND a.state = d.state AND a.at = d.updated_at)";
    const DECISION: &str = "INSERT INTO delivery_attempts (delivery_id, state, reply, at) \
         SELECT id, $1, $2, $3 FROM deliveries WHERE campaign_id = $4 AND state = $5";
    diesel::sql_query(KEEP).bind::<BigInt, _>(campaign).bind::<Text, _>(from.as_str()).execute(db)?;
    diesel::sql_query(DECISION)
        .bind::<Text, _>(to.as_str())
        .bind::<Text, _>(words)
        .bind::<Instant, _>(now)
        .bind::<BigInt, _>(campaign)
        .bind::<Text, _>(from.as_str())
        .execute(db)
        .map(drop)
}

/// Takes the words of mail servers out of a subscriber's history: they often quote the address.
///
/// # Errors
/// The database's.
pub fn forget(db: &mut Db, subscriber: SubscriberId) -> QueryResult<()> {
    const SQL: &str = "UPDATE delivery_attempts SET reply = '' WHERE delivery_id IN \
         (SELECT id FROM deliveries WHERE subscriber_id = $1)";
    diesel::sql_query(SQL).bind::<BigInt, _>(subscriber).execute(db).map(drop)
}

/// The history of one delivery, oldest first. Empty for one that was sent at once.
///
/// # Errors
/// The database's.
pub fn of(db: &mut Db, delivery: DeliveryId) -> QueryResult<Vec<Attempt>> {
    Attempt::query().filter(delivery_attempts::delivery_id.eq(delivery)).order(delivery_attempts::id).load(db)
}
