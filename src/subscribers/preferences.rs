//! The preference page: which topics, which language, which name, which time zone. Its link reveals what somebody reads, so it expires:
//! 30 days when a campaign brought it, 24 hours when it was asked for.

use chrono::Duration;

use super::emails::PreferencesLinkMail;
use super::leaving::{self, Through};
use super::signup::{self, Ask, Link, NAME_MAX};
use super::store;
use super::topics::{self, Topic};
use super::zones;
use super::{ConsentKind, Subscriber, SubscriberState};
use crate::db::Db;
use crate::error::{Error, Problems};
use crate::organisation;
use crate::outbox;
use crate::values::{
    At, DeliveryId, Expiry, InvalidToken, Language, Purpose, RootKey, SubscriberId, TopicId, clean_line,
};

/// How long a link in a campaign's mail holds, in days.
pub const CAMPAIGN_LINK_DAYS: i64 = 30;
/// How long a link that was asked for holds, in hours.
pub const FRESH_LINK_HOURS: i64 = 24;

/// The token for a campaign's mail, made at rendering.
pub fn token_for_mail(root: &RootKey, delivery: DeliveryId, now: At) -> String {
    root.sign(Purpose::Preferences, delivery.0, Expiry::At(now + Duration::days(CAMPAIGN_LINK_DAYS)))
}

/// What a preference link opens.
#[derive(Debug, Clone)]
pub enum Access {
    /// The subscriber and every topic with whether it is chosen.
    Open { subscriber: Box<Subscriber>, topics: Vec<(Topic, bool)> },
    /// The link is too old; a fresh one can be mailed to the address.
    Expired,
}

/// Looks, and changes nothing.
///
/// # Errors
/// `NotFound` when we did not make the link, or nobody stands behind it any more.
pub fn look(db: &mut Db, root: &RootKey, token: &str, language: &Language, now: At) -> Result<Access, Error> {
    let delivery = match root.verify(Purpose::Preferences, token, now) {
        Ok(id) => DeliveryId(id),
        Err(InvalidToken::Expired) => return Ok(Access::Expired),
        Err(InvalidToken::Forged) => return Err(Error::NotFound("link")),
    };
    let subscriber = subscriber_of(db, delivery)?.ok_or(Error::NotFound("link"))?;
    let chosen = store::subscribed_topics(db, subscriber.id)?;
    let topics = topics::list(db, language)?.into_iter().map(|topic| {
        let is_chosen = chosen.contains(&topic.id);
        (topic, is_chosen)
    });
    Ok(Access::Open { topics: topics.collect(), subscriber: Box::new(subscriber) })
}

/// The page's form, as typed.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Choices {
    pub name: String,
    pub language: String,
    /// IANA name, empty for the organisation's; none leaves it as it is.
    pub time_zone: Option<String>,
    /// Slugs.
    pub topics: Vec<String>,
}

/// What saving did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    Saved,
    /// No topic was left: everything ended.
    Left,
    /// The subscriber had left or was kept off: coming back needs a new double opt-in, whose mail is on its way.
    ConfirmationMailed,
}

/// Saves the choices of a subscriber whose link opened the page.
///
/// # Errors
/// `Invalid` naming `name`, `language` or `topics`; nothing is changed then.
pub fn save(
    db: &mut Db,
    id: SubscriberId,
    choices: &Choices,
    through: Through<'_>,
    root: &RootKey,
    link: Link<'_>,
    now: At,
) -> Result<Saved, Error> {
    store::lock(db, id)?;
    let mut row = store::find(db, id)?.ok_or(Error::NotFound("link"))?;
    let mut problems = Problems::default();
    let name = problems.take("name", clean_line(&choices.name, NAME_MAX));
    let language = problems.take("language", known_language(db, choices, &row, now)?);
    let time_zone = problems.take("time_zone", choices.time_zone.as_deref().map(zones::checked).transpose());
    let chosen = match topics::of_slugs(db, &choices.topics, through.language, "topics") {
        Err(Error::Invalid(errors)) => {
            errors.iter().for_each(|error| problems.add(&error.field, &error.message));
            Vec::new()
        }
        other => other?,
    };
    problems.check()?;
    row.name = name.unwrap_or_default();
    row.language = language.unwrap_or_default();
    row.time_zone = time_zone.flatten().unwrap_or(row.time_zone);
    store::save(db, &row, now)?;
    if row.state != SubscriberState::Active && !chosen.is_empty() {
        let ask =
            Ask { name: &row.name, language: &row.language, topics: &chosen, form: through.form, words: through.words };
        signup::ask_to_confirm(db, &row, ask, root, link, now)?;
        return Ok(Saved::ConfirmationMailed);
    }
    if chosen.is_empty() {
        leaving::leave_all(db, id, through, now)?;
        return Ok(Saved::Left);
    }
    change_topics(db, &row, &chosen, through, now)?;
    Ok(Saved::Saved)
}

