//! Creating and changing analyses and their translations: what may be written, and by whom it was.

use diesel::result::{DatabaseErrorKind, Error as Diesel};
use serde::{Deserialize, Serialize};

use super::store::{self, Details, Text};
use super::{Analysis, Translation, is_country};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::{Error, Problems};
use crate::values::{AnalysisId, At, Language, Slug, TopicId, clean_line, clean_text};

/// Characters of a title.
pub const TITLE_MAX: usize = 300;
/// Characters of a summary.
pub const SUMMARY_MAX: usize = 1000;
/// Bytes of a text: far above any real analysis, low enough to render at once.
pub const BODY_MAX: usize = 200 * 1024;

/// What all translations share, as typed.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct DetailsForm {
    pub slug: String,
    pub date: String,
    /// Codes with commas or spaces between them.
    pub countries: String,
    /// Slugs.
    pub topics: Vec<String>,
}

/// One language, as typed.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct TextForm {
    pub title: String,
    pub summary: String,
    pub body: String,
}

impl DetailsForm {
    /// `known` are all topics there are, by slug.
    ///
    /// # Errors
    /// `Invalid` with every field that cannot be taken.
    pub fn check(&self, known: &[(String, TopicId)]) -> Result<Details, Error> {
        let mut problems = Problems::default();
        let slug = problems.take("slug", Slug::parse(&self.slug));
        let date = problems.take("date", day(&self.date)).unwrap_or_default();
        let countries = problems.take("countries", countries(&self.countries)).unwrap_or_default();
        let mut topics = Vec::new();
        for slug in &self.topics {
            match known.iter().find(|(known, _)| known == slug) {
                Some((_, id)) if !topics.contains(id) => topics.push(*id),
                Some(_) => {}
                None => problems.add("topics", format!("there is no topic {slug:?}")),
            }
        }
        match slug {
            Some(slug) if problems.is_empty() => Ok(Details { slug, date, countries, topics }),
            _ => Err(problems.check().err().unwrap_or_else(|| Error::invalid("slug", "this is needed"))),
        }
    }
}

fn day(text: &str) -> Result<String, &'static str> {
    const HOW: &str = "a date is written like 2024-04-29";
    let date: chrono::NaiveDate = text.trim().parse().map_err(|_| HOW)?;
    let written = date.to_string();
    // Dates are ordered as text: four digits of the year.
    match written.len() == 10 && written.as_str() >= "1900" {
        true => Ok(written),
        false => Err(HOW),
    }
}

