//! Rows of the subscribers' tables: subscribers and subscriptions here, the others in a file each.

pub mod batch;
pub mod consent;
pub mod search;
pub mod signups;
pub mod suppressions;
pub mod topics;

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{Subscriber, SubscriberState};
use crate::db::schema::{subscribers, subscriptions, suppressions as suppressed};
use crate::db::{Both, Db, dialect};
use crate::values::{At, EmailAddress, Language, SubscriberId, TopicId};

/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: SubscriberId) -> QueryResult<Option<Subscriber>> {
    Subscriber::query().filter(subscribers::id.eq(id)).first(db).optional()
}

/// # Errors
/// The database's.
pub fn by_email(db: &mut Db, email: &EmailAddress) -> QueryResult<Option<Subscriber>> {
    Subscriber::query().filter(subscribers::email_key.eq(email.key())).first(db).optional()
}

/// Several at once, in no order; ids that are gone are missing. At most a few thousand ids.
///
/// # Errors
/// The database's.
pub fn find_all(db: &mut Db, ids: &[SubscriberId]) -> QueryResult<Vec<Subscriber>> {
    Subscriber::query().filter(subscribers::id.eq_any(ids.to_vec())).load(db)
}

/// Which of these may be mailed a campaign to these topics now: active, subscribed to one of them, not suppressed.
/// At most a few thousand ids.
///
/// # Errors
/// The database's.
pub fn mailable(db: &mut Db, ids: &[SubscriberId], topics: &[TopicId]) -> QueryResult<HashSet<SubscriberId>> {
    let subscribed = subscriptions::table
        .filter(subscriptions::topic_id.eq_any(topics.to_vec()))
        .filter(subscriptions::subscriber_id.eq_any(ids.to_vec()))
        .select(subscriptions::subscriber_id);
    let found: Vec<SubscriberId> = subscribers::table
        .filter(subscribers::id.eq_any(ids.to_vec()))
        .filter(subscribers::state.eq(SubscriberState::Active))
        .filter(subscribers::id.eq_any(subscribed))
        .filter(diesel::dsl::not(diesel::dsl::exists(
            suppressed::table.filter(suppressed::address_hash.eq(subscribers::address_hash)),
        )))
        .select(subscribers::id)
        .load(db)?;
    Ok(found.into_iter().collect())
}

/// Makes a pending subscriber; answers `None` when the address is known (the row stays as it is).
///
/// # Errors
/// The database's.
pub fn insert_pending(
    db: &mut Db,
    email: &EmailAddress,
    address_hash: &str,
    name: &str,
    language: &Language,
    now: At,
) -> QueryResult<Option<SubscriberId>> {
    let insert = diesel::insert_into(subscribers::table).values((
        subscribers::email.eq(email.clone()),
        subscribers::email_key.eq(email.key()),
        subscribers::address_hash.eq(address_hash.to_owned()),
        subscribers::name.eq(name.to_owned()),
        subscribers::language.eq(language.clone()),
        subscribers::state.eq(SubscriberState::Pending),
        subscribers::attributes.eq("{}"),
        subscribers::created_at.eq(now),
        subscribers::updated_at.eq(now),
    ));
    Both(insert.on_conflict_do_nothing().returning(subscribers::id)).get_result(db).optional()
}

/// Holds the row for the rest of the transaction, so that two requests for one subscriber come one after the other.
/// Answers whether it is there.
///
/// # Errors
/// The database's.
pub fn lock(db: &mut Db, id: SubscriberId) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let sql = format!("SELECT id FROM subscribers WHERE id = $1{}", dialect::for_update(db));
    let row: Option<Row> = diesel::sql_query(sql).bind::<BigInt, _>(id.0).get_result(db).optional()?;
    Ok(row.is_some_and(|row| row.id == id.0))
}

/// Writes state, name, language, time zone and time of confirmation as they are in `row`.
///
/// # Errors
/// The database's.
pub fn save(db: &mut Db, row: &Subscriber, now: At) -> QueryResult<()> {
    diesel::update(subscribers::table.filter(subscribers::id.eq(row.id)))
        .set((
            subscribers::name.eq(&row.name),
            subscribers::language.eq(&row.language),
            subscribers::time_zone.eq(&row.time_zone),
            subscribers::state.eq(row.state),
            subscribers::confirmed_at.eq(row.confirmed_at),
            subscribers::updated_at.eq(now),
        ))
        .execute(db)
        .map(drop)
}

/// Deletes the row with its subscriptions and sign-ups.
///
/// # Errors
/// The database's.
pub fn delete(db: &mut Db, id: SubscriberId) -> QueryResult<()> {
    diesel::delete(subscribers::table.filter(subscribers::id.eq(id))).execute(db).map(drop)
}

/// The topics that a subscriber is subscribed to, by id.
///
/// # Errors
/// The database's.
pub fn subscribed_topics(db: &mut Db, id: SubscriberId) -> QueryResult<Vec<TopicId>> {
    subscriptions::table
        .filter(subscriptions::subscriber_id.eq(id))
        .order(subscriptions::topic_id.asc())
        .select(subscriptions::topic_id)
        .load(db)
}

/// Adds subscriptions; those that are there keep their date.
///
/// # Errors
/// The database's.
pub fn subscribe(db: &mut Db, id: SubscriberId, topics: &[TopicId], now: At) -> QueryResult<()> {
    for topic in topics {
        let insert = diesel::insert_into(subscriptions::table).values((
            subscriptions::subscriber_id.eq(id),
            subscriptions::topic_id.eq(*topic),
            subscriptions::since.eq(now),
        ));
        Both(insert.on_conflict_do_nothing()).execute(db)?;
    }
    Ok(())
}

/// Removes subscriptions to these topics.
///
/// # Errors
/// The database's.
pub fn unsubscribe(db: &mut Db, id: SubscriberId, topics: &[TopicId]) -> QueryResult<()> {
    diesel::delete(
        subscriptions::table
            .filter(subscriptions::subscriber_id.eq(id))
            .filter(subscriptions::topic_id.eq_any(topics.to_vec())),
    )
    .execute(db)
    .map(drop)
}

/// Removes all subscriptions.
///
/// # Errors
/// The database's.
pub fn unsubscribe_all(db: &mut Db, id: SubscriberId) -> QueryResult<()> {
    diesel::delete(subscriptions::table.filter(subscriptions::subscriber_id.eq(id))).execute(db).map(drop)
}

/// How many subscribers there are in each state; states without any are missing.
///
/// # Errors
/// The database's.
pub fn count_by_state(db: &mut Db) -> QueryResult<Vec<(SubscriberState, i64)>> {
    subscribers::table.group_by(subscribers::state).select((subscribers::state, diesel::dsl::count_star())).load(db)
}

/// How many active subscribers each topic has; topics without any are missing.
///
/// # Errors
/// The database's.
pub fn active_by_topic(db: &mut Db) -> QueryResult<Vec<(TopicId, i64)>> {
    subscriptions::table
        .inner_join(subscribers::table.on(subscribers::id.eq(subscriptions::subscriber_id)))
        .filter(subscribers::state.eq(SubscriberState::Active))
        .group_by(subscriptions::topic_id)
        .select((subscriptions::topic_id, diesel::dsl::count_star()))
        .load(db)
}