fn change_topics(db: &mut Db, row: &Subscriber, chosen: &[Topic], through: Through<'_>, now: At) -> Result<(), Error> {
    let had = store::subscribed_topics(db, row.id)?;
    let wanted: Vec<TopicId> = chosen.iter().map(|topic| topic.id).collect();
    let gone: Vec<TopicId> = had.iter().filter(|id| !wanted.contains(id)).copied().collect();
    let joined: Vec<TopicId> = wanted.iter().filter(|id| !had.contains(id)).copied().collect();
    if gone.is_empty() && joined.is_empty() {
        return Ok(());
    }
    store::unsubscribe(db, row.id, &gone)?;
    store::subscribe(db, row.id, &joined, now)?;
    leaving::record(db, row, &wanted, ConsentKind::Changed, through, now)
}

/// Mails a fresh link to whoever stands behind this one, expired or not, or behind an unsubscribe link of that delivery;
/// in the cool-down, and where nobody stands behind it any more, does nothing. The answer does not say which.
///
/// # Errors
/// `NotFound` when we did not make the link.
pub fn mail_link(
    db: &mut Db,
    root: &RootKey,
    purpose: Purpose,
    token: &str,
    link: Link<'_>,
    now: At,
) -> Result<(), Error> {
    // At the beginning of time nothing has expired.
    let id = root.verify(purpose, token, At::from_micros(0)).map_err(|_| Error::NotFound("link"))?;
    let delivery = DeliveryId(id);
    let Some(subscriber) = subscriber_of(db, delivery)? else { return Ok(()) };
    store::lock(db, subscriber.id)?;
    let earlier: Vec<At> = outbox::store::of_subscriber(db, subscriber.id, 100)?
        .into_iter()
        .filter(|mail| mail.mail == PreferencesLinkMail::NAME && mail.created_at > now - Duration::days(1))
        .map(|mail| mail.created_at)
        .collect();
    if signup::cools_down(&earlier, now) {
        return Ok(());
    }
    // The link names the delivery that it is asked from: the new mail's own number is not known before it is written.
    let until = Expiry::At(now + Duration::hours(FRESH_LINK_HOURS));
    let token = root.sign(Purpose::Preferences, delivery.0, until);
    let preferences_url = link(&format!("/preferences/{token}?lang={}", subscriber.language));
    let mail = PreferencesLinkMail { preferences_url, valid_hours: FRESH_LINK_HOURS };
    mail.enqueue(db, &subscriber, now)?;
    Ok(())
}

fn subscriber_of(db: &mut Db, delivery: DeliveryId) -> Result<Option<Subscriber>, Error> {
    match outbox::store::find(db, delivery)?.and_then(|row| row.subscriber_id) {
        Some(id) => Ok(store::find(db, id)?),
        None => Ok(None),
    }
}

/// The organisation's languages, and the one that the subscriber has already.
fn known_language(
    db: &mut Db,
    choices: &Choices,
    row: &Subscriber,
    now: At,
) -> Result<Result<Language, String>, Error> {
    let own = organisation::store::get(db, now)?.languages();
    Ok(Language::parse(&choices.language)
        .ok()
        .filter(|language| own.contains(language) || *language == row.language)
        .ok_or_else(|| "choose one of the languages".to_owned()))
}
