//! Tables `analyses`, `translations` and `analysis_topics`. Who may see what is decided in `read.rs`.

use diesel::prelude::*;

use super::{Analysis, AnalysisState, Translation};
use crate::db::schema::{analyses, analysis_topics, translations};
use crate::db::search::{self, lower};
use crate::db::{Db, MultiBackend};
use crate::on_each;
use crate::values::{AnalysisId, At, Language, Page, PageRequest, Slug, TopicId};

/// What all translations share, on its way into the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    pub slug: Slug,
    /// `YYYY-MM-DD`.
    pub date: String,
    /// Comma-separated.
    pub countries: String,
    pub topics: Vec<TopicId>,
}

/// One language, on its way into the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub language: Language,
    pub title: String,
    pub summary: String,
    pub body: String,
}

/// Which analyses a list holds.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    pub state: Option<AnalysisState>,
    /// Those with a complete translation in this language.
    pub language: Option<Language>,
    pub topic: Option<TopicId>,
    pub not: Option<AnalysisId>,
    /// Those with any of these topics.
    pub any_topic: Option<Vec<TopicId>>,
    /// Part of a title or slug.
    pub search: Option<String>,
}

/// # Errors
/// The database's.
pub fn insert(db: &mut Db, details: &Details, now: At) -> QueryResult<AnalysisId> {
    let id = diesel::insert_into(analyses::table)
        .values((
            analyses::slug.eq(&details.slug),
            analyses::state.eq(AnalysisState::Draft),
            analyses::date.eq(&details.date),
            analyses::countries.eq(&details.countries),
            analyses::created_at.eq(now),
            analyses::updated_at.eq(now),
        ))
        .returning(analyses::id)
        .get_result(db)?;
    set_topics(db, id, &details.topics)?;
    Ok(id)
}

/// # Errors
/// The database's.
pub fn update(db: &mut Db, id: AnalysisId, details: &Details, now: At) -> QueryResult<()> {
    diesel::update(analyses::table.filter(analyses::id.eq(id)))
        .set((
            analyses::slug.eq(&details.slug),
            analyses::date.eq(&details.date),
            analyses::countries.eq(&details.countries),
            analyses::updated_at.eq(now),
        ))
        .execute(db)?;
    set_topics(db, id, &details.topics)
}

fn set_topics(db: &mut Db, id: AnalysisId, topics: &[TopicId]) -> QueryResult<()> {
    diesel::delete(analysis_topics::table.filter(analysis_topics::analysis_id.eq(id))).execute(db)?;
    let rows: Vec<_> = topics
        .iter()
        .map(|topic| (analysis_topics::analysis_id.eq(id), analysis_topics::topic_id.eq(*topic)))
        .collect();
    on_each!(db, |c| diesel::insert_into(analysis_topics::table).values(&rows).execute(c)).map(drop)
}

/// Writes the state; `published_at` is kept once it is there.
///
/// # Errors
/// The database's.
pub fn set_state(db: &mut Db, analysis: &Analysis, state: AnalysisState, now: At) -> QueryResult<()> {
    let published_at = match state {
        AnalysisState::Published => analysis.published_at.or(Some(now)),
        AnalysisState::Draft => analysis.published_at,
    };
    diesel::update(analyses::table.filter(analyses::id.eq(analysis.id)))
        .set((analyses::state.eq(state), analyses::published_at.eq(published_at), analyses::updated_at.eq(now)))
        .execute(db)
        .map(drop)
}

/// With its translations.
///
/// # Errors
/// The database's.
pub fn delete(db: &mut Db, id: AnalysisId) -> QueryResult<()> {
    diesel::delete(analyses::table.filter(analyses::id.eq(id))).execute(db).map(drop)
}

/// # Errors
/// `NotFound`, or the database's.
pub fn find(db: &mut Db, id: AnalysisId) -> QueryResult<Analysis> {
    Analysis::query().filter(analyses::id.eq(id)).first(db)
}

/// # Errors
/// `NotFound`, or the database's.
pub fn find_by_slug(db: &mut Db, slug: &str) -> QueryResult<Analysis> {
    Analysis::query().filter(analyses::slug.eq(slug)).first(db)
}

/// All languages of one analysis, in the order in which they were written.
///
/// # Errors
/// The database's.
pub fn translations(db: &mut Db, id: AnalysisId) -> QueryResult<Vec<Translation>> {
    Translation::query().filter(translations::analysis_id.eq(id)).order(translations::id).load(db)
}

