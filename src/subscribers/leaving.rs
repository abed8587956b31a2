//! Leaving and coming back within the hour: what the unsubscribe page, the one-click POST and the preference page share.

use chrono::Duration;

use super::model::{join_slugs, split_slugs};
use super::store::{self, consent, suppressions};
use super::topics;
use super::{ConsentEvent, ConsentKind, Subscriber, SubscriberState, SuppressionReason, suppression};
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, Language, SubscriberId, TopicId};

/// For how long a departure can be undone on its result page, in minutes.
pub const UNDO_MINUTES: i64 = 60;

/// What is left after leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Something changed; a repeated request changes nothing.
    pub changed: bool,
    /// How many topics the subscriber still hears about.
    pub remaining: usize,
}

/// Where and in which words somebody acted.
#[derive(Debug, Clone, Copy)]
pub struct Through<'a> {
    pub form: &'a str,
    pub words: &'a str,
    pub language: &'a Language,
}

/// Leaves these topics; after the last one, everything. Repeats harmlessly.
///
/// # Errors
/// `NotFound` when the subscriber is gone.
pub fn leave_topics(
    db: &mut Db,
    id: SubscriberId,
    leaving: &[TopicId],
    through: Through<'_>,
    now: At,
) -> Result<Left, Error> {
    store::lock(db, id)?;
    let row = store::find(db, id)?.ok_or(Error::NotFound("subscriber"))?;
    let had = store::subscribed_topics(db, id)?;
    let (gone, remaining): (Vec<TopicId>, Vec<TopicId>) = had.iter().partition(|topic| leaving.contains(topic));
    if remaining.is_empty() {
        return leave(db, row, &had, through, now);
    }
    if !gone.is_empty() {
        store::unsubscribe(db, id, &gone)?;
        record(db, &row, &gone, ConsentKind::Left, through, now)?;
    }
    Ok(Left { changed: !gone.is_empty(), remaining: remaining.len() })
}

/// Leaves everything. Repeats harmlessly.
///
/// # Errors
/// `NotFound` when the subscriber is gone.
pub fn leave_all(db: &mut Db, id: SubscriberId, through: Through<'_>, now: At) -> Result<Left, Error> {
    store::lock(db, id)?;
    let row = store::find(db, id)?.ok_or(Error::NotFound("subscriber"))?;
    let had = store::subscribed_topics(db, id)?;
    leave(db, row, &had, through, now)
}

fn leave(db: &mut Db, mut row: Subscriber, had: &[TopicId], through: Through<'_>, now: At) -> Result<Left, Error> {
    let subscribed = matches!(row.state, SubscriberState::Active | SubscriberState::Pending);
    let suppressed = suppressions::find(db, &row.address_hash)?.is_some();
    if had.is_empty() && !subscribed && suppressed {
        return Ok(Left { changed: false, remaining: 0 });
    }
    store::unsubscribe_all(db, row.id)?;
    suppression::keep_off(db, &mut row, SuppressionReason::Unsubscribed, now)?;
    record(db, &row, had, ConsentKind::Left, through, now)?;
    Ok(Left { changed: true, remaining: 0 })
}

/// Whether the subscriber's last step was to leave, not longer ago than [`UNDO_MINUTES`].
///
/// # Errors
/// The database's.
pub fn undoable(db: &mut Db, id: SubscriberId, now: At) -> Result<bool, Error> {
    Ok(last_departure(db, id, now)?.is_some())
}

/// Undoes a departure of the last hour: the topics come back, and the suppression goes if it came by leaving.
/// Answers whether anything was undone.
///
/// # Errors
/// `NotFound` when the subscriber is gone.
pub fn undo(db: &mut Db, id: SubscriberId, through: Through<'_>, now: At) -> Result<bool, Error> {
    store::lock(db, id)?;
    let mut row = store::find(db, id)?.ok_or(Error::NotFound("subscriber"))?;
    let Some(left) = last_departure(db, id, now)? else { return Ok(false) };
    let slugs = split_slugs(&left.topics);
    let back: Vec<TopicId> = topics::list(db, through.language)?
        .into_iter()
        .filter(|topic| slugs.contains(&topic.slug))
        .map(|topic| topic.id)
        .collect();
    match suppressions::find(db, &row.address_hash)? {
        Some((SuppressionReason::Unsubscribed, at)) if at >= left.at => suppression::lift(db, &row.address_hash)?,
        // Kept off for another reason: leaving is all that this link may do.
        Some(_) => return Ok(false),
        None => {}
    }
    if row.state == SubscriberState::Unsubscribed {
        row.state = match row.confirmed_at {
            Some(_) => SubscriberState::Active,
            None => SubscriberState::Pending,
        };
        store::save(db, &row, now)?;
    }
    store::subscribe(db, id, &back, now)?;
    record(db, &row, &back, ConsentKind::Restored, through, now)?;
    Ok(true)
}

fn last_departure(db: &mut Db, id: SubscriberId, now: At) -> Result<Option<ConsentEvent>, Error> {
    let last = consent::of_subscriber(db, id, 1)?.into_iter().next();
    let recent =
        |event: &ConsentEvent| event.kind == ConsentKind::Left && event.at > now - Duration::minutes(UNDO_MINUTES);
    Ok(last.filter(recent))
}

/// Appends a consent event about these topics.
pub(super) fn record(
    db: &mut Db,
    row: &Subscriber,
    about: &[TopicId],
    kind: ConsentKind,
    through: Through<'_>,
    now: At,
) -> Result<(), Error> {
    let all = topics::list(db, through.language)?;
    let topics = join_slugs(all.iter().filter(|topic| about.contains(&topic.id)).map(|topic| &topic.slug));
    let said =
        consent::Said { kind, topics: &topics, form: through.form, words: through.words, language: through.language };
    Ok(consent::record(db, row, said, now)?)
}
