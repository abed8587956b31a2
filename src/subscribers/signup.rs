//! Signing up: a request is noted and one mail asks its owner; nothing takes effect before the button in `confirm`.
//!
//! The answer is the same for a new, a known, a cooling-down and a suppressed address: nobody can ask us who reads this.

use chrono::Duration;

use super::emails::ConfirmMail;
use super::model::join_slugs;
use super::store::{self, consent, signups};
use super::topics::{self, Topic};
use super::{ConsentKind, Subscriber};
use crate::db::Db;
use crate::error::{Error, Problems};
use crate::values::{At, EmailAddress, Expiry, InvalidEmailAddress, Language, Purpose, RootKey, clean_line};

/// How long a confirmation link holds, in days.
pub const VALID_DAYS: i64 = 7;
/// The longest name that is kept, in characters.
pub const NAME_MAX: usize = 200;

/// Makes an absolute link of a path: `/confirm/…` becomes `https://…/confirm/…`.
pub type Link<'a> = &'a dyn Fn(&str) -> String;

/// A sign-up as it came in.
#[derive(Debug, Clone, Default)]
pub struct SignupRequest {
    pub email: String,
    pub name: String,
    /// Slugs. May be empty when there is one topic only.
    pub topics: Vec<String>,
    /// The language to be written to in.
    pub language: Language,
    /// Through what it came: `website`, `json`.
    pub form: String,
    /// The words that the person saw beside the button.
    pub words: String,
    /// A field that people do not see; programs fill it in.
    pub website: String,
}

/// Notes a sign-up and mails its owner a link to confirm it; or, in the cool-down, does nothing.
///
/// # Errors
/// `Invalid` naming `email`, `name` or `topics`: what is wrong with the request itself, never what is known of the address.
pub fn request(db: &mut Db, request: &SignupRequest, root: &RootKey, link: Link<'_>, now: At) -> Result<(), Error> {
    let mut problems = Problems::default();
    let email = problems.take("email", EmailAddress::parse(&request.email));
    let name = problems.take("name", clean_line(&request.name, NAME_MAX));
    let chosen = match chosen_topics(db, &request.topics, &request.language) {
        Err(Error::Invalid(errors)) => {
            errors.iter().for_each(|error| problems.add(&error.field, &error.message));
            Vec::new()
        }
        other => other?,
    };
    problems.check()?;
    if !request.website.trim().is_empty() {
        return Ok(());
    }
    let email = email.ok_or_else(|| Error::invalid("email", InvalidEmailAddress::Empty))?;
    let name = name.unwrap_or_default();
    store::insert_pending(db, &email, &root.address_hash(&email.key()), &name, &request.language, now)?;
    // A known subscriber is mailed at the address as it is kept: another spelling could be another mailbox.
    let subscriber = store::by_email(db, &email)?.ok_or(Error::NotFound("subscriber"))?;
    let ask =
        Ask { name: &name, language: &request.language, topics: &chosen, form: &request.form, words: &request.words };
    ask_to_confirm(db, &subscriber, ask, root, link, now)?;
    Ok(())
}

/// What a subscriber's mailbox is asked to confirm.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    pub name: &'a str,
    pub language: &'a Language,
    pub topics: &'a [Topic],
    pub form: &'a str,
    pub words: &'a str,
}

/// Notes a sign-up of a known row and mails it, unless its address cools down. Answers whether a mail goes out; only
/// the mailbox itself may learn that.
pub(super) fn ask_to_confirm(
    db: &mut Db,
    subscriber: &Subscriber,
    ask: Ask<'_>,
    root: &RootKey,
    link: Link<'_>,
    now: At,
) -> Result<bool, Error> {
    store::lock(db, subscriber.id)?;
    let earlier = signups::times_since(db, subscriber.id, now - Duration::days(1))?;
    if cools_down(&earlier, now) {
        return Ok(false);
    }
    let slugs = join_slugs(ask.topics.iter().map(|topic| &topic.slug));
    let expires_at = now + Duration::days(VALID_DAYS);
    let new = signups::NewSignup {
        subscriber: subscriber.id,
        name: ask.name,
        language: ask.language,
        topics: &slugs,
        form: ask.form,
        words: ask.words,
        expires_at,
    };
    let id = signups::insert(db, new, now)?;
    let said = consent::Said {
        kind: ConsentKind::Requested,
        topics: &slugs,
        form: ask.form,
        words: ask.words,
        language: ask.language,
    };
    consent::record(db, subscriber, said, now)?;
    let token = root.sign(Purpose::Confirm, id.0, Expiry::At(expires_at));
    let mail = ConfirmMail {
        topics: ask.topics.iter().map(|topic| topic.name.clone()).collect(),
        confirm_url: link(&format!("/confirm/{token}?lang={}", ask.language)),
        valid_days: VALID_DAYS,
    };
    mail.enqueue(db, subscriber, ask.language, id, now)?;
    Ok(true)
}

/// At most one mail in ten minutes and three in a day, so that nobody fills another's mailbox through our form.
/// `earlier` are the times of the last day.
pub(super) fn cools_down(earlier: &[At], now: At) -> bool {
    earlier.len() >= 3 || earlier.iter().any(|at| *at > now - Duration::minutes(10))
}

fn chosen_topics(db: &mut Db, slugs: &[String], language: &Language) -> Result<Vec<Topic>, Error> {
    let slugs: Vec<String> = slugs.iter().filter(|slug| !slug.trim().is_empty()).cloned().collect();
    if !slugs.is_empty() {
        return topics::of_slugs(db, &slugs, language, "topics");
    }
    let all = topics::list(db, language)?;
    match all.len() {
        1 => Ok(all),
        _ => Err(Error::invalid("topics", "choose at least one topic")),
    }
}