/// Inserts or changes one language.
///
/// # Errors
/// The database's.
pub fn put_translation(db: &mut Db, id: AnalysisId, text: &Text, now: At) -> QueryResult<()> {
    let values = (
        translations::title.eq(&text.title),
        translations::summary.eq(&text.summary),
        translations::body.eq(&text.body),
        translations::updated_at.eq(now),
    );
    let row = translations::analysis_id.eq(id).and(translations::language.eq(&text.language));
    let changed = diesel::update(translations::table.filter(row)).set(values).execute(db)?;
    if changed == 0 {
        let key = (translations::analysis_id.eq(id), translations::language.eq(&text.language));
        diesel::insert_into(translations::table).values((key, values)).execute(db)?;
    }
    Ok(())
}

/// Says whether there was one.
///
/// # Errors
/// The database's.
pub fn delete_translation(db: &mut Db, id: AnalysisId, language: &Language) -> QueryResult<bool> {
    let row = translations::analysis_id.eq(id).and(translations::language.eq(language));
    diesel::delete(translations::table.filter(row)).execute(db).map(|rows| rows > 0)
}

/// Pairs of analysis and topic, for those analyses.
///
/// # Errors
/// The database's.
pub fn topics(db: &mut Db, of: &[AnalysisId]) -> QueryResult<Vec<(AnalysisId, TopicId)>> {
    analysis_topics::table
        .filter(analysis_topics::analysis_id.eq_any(of.to_vec()))
        .order((analysis_topics::analysis_id, analysis_topics::topic_id))
        .load(db)
}

/// A translation without its text, as lists show it.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    pub analysis_id: AnalysisId,
    pub language: Language,
    pub title: String,
    pub summary: String,
    pub updated_at: At,
    pub complete: bool,
}

/// The headings of those analyses in the order in which they were written.
///
/// # Errors
/// The database's.
pub fn headings(db: &mut Db, of: &[AnalysisId]) -> QueryResult<Vec<Heading>> {
    use translations::{analysis_id, body, id, language, summary, title, updated_at};
    translations::table
        .filter(analysis_id.eq_any(of.to_vec()))
        .order(id)
        .select((analysis_id, language, title, summary, updated_at, title.ne("").and(summary.ne("")).and(body.ne(""))))
        .load(db)
}

/// The newest date first.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, selection: &Selection, request: PageRequest) -> QueryResult<Page<Analysis>> {
    let total = narrowed(analyses::table.into_boxed(), selection).count().get_result(db)?;
    let rows = narrowed(analyses::table.into_boxed(), selection)
        .select(Analysis::as_select())
        .order((analyses::date.desc(), analyses::id.desc()))
        .limit(request.size)
        .offset(request.offset())
        .load(db)?;
    Ok(Page { rows, total, request })
}

type Boxed<'a> = analyses::BoxedQuery<'a, MultiBackend>;

fn narrowed<'a>(mut query: Boxed<'a>, selection: &'a Selection) -> Boxed<'a> {
    if let Some(state) = selection.state {
        query = query.filter(analyses::state.eq(state));
    }
    if let Some(language) = &selection.language {
        let complete = translations::title.ne("").and(translations::summary.ne("")).and(translations::body.ne(""));
        let with = translations::table
            .filter(translations::language.eq(language).and(complete))
            .select(translations::analysis_id);
        query = query.filter(analyses::id.eq_any(with));
    }
    if let Some(topic) = selection.topic {
        let with =
            analysis_topics::table.filter(analysis_topics::topic_id.eq(topic)).select(analysis_topics::analysis_id);
        query = query.filter(analyses::id.eq_any(with));
    }
    if let Some(topics) = &selection.any_topic {
        let with = analysis_topics::table
            .filter(analysis_topics::topic_id.eq_any(topics.clone()))
            .select(analysis_topics::analysis_id);
        query = query.filter(analyses::id.eq_any(with));
    }
    if let Some(not) = selection.not {
        query = query.filter(analyses::id.ne(not));
    }
    match selection.search.as_deref().map(str::trim).filter(|search| !search.is_empty()) {
        Some(search) => searched(query, search),
        None => query,
    }
}

fn searched<'a>(query: Boxed<'a>, text: &str) -> Boxed<'a> {
    let pattern = search::part(text);
    let found = translations::table
        .filter(lower(translations::title).like(pattern.clone()).escape('\\'))
        .select(translations::analysis_id);
    query.filter(analyses::id.eq_any(found).or(analyses::slug.like(pattern).escape('\\')))
}
