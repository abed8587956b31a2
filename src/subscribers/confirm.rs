//! Confirming a sign-up: the page behind the link says what is asked, its button does it.

use super::signup::{self, Ask, Link};
use super::store::{self, consent, signups};
use super::topics::{self, Topic};
use super::{ConsentKind, Signup, Subscriber, SubscriberState, model, suppression};
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, InvalidToken, Language, Purpose, RootKey, SignupId};

/// What a confirmation link leads to.
#[derive(Debug, Clone)]
pub enum ConfirmPage {
    /// May be confirmed.
    Open { subscriber: Box<Subscriber>, topics: Vec<Topic> },
    /// Was confirmed by this link before. It does nothing any more, whatever came since.
    Used,
    /// Too old. `renewable`: we still know what was asked, and can mail a fresh link.
    Expired { renewable: bool },
}

/// What pressing the button did.
#[derive(Debug, Clone)]
pub enum Confirmed {
    Now { topics: Vec<Topic> },
    Before,
    Expired { renewable: bool },
}

struct Found {
    signup: Signup,
    subscriber: Subscriber,
}

/// Looks, and changes nothing.
///
/// # Errors
/// `NotFound` when we did not make the link.
pub fn look(db: &mut Db, root: &RootKey, token: &str, language: &Language, now: At) -> Result<ConfirmPage, Error> {
    let Some(found) = find(db, root, token)? else { return Ok(ConfirmPage::Expired { renewable: false }) };
    if found.signup.confirmed_at.is_some() {
        return Ok(ConfirmPage::Used);
    }
    if found.signup.expires_at <= now {
        return Ok(ConfirmPage::Expired { renewable: true });
    }
    let topics = topics_of(db, &found.signup, language)?;
    Ok(ConfirmPage::Open { subscriber: Box::new(found.subscriber), topics })
}

/// Makes the sign-up take effect; a second time does nothing. `words` are what the page said beside the button.
///
/// # Errors
/// `NotFound` when we did not make the link.
pub fn confirm(
    db: &mut Db,
    root: &RootKey,
    token: &str,
    words: &str,
    language: &Language,
    now: At,
) -> Result<Confirmed, Error> {
    let Some(Found { signup, .. }) = find(db, root, token)? else {
        return Ok(Confirmed::Expired { renewable: false });
    };
    store::lock(db, signup.subscriber_id)?;
    // Read again under the lock: somebody may have left meanwhile.
    let Some(Found { signup, mut subscriber }) = find(db, root, token)? else {
        return Ok(Confirmed::Expired { renewable: false });
    };
    if signup.confirmed_at.is_some() {
        return Ok(Confirmed::Before);
    }
    if signup.expires_at <= now {
        return Ok(Confirmed::Expired { renewable: true });
    }
    if !signups::mark_confirmed(db, signup.id, now)? {
        return Ok(Confirmed::Before);
    }
    let topics = topics_of(db, &signup, language)?;
    if subscriber.state != SubscriberState::Active {
        // What an import or an earlier life put there was not asked for now.
        store::unsubscribe_all(db, subscriber.id)?;
    }
    subscriber.state = SubscriberState::Active;
    subscriber.confirmed_at = subscriber.confirmed_at.or(Some(now));
    subscriber.language = signup.language.clone();
    if !signup.name.is_empty() {
        subscriber.name = signup.name.clone();
    }
    store::save(db, &subscriber, now)?;
    let ids: Vec<_> = topics.iter().map(|topic| topic.id).collect();
    store::subscribe(db, subscriber.id, &ids, now)?;
    suppression::lift(db, &subscriber.address_hash)?;
    let said = consent::Said {
        kind: ConsentKind::Confirmed,
        topics: &signup.topics,
        form: "confirmation page",
        words,
        language,
    };
    consent::record(db, &subscriber, said, now)?;
    Ok(Confirmed::Now { topics })
}

/// Mails a fresh link for an expired sign-up; in the cool-down, and where nothing is to be renewed, does nothing.
/// The answer does not say which.
///
/// # Errors
/// `NotFound` when we did not make the link.
pub fn again(db: &mut Db, root: &RootKey, token: &str, link: Link<'_>, now: At) -> Result<(), Error> {
    let Some(Found { signup, subscriber }) = find(db, root, token)? else { return Ok(()) };
    if signup.confirmed_at.is_some() || signup.expires_at > now {
        return Ok(());
    }
    let topics = topics_of(db, &signup, &signup.language)?;
    let ask = Ask {
        name: &signup.name,
        language: &signup.language,
        topics: &topics,
        form: "expired confirmation link",
        words: &signup.words,
    };
    signup::ask_to_confirm(db, &subscriber, ask, root, link, now)?;
    Ok(())
}

/// The sign-up of a link that is ours, expired or not; `None` when it was cleared away since.
fn find(db: &mut Db, root: &RootKey, token: &str) -> Result<Option<Found>, Error> {
    // At the beginning of time nothing has expired: the row says until when it holds, since leaving may end it early.
    let id = root.verify(Purpose::Confirm, token, At::from_micros(0)).map_err(not_ours)?;
    let Some(signup) = signups::find(db, SignupId(id))? else { return Ok(None) };
    let subscriber = store::find(db, signup.subscriber_id)?;
    Ok(subscriber.map(|subscriber| Found { signup, subscriber }))
}

fn not_ours(_: InvalidToken) -> Error {
    Error::NotFound("link")
}

/// The topics of a sign-up that still exist.
fn topics_of(db: &mut Db, signup: &Signup, language: &Language) -> Result<Vec<Topic>, Error> {
    let asked = model::split_slugs(&signup.topics);
    Ok(topics::list(db, language)?.into_iter().filter(|topic| asked.contains(&topic.slug)).collect())
}
