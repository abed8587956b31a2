//! Subscribers as a campaign sees them: who they are, and whether they may still be mailed.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::db::schema::{subscribers, subscriptions};
use crate::db::{Db, MultiBackend, dialect, fixed};
use crate::subscribers::SubscriberState;
use crate::values::{EmailAddress, Language, SubscriberId, TopicId};

/// What a mail needs to know of its reader.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = subscribers)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Reader {
    pub id: SubscriberId,
    pub email: EmailAddress,
    /// Empty when it was not given.
    pub name: String,
    pub language: Language,
    pub state: SubscriberState,
}

/// # Errors
/// The database's.
pub fn by_id(db: &mut Db, ids: &[SubscriberId]) -> QueryResult<HashMap<SubscriberId, Reader>> {
    let rows: Vec<Reader> = Reader::query().filter(subscribers::id.eq_any(ids.to_vec())).load(db)?;
    Ok(rows.into_iter().map(|reader| (reader.id, reader)).collect())
}

/// A reader who may be mailed at this moment.
#[derive(QueryableByName, Debug, Clone)]
pub struct Mailable {
    #[diesel(sql_type = BigInt)]
    pub id: SubscriberId,
    /// Empty when it was not given.
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub language: Language,
    /// IANA name; empty when it is not known.
    #[diesel(sql_type = Text)]
    pub time_zone: String,
    /// The numbers of all topics that they have chosen, separated by commas.
    #[diesel(sql_type = Nullable<Text>)]
    pub topics: Option<String>,
}

/// Those of the readers who are active and not suppressed, in one query: it is asked for each batch of a campaign.
///
/// # Errors
/// The database's.
pub fn mailable(db: &mut Db, ids: &[SubscriberId]) -> QueryResult<HashMap<SubscriberId, Mailable>> {
    let mut rows = String::with_capacity(ids.len() * 16 + 2);
    for id in ids {
        rows.push_str(if rows.is_empty() { "[" } else { "," });
        rows.push_str(&format!("{{\"id\":{}}}", id.0));
    }
    rows.push_str(if rows.is_empty() { "[]" } else { "]" });
    let sql = format!(
        "{} SELECT s.id, s.name, s.language, s.time_zone, \
         (SELECT {} FROM subscriptions x WHERE x.subscriber_id = s.id) AS topics \
         FROM v JOIN subscribers s ON s.id = v.id WHERE s.state = 'active' \
         AND NOT EXISTS (SELECT 1 FROM suppressions p WHERE p.address_hash = s.address_hash)",
        dialect::with_rows(db, &[("id", "bigint")]).replace("$1", "?"),
        dialect::numbers_joined(db, "x.topic_id"),
    );
    let readers: Vec<Mailable> = fixed(&sql).text(rows).load(db)?;
    Ok(readers.into_iter().map(|reader| (reader.id, reader)).collect())
}

/// All topics of a subscriber.
///
/// # Errors
/// The database's.
pub fn all_topics(db: &mut Db, id: SubscriberId) -> QueryResult<Vec<TopicId>> {
    subscriptions::table.filter(subscriptions::subscriber_id.eq(id)).select(subscriptions::topic_id).load(db)
}

/// The first active subscribers whose address begins like this, for previews.
///
/// # Errors
/// The database's.
pub fn beginning(db: &mut Db, address: &str, limit: i64) -> QueryResult<Vec<Reader>> {
    let pattern = format!("{}%", address.trim().to_lowercase().replace(['%', '_', '\\'], ""));
    Reader::query()
        .filter(subscribers::email_key.like(pattern))
        .filter(subscribers::state.eq(SubscriberState::Active))
        .order(subscribers::email_key)
        .limit(limit)
        .load(db)
}
