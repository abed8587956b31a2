//! Topics: what a subscriber chooses to hear about.

use serde::Serialize;

use super::store::topics as store;
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::{Error, FieldError, Problems};
use crate::organisation::names::{self, NameText};
use crate::values::{At, Language, Slug, TopicId};

pub use store::list;

/// A topic in one reader's language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Topic {
    pub id: TopicId,
    pub slug: Slug,
    pub name: String,
    /// May be empty.
    pub description: String,
}

/// Adds a topic.
///
/// # Errors
/// `Invalid` on a bad or taken slug and on missing or bad texts.
pub fn add(db: &mut Db, slug: &str, texts: &[NameText], actor: &Actor, now: At) -> Result<TopicId, Error> {
    let mut problems = Problems::default();
    let slug = problems.take("slug", Slug::parse(slug));
    let texts = names::check(db, "topic", texts, now, &mut problems)?;
    if let Some(slug) = &slug
        && store::by_slug(db, slug)?.is_some()
    {
        problems.add("slug", format!("there is a topic {slug} already"));
    }
    problems.check()?;
    let slug = slug.ok_or(Error::NotFound("topic"))?;
    let id = store::insert(db, &slug, now)?;
    store::replace_texts(db, id, &texts)?;
    audit::record(db, actor, "added", "topic", Some(id.0), slug.as_str(), now)?;
    Ok(id)
}

/// Replaces a topic's texts. Its slug stays: sign-up forms and consent events name it.
///
/// # Errors
/// `NotFound`, or `Invalid` on missing or bad texts.
pub fn rename(db: &mut Db, id: TopicId, texts: &[NameText], actor: &Actor, now: At) -> Result<(), Error> {
    let slug = store::slug(db, id)?.ok_or(Error::NotFound("topic"))?;
    let mut problems = Problems::default();
    let mut kept = names::unseen(store::texts(db, id)?, texts);
    kept.extend(names::check(db, "topic", texts, now, &mut problems)?);
    problems.check()?;
    store::replace_texts(db, id, &kept)?;
    audit::record(db, actor, "renamed", "topic", Some(id.0), slug.as_str(), now)?;
    Ok(())
}

/// A topic's texts as stored, one entry per language of the organisation, in its order.
///
/// # Errors
/// `NotFound`.
pub fn texts(db: &mut Db, id: TopicId, now: At) -> Result<(Slug, Vec<NameText>), Error> {
    let slug = store::slug(db, id)?.ok_or(Error::NotFound("topic"))?;
    let stored = store::texts(db, id)?;
    Ok((slug, names::for_form(db, &stored, now)?))
}

/// An empty entry per language of the organisation, for a new topic's form.
///
/// # Errors
/// The database's.
pub fn blank_texts(db: &mut Db, now: At) -> Result<Vec<NameText>, Error> {
    names::blank(db, now)
}

/// The topics of these slugs, in the order of the list; doubled slugs count once.
///
/// # Errors
/// `Invalid` naming `field` when a slug is unknown.
pub fn of_slugs(db: &mut Db, slugs: &[String], language: &Language, field: &str) -> Result<Vec<Topic>, Error> {
    let all = list(db, language)?;
    if let Some(unknown) = slugs.iter().find(|slug| !all.iter().any(|topic| topic.slug.as_str() == slug.trim())) {
        let shown: String = unknown.chars().filter(|c| !c.is_control()).take(100).collect();
        return Err(Error::invalid(field, format!("there is no topic \"{shown}\"")));
    }
    Ok(all.into_iter().filter(|topic| slugs.iter().any(|slug| slug.trim() == topic.slug.as_str())).collect())
}

/// `name-en` becomes `name` for callers that have one language only (the command line).
pub fn without_language(error: Error) -> Error {
    let Error::Invalid(errors) = error else { return error };
    let plain = |e: FieldError| FieldError {
        field: e.field.split('-').next().unwrap_or_default().to_owned(),
        message: e.message,
    };
    Error::Invalid(errors.into_iter().map(plain).collect())
}