fn countries(text: &str) -> Result<String, String> {
    let mut codes: Vec<String> = Vec::new();
    for code in text.split([',', ' ', ';', '\n', '\t']).filter(|code| !code.is_empty()).map(str::to_uppercase) {
        if !is_country(&code) {
            return Err(format!("{code:?} is no country code: use two letters each, such as KZ, ZW"));
        }
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    Ok(codes.join(","))
}

impl TextForm {
    /// A draft may lack its summary and text, but lists need something to show.
    ///
    /// # Errors
    /// `Invalid` with every field that cannot be taken.
    pub fn check(&self, language: &Language) -> Result<Text, Error> {
        let mut problems = Problems::default();
        let title = problems.take("title", clean_line(&self.title, TITLE_MAX));
        let summary = problems.take("summary", clean_line(&one_line(&self.summary), SUMMARY_MAX));
        let body = problems.take("body", clean_text(&self.body, BODY_MAX));
        if title.as_deref() == Some("") {
            problems.add("title", "an analysis needs a title");
        }
        if body.as_ref().is_some_and(|body| body.len() > BODY_MAX) {
            problems.add("body", format!("this is too long: at most {} KB", BODY_MAX / 1024));
        }
        problems.check()?;
        Ok(Text {
            language: language.clone(),
            title: title.unwrap_or_default(),
            summary: summary.unwrap_or_default(),
            body: body.unwrap_or_default(),
        })
    }
}

/// A summary is one paragraph, but people paste line ends into it.
fn one_line(text: &str) -> String {
    text.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What a form showed when it was opened: the row's `updated_at` in microseconds, 0 for a row that was not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Seen(pub i64);

impl Seen {
    pub fn of(at: Option<At>) -> Self {
        Self(at.map_or(0, At::micros))
    }
    fn check(self, at: Option<At>) -> Result<(), Error> {
        match self == Self::of(at) {
            true => Ok(()),
            false => {
                Err(Error::conflict("Somebody changed this while you were writing. Nothing of yours was saved yet."))
            }
        }
    }
}

/// A new draft in its first language.
///
/// # Errors
/// `Invalid` when another analysis has the slug.
pub fn create(db: &mut Db, details: &Details, text: &Text, actor: &Actor, now: At) -> Result<AnalysisId, Error> {
    slug_is_free(db, &details.slug, None)?;
    let id = store::insert(db, details, now).map_err(constraint)?;
    store::put_translation(db, id, text, now)?;
    audit::record(db, actor, "created", "analysis", Some(id.0), details.slug.as_str(), now)?;
    Ok(id)
}

/// Changes what all translations share.
///
/// # Errors
/// `Conflict` when it was changed since `seen`; `Invalid` when another analysis has the slug.
pub fn save_details(
    db: &mut Db,
    id: AnalysisId,
    details: &Details,
    seen: Seen,
    actor: &Actor,
    now: At,
) -> Result<(), Error> {
    let analysis = find(db, id)?;
    seen.check(Some(analysis.updated_at))?;
    slug_is_free(db, &details.slug, Some(id))?;
    store::update(db, id, details, now).map_err(constraint)?;
    audit::record(db, actor, "changed", "analysis", Some(id.0), details.slug.as_str(), now)?;
    Ok(())
}

/// Writes one language, new or known.
///
/// # Errors
/// `Conflict` when that language was changed since `seen`; `Invalid` when a published analysis would have nothing to show.
pub fn save_translation(
    db: &mut Db,
    id: AnalysisId,
    text: &Text,
    seen: Seen,
    actor: &Actor,
    now: At,
) -> Result<(), Error> {
    let analysis = find(db, id)?;
    let all = store::translations(db, id)?;
    let before = all.iter().find(|t| t.language == text.language);
    seen.check(before.map(|t| t.updated_at))?;
    let complete = !text.summary.is_empty() && !text.body.is_empty();
    if analysis.is_published() && !complete && !another_is_complete(&all, &text.language) {
        let empty = if text.summary.is_empty() { "summary" } else { "body" };
        return Err(Error::invalid(
            empty,
            "this analysis is public and has no other language, so this cannot be empty",
        ));
    }
    store::put_translation(db, id, text, now)?;
    let action = if before.is_some() { "changed" } else { "translated" };
    audit::record(db, actor, action, "analysis", Some(id.0), &said(&analysis, &text.language), now)?;
    Ok(())
}

/// # Errors
/// `NotFound`; `Conflict` for the only language, or the only one that a published analysis can show.
pub fn delete_translation(
    db: &mut Db,
    id: AnalysisId,
    language: &Language,
    actor: &Actor,
    now: At,
) -> Result<(), Error> {
    let analysis = find(db, id)?;
    let all = store::translations(db, id)?;
    if all.iter().any(|t| t.language == *language) {
        if all.len() == 1 {
            return Err(Error::conflict("This is the only language of the analysis. Delete the analysis instead."));
        }
        if analysis.is_published() && !another_is_complete(&all, language) {
            return Err(Error::conflict("This is the only complete language of a public analysis."));
        }
    }
    if !store::delete_translation(db, id, language)? {
        return Err(Error::NotFound("translation"));
    }
    audit::record(db, actor, "deleted translation", "analysis", Some(id.0), &said(&analysis, language), now)?;
    Ok(())
}

/// # Errors
/// `NotFound`; `Conflict` while it is public.
pub fn delete(db: &mut Db, id: AnalysisId, actor: &Actor, now: At) -> Result<(), Error> {
    let analysis = find(db, id)?;
    analysis.may_be_deleted()?;
    store::delete(db, id)?;
    audit::record(db, actor, "deleted", "analysis", Some(id.0), analysis.slug.as_str(), now)?;
    Ok(())
}

/// # Errors
/// `NotFound`, naming what is not there.
pub fn find(db: &mut Db, id: AnalysisId) -> Result<Analysis, Error> {
    store::find(db, id).map_err(|error| match error {
        Diesel::NotFound => Error::NotFound("analysis"),
        other => other.into(),
    })
}

fn another_is_complete(all: &[Translation], than: &Language) -> bool {
    all.iter().any(|t| t.language != *than && t.is_complete())
}

fn said(analysis: &Analysis, language: &Language) -> String {
    format!("{} ({language})", analysis.slug)
}

const TAKEN: &str = "another analysis has this address already";

fn slug_is_free(db: &mut Db, slug: &Slug, except: Option<AnalysisId>) -> Result<(), Error> {
    match store::find_by_slug(db, slug.as_str()) {
        Ok(other) if Some(other.id) != except => Err(Error::invalid("slug", TAKEN)),
        Ok(_) | Err(Diesel::NotFound) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

/// Two people at once: the table's own constraints have the last word.
fn constraint(error: Diesel) -> Error {
    match error {
        Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Error::invalid("slug", TAKEN),
        Diesel::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
            Error::invalid("topics", "one of these topics is gone")
        }
        other => other.into(),
    }
}
