//! What readers see: published analyses, each in the language that fits them best.

use super::store::{self, Heading, Selection};
use super::{Analysis, AnalysisState, Translation};
use crate::db::Db;
use crate::error::Error;
use crate::values::{AnalysisId, At, Language, Page, PageRequest, TopicId};

/// Which published analyses a reader asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those that are there in this language.
    pub language: Option<Language>,
    pub topic: Option<TopicId>,
}

/// An analysis in a list, in one of its languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub analysis: Analysis,
    /// The language that `title` and `summary` are in.
    pub language: Language,
    pub title: String,
    pub summary: String,
    /// All languages it is there in.
    pub languages: Vec<Language>,
    pub topics: Vec<TopicId>,
    /// When the reader would last have seen something change.
    pub updated_at: At,
}

/// A published analysis with all that readers may see of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readable {
    pub analysis: Analysis,
    /// Complete ones only; never empty.
    pub translations: Vec<Translation>,
    pub topics: Vec<TopicId>,
}

/// The newest date first. `wanted` are languages in the order in which the reader would have them (theirs, then the
/// organisation's first); an analysis in none of them comes in any that it has.
///
/// # Errors
/// The database's.
pub fn published(
    db: &mut Db,
    filter: &Filter,
    wanted: &[Language],
    request: PageRequest,
) -> Result<Page<Listed>, Error> {
    let selection = Selection {
        state: Some(AnalysisState::Published),
        language: filter.language.clone(),
        topic: filter.topic,
        ..Selection::default()
    };
    listed(db, &selection, wanted, request)
}

/// What a published analysis is called, in the language that fits best; none when it is not public.
///
/// # Errors
/// The database's.
pub fn title(db: &mut Db, id: AnalysisId, wanted: &[Language]) -> Result<Option<String>, Error> {
    let analysis = match store::find(db, id) {
        Ok(analysis) if analysis.is_published() => analysis,
        Ok(_) | Err(diesel::result::Error::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let translations = store::translations(db, analysis.id)?;
    let complete: Vec<&Translation> = translations.iter().filter(|one| one.is_complete()).collect();
    Ok(best(&complete, wanted, |translation| &translation.language).map(|translation| translation.title.clone()))
}

/// Published analyses that share a topic with this one, the newest first.
///
/// # Errors
/// The database's.
pub fn related(db: &mut Db, to: &Readable, wanted: &[Language], request: PageRequest) -> Result<Page<Listed>, Error> {
    let selection = Selection {
        state: Some(AnalysisState::Published),
        not: Some(to.analysis.id),
        any_topic: Some(to.topics.clone()),
        ..Selection::default()
    };
    listed(db, &selection, wanted, request)
}

fn listed(
    db: &mut Db,
    selection: &Selection,
    wanted: &[Language],
    request: PageRequest,
) -> Result<Page<Listed>, Error> {
    let page = store::list(db, selection, request)?;
    let ids: Vec<AnalysisId> = page.rows.iter().map(|analysis| analysis.id).collect();
    let headings = store::headings(db, &ids)?;
    let topics = store::topics(db, &ids)?;
    let (total, request) = (page.total, page.request);
    let rows = page.rows.into_iter().filter_map(|analysis| one(analysis, &headings, &topics, wanted)).collect();
    Ok(Page { rows, total, request })
}

fn one(
    analysis: Analysis,
    headings: &[Heading],
    topics: &[(AnalysisId, TopicId)],
    wanted: &[Language],
) -> Option<Listed> {
    let own: Vec<&Heading> = headings.iter().filter(|h| h.analysis_id == analysis.id && h.complete).collect();
    let best = best(&own, wanted, |heading| &heading.language)?;
    Some(Listed {
        language: best.language.clone(),
        title: best.title.clone(),
        summary: best.summary.clone(),
        languages: own.iter().map(|heading| heading.language.clone()).collect(),
        topics: topics.iter().filter(|(of, _)| *of == analysis.id).map(|(_, topic)| *topic).collect(),
        updated_at: last_change(&analysis, best.updated_at),
        analysis,
    })
}

fn best<'a, T>(all: &[&'a T], wanted: &[Language], language: impl Fn(&T) -> &Language) -> Option<&'a T> {
    wanted.iter().find_map(|want| all.iter().find(|one| language(one) == want)).or_else(|| all.first()).copied()
}

fn last_change(analysis: &Analysis, text: At) -> At {
    text.max(analysis.updated_at).max(analysis.published_at.unwrap_or(text))
}

/// The published analysis of that address.
///
/// # Errors
/// `NotFound("analysis")`, for a draft too: nobody learns that it exists.
pub fn by_slug(db: &mut Db, slug: &str) -> Result<Readable, Error> {
    let analysis = match store::find_by_slug(db, slug) {
        Ok(analysis) if analysis.is_published() => analysis,
        Ok(_) | Err(diesel::result::Error::NotFound) => return Err(Error::NotFound("analysis")),
        Err(error) => return Err(error.into()),
    };
    let translations: Vec<_> =
        store::translations(db, analysis.id)?.into_iter().filter(Translation::is_complete).collect();
    if translations.is_empty() {
        return Err(Error::NotFound("analysis"));
    }
    let topics = store::topics(db, &[analysis.id])?.into_iter().map(|(_, topic)| topic).collect();
    Ok(Readable { analysis, translations, topics })
}

impl Readable {
    /// The translation that fits best, as in lists.
    pub fn translation(&self, wanted: &[Language]) -> Option<&Translation> {
        let all: Vec<&Translation> = self.translations.iter().collect();
        best(&all, wanted, |translation| &translation.language)
    }
}
