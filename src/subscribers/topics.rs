//! Topics: what a subscriber chooses to hear about.

use serde::{Deserialize, Serialize};

use super::store::topics as store;
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::{Error, FieldError, Problems};
use crate::organisation;
use crate::values::{At, Language, Slug, TopicId, clean_line, clean_text};

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

/// A topic's texts in one language, as typed. In the first language of the organisation the name is needed; elsewhere
/// an empty name means that readers get the first language's texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TopicText {
    pub language: String,
    pub name: String,
    pub description: String,
}

/// Adds a topic.
///
/// # Errors
/// `Invalid` on a bad or taken slug and on missing or bad texts.
pub fn add(db: &mut Db, slug: &str, texts: &[TopicText], actor: &Actor, now: At) -> Result<TopicId, Error> {
    let mut problems = Problems::default();
    let slug = problems.take("slug", Slug::parse(slug));
    let texts = checked(db, texts, now, &mut problems)?;
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
pub fn rename(db: &mut Db, id: TopicId, texts: &[TopicText], actor: &Actor, now: At) -> Result<(), Error> {
    let slug = store::slug(db, id)?.ok_or(Error::NotFound("topic"))?;
    let mut problems = Problems::default();
    // Texts in a language that the organisation gave up for a while are not in the form, and stay.
    let unseen = |old: &TopicText| !texts.iter().any(|new| new.language == old.language);
    let mut kept: Vec<TopicText> = store::texts(db, id)?.into_iter().filter(unseen).collect();
    kept.extend(checked(db, texts, now, &mut problems)?);
    problems.check()?;
    store::replace_texts(db, id, &kept)?;
    audit::record(db, actor, "renamed", "topic", Some(id.0), slug.as_str(), now)?;
    Ok(())
}

/// A topic's texts as stored, one entry per language of the organisation, in its order.
///
/// # Errors
/// `NotFound`.
pub fn texts(db: &mut Db, id: TopicId, now: At) -> Result<(Slug, Vec<TopicText>), Error> {
    let slug = store::slug(db, id)?.ok_or(Error::NotFound("topic"))?;
    let stored = store::texts(db, id)?;
    let languages = organisation::store::get(db, now)?.languages();
    let entry = |language: &Language| {
        stored.iter().find(|text| text.language == language.as_str()).cloned().unwrap_or_else(|| blank(language))
    };
    Ok((slug, languages.iter().map(entry).collect()))
}

/// An empty entry per language of the organisation, for a new topic's form.
///
/// # Errors
/// The database's.
pub fn blank_texts(db: &mut Db, now: At) -> Result<Vec<TopicText>, Error> {
    Ok(organisation::store::get(db, now)?.languages().iter().map(blank).collect())
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

fn blank(language: &Language) -> TopicText {
    TopicText { language: language.to_string(), ..TopicText::default() }
}

fn checked(db: &mut Db, texts: &[TopicText], now: At, problems: &mut Problems) -> Result<Vec<TopicText>, Error> {
    let first = organisation::store::get(db, now)?.first_language();
    let mut out = Vec::new();
    for text in texts {
        let Some(language) = problems.take("language", Language::parse(&text.language)) else { continue };
        let field = |part: &str| format!("{part}-{language}");
        let name = problems.take(&field("name"), clean_line(&text.name, 100)).unwrap_or_default();
        let description = problems.take(&field("description"), clean_text(&text.description, 500)).unwrap_or_default();
        if !name.is_empty() {
            out.push(TopicText { language: language.to_string(), name, description });
        } else if !description.is_empty() {
            problems.add(&field("name"), "a description needs a name beside it");
        }
    }
    let name_field = format!("name-{first}");
    if !out.iter().any(|text| text.language == first.as_str()) && !problems.fields().any(|field| field == name_field) {
        problems.add(&name_field, "the topic needs a name in the organisation's first language");
    }
    Ok(out)
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
