//! History: what came of each attempt that did not simply succeed the first time, and what staff decided.
//! A delivery that was sent at once has its history in its own row, so the fast way writes nothing here.

use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::Serialize;

use super::DeliveryState;
use crate::db::schema::delivery_attempts;
use crate::db::types::Instant;
use crate::db::{Db, MultiBackend, dialect};
use crate::values::{At, DeliveryId};

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

/// The history of one delivery, oldest first. Empty for one that was sent at once.
///
/// # Errors
/// The database's.
pub fn of(db: &mut Db, delivery: DeliveryId) -> QueryResult<Vec<Attempt>> {
    Attempt::query().filter(delivery_attempts::delivery_id.eq(delivery)).order(delivery_attempts::id).load(db)
}
