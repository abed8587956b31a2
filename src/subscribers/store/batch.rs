//! A thousand rows of an import in a few statements.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::db::types::Instant;
use crate::db::{Db, dialect};
use crate::subscribers::SubscriberState;
use crate::subscribers::import::Row;
use crate::values::{At, Slug, TopicId};

/// What we have of an address already: a subscriber, a suppression, or both.
#[derive(QueryableByName, Debug, Clone)]
struct KnownRow {
    #[diesel(sql_type = Text)]
    email_key: String,
    #[diesel(sql_type = Nullable<Text>)]
    state: Option<SubscriberState>,
    #[diesel(sql_type = BigInt)]
    subscribed: i64,
    #[diesel(sql_type = BigInt)]
    suppressed: i64,
}

/// See [`known`].
#[derive(Debug, Clone)]
pub struct Known {
    pub email_key: String,
    /// `None` when there is a suppression only.
    pub state: Option<SubscriberState>,
    /// To the topic of the import.
    pub subscribed: bool,
    pub suppressed: bool,
}

/// What a batch is written with.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    pub topic: TopicId,
    pub slug: &'a Slug,
    /// Why they may be mailed; `None` leaves them pending.
    pub basis: Option<&'a str>,
}

const COLUMNS: &[(&str, &str)] = &[
    ("email", "text"),
    ("email_key", "text"),
    ("address_hash", "text"),
    ("name", "text"),
    ("language", "text"),
    ("time_zone", "text"),
    ("attributes", "text"),
];

fn json<T: serde::Serialize>(rows: &T) -> QueryResult<String> {
    serde_json::to_string(rows).map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))
}

/// Those of the batch that are known or suppressed; the others are missing.
///
/// # Errors
/// The database's.
pub fn known(db: &mut Db, rows: &[Row], topic: TopicId) -> QueryResult<Vec<Known>> {
    let with = dialect::with_rows(db, &[("email_key", "text"), ("address_hash", "text")]);
    let sql = format!(
        "{with}SELECT v.email_key, s.state, \
         CASE WHEN t.subscriber_id IS NULL THEN CAST(0 AS BIGINT) ELSE CAST(1 AS BIGINT) END AS subscribed, \
         CASE WHEN x.address_hash IS NULL THEN CAST(0 AS BIGINT) ELSE CAST(1 AS BIGINT) END AS suppressed \
         FROM v \
         LEFT JOIN subscribers s ON s.email_key = v.email_key \
         LEFT JOIN subscriptions t ON t.subscriber_id = s.id AND t.topic_id = $2 \
         LEFT JOIN suppressions x ON x.address_hash = v.address_hash \
         WHERE s.id IS NOT NULL OR x.address_hash IS NOT NULL"
    );
    let found: Vec<KnownRow> =
        diesel::sql_query(sql).bind::<Text, _>(json(&rows)?).bind::<BigInt, _>(topic.0).load(db)?;
    let known = |row: KnownRow| Known {
        email_key: row.email_key,
        state: row.state,
        subscribed: row.subscribed != 0,
        suppressed: row.suppressed != 0,
    };
    Ok(found.into_iter().map(known).collect())
}

/// Inserts or completes subscribers, subscribes them, and with a basis records it. What is known wins over the file:
/// a name or a time zone is only filled in, an active subscriber stays active, and whoever left between [`known`] and here stays away.
///
/// # Errors
/// The database's.
pub fn write(db: &mut Db, rows: &[&Row], terms: Terms<'_>, now: At) -> QueryResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = json(&rows)?;
    let with = dialect::with_rows(db, COLUMNS);
    let (state, confirmed_at) = match terms.basis {
        Some(_) => (SubscriberState::Active, Some(now)),
        None => (SubscriberState::Pending, None),
    };
    // "WHERE true": without it SQLite reads the ON of ON CONFLICT as the join's.
    let upsert = format!(
        "{with}INSERT INTO subscribers \
         (email, email_key, address_hash, name, language, time_zone, state, attributes, confirmed_at, created_at, updated_at) \
         SELECT v.email, v.email_key, v.address_hash, v.name, v.language, v.time_zone, $2, v.attributes, $3, $4, $4 \
         FROM v WHERE true \
         ON CONFLICT (email_key) DO UPDATE SET \
         name = CASE WHEN subscribers.name = '' THEN excluded.name ELSE subscribers.name END, \
         time_zone = CASE WHEN subscribers.time_zone = '' THEN excluded.time_zone ELSE subscribers.time_zone END, \
         attributes = CASE WHEN subscribers.attributes = '{{}}' THEN excluded.attributes ELSE subscribers.attributes END, \
         state = CASE WHEN subscribers.state = 'pending' THEN excluded.state ELSE subscribers.state END, \
         confirmed_at = CASE WHEN subscribers.state = 'pending' THEN excluded.confirmed_at ELSE subscribers.confirmed_at END, \
         updated_at = excluded.updated_at"
    );
    diesel::sql_query(upsert)
        .bind::<Text, _>(&rows)
        .bind::<Text, _>(state)
        .bind::<Nullable<Instant>, _>(confirmed_at)
        .bind::<Instant, _>(now)
        .execute(db)?;
    if let Some(basis) = terms.basis {
        // CROSS JOIN: SQLite then begins with the batch instead of walking through every subscriber for each row of it.
        let consent = format!(
            "{with}INSERT INTO consent_events (at, subscriber_id, address_hash, kind, topics, form, words, language) \
             SELECT $2, s.id, s.address_hash, 'imported', $3, 'import', $4, s.language \
             FROM v CROSS JOIN subscribers s WHERE s.email_key = v.email_key AND s.state = 'active'"
        );
        diesel::sql_query(consent)
            .bind::<Text, _>(&rows)
            .bind::<Instant, _>(now)
            .bind::<Text, _>(terms.slug.as_str())
            .bind::<Text, _>(basis)
            .execute(db)?;
    }
    let subscribe = format!(
        "{with}INSERT INTO subscriptions (subscriber_id, topic_id, since) \
         SELECT s.id, $2, $3 FROM v CROSS JOIN subscribers s \
         WHERE s.email_key = v.email_key AND s.state = $4 ON CONFLICT (topic_id, subscriber_id) DO NOTHING"
    );
    diesel::sql_query(subscribe)
        .bind::<Text, _>(&rows)
        .bind::<BigInt, _>(terms.topic.0)
        .bind::<Instant, _>(now)
        .bind::<Text, _>(state)
        .execute(db)
        .map(drop)
}
