//! Rows of `consent_events`: appended, never changed (erasure takes the address's hash out).

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::consent_events;
use crate::subscribers::{ConsentEvent, ConsentKind, Subscriber};
use crate::values::{At, Language, SubscriberId};

/// What a consent event says beside whose it is.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    pub kind: ConsentKind,
    /// Slugs, comma-separated.
    pub topics: &'a str,
    pub form: &'a str,
    pub words: &'a str,
    /// The language of the words.
    pub language: &'a Language,
}

/// # Errors
/// The database's.
pub fn record(db: &mut Db, subscriber: &Subscriber, said: Said<'_>, now: At) -> QueryResult<()> {
    record_for(db, Some(subscriber.id), &subscriber.address_hash, said, now)
}

/// For addresses without a row.
///
/// # Errors
/// The database's.
pub fn record_for(
    db: &mut Db,
    subscriber: Option<SubscriberId>,
    address_hash: &str,
    said: Said<'_>,
    now: At,
) -> QueryResult<()> {
    diesel::insert_into(consent_events::table)
        .values((
            consent_events::at.eq(now),
            consent_events::subscriber_id.eq(subscriber),
            consent_events::address_hash.eq(address_hash),
            consent_events::kind.eq(said.kind),
            consent_events::topics.eq(said.topics),
            consent_events::form.eq(said.form),
            consent_events::words.eq(said.words),
            consent_events::language.eq(said.language),
        ))
        .execute(db)
        .map(drop)
}

/// A subscriber's history, newest first.
///
/// # Errors
/// The database's.
pub fn of_subscriber(db: &mut Db, id: SubscriberId, limit: i64) -> QueryResult<Vec<ConsentEvent>> {
    ConsentEvent::query()
        .filter(consent_events::subscriber_id.eq(id))
        .order(consent_events::id.desc())
        .limit(limit)
        .load(db)
}

/// Takes the address's hash out of a subscriber's events: what is left says that somebody consented, not who.
///
/// # Errors
/// The database's.
pub fn forget(db: &mut Db, id: SubscriberId) -> QueryResult<()> {
    diesel::update(consent_events::table.filter(consent_events::subscriber_id.eq(id)))
        .set(consent_events::address_hash.eq(""))
        .execute(db)
        .map(drop)
}
