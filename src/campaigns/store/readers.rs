//! Subscribers as a campaign sees them: who they are, and whether they may still be mailed.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use crate::db::schema::{campaign_topics, subscribers, subscriptions, suppressions};
use crate::db::{Db, MultiBackend};
use crate::subscribers::SubscriberState;
use crate::values::{CampaignId, EmailAddress, Language, SubscriberId, TopicId};

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

/// Which of these addresses are suppressed.
///
/// # Errors
/// The database's.
pub fn suppressed(db: &mut Db, ids: &[SubscriberId]) -> QueryResult<HashSet<SubscriberId>> {
    let hit = suppressions::table.filter(suppressions::address_hash.eq(subscribers::address_hash));
    let rows: Vec<SubscriberId> = subscribers::table
        .filter(subscribers::id.eq_any(ids.to_vec()))
        .filter(diesel::dsl::exists(hit))
        .select(subscribers::id)
        .load(db)?;
    Ok(rows.into_iter().collect())
}

/// Which of the campaign's topics these subscribers have.
///
/// # Errors
/// The database's.
pub fn topics(
    db: &mut Db,
    campaign: CampaignId,
    ids: &[SubscriberId],
) -> QueryResult<HashMap<SubscriberId, Vec<TopicId>>> {
    let of_campaign =
        campaign_topics::table.filter(campaign_topics::campaign_id.eq(campaign)).select(campaign_topics::topic_id);
    let rows: Vec<(SubscriberId, TopicId)> = subscriptions::table
        .filter(subscriptions::subscriber_id.eq_any(ids.to_vec()))
        .filter(subscriptions::topic_id.eq_any(of_campaign))
        .order((subscriptions::subscriber_id, subscriptions::topic_id))
        .select((subscriptions::subscriber_id, subscriptions::topic_id))
        .load(db)?;
    let mut topics: HashMap<SubscriberId, Vec<TopicId>> = HashMap::new();
    for (subscriber, topic) in rows {
        topics.entry(subscriber).or_default().push(topic);
    }
    Ok(topics)
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
