//! Writing a campaign: name, audience, and a variant per language. All of it only while it is a draft.

use super::model::{Campaign, Doubt, Variant};
use super::placeholders::{self, Block, BrokenPlaceholder, Condition, Kind, Placeholder, Segment};
use super::skeleton;
use super::store::{self, NewCampaign};
use crate::analyses;
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::{Error, Problems};
use crate::i18n::Texts;
use crate::organisation;
use crate::subscribers::{Topic, topics};
use crate::values::{AnalysisId, At, CampaignId, Language, TopicId, clean_line, clean_text};

/// Characters. Mail clients show some sixty of a subject; longer ones are allowed, not advised.
const SUBJECT: usize = 200;
/// Characters. Mails above 100 KB are cut by some clients.
const BODY: usize = 100_000;

/// A new campaign with nothing in it but a variant in the organisation's first language.
///
/// # Errors
/// `Invalid` on the name.
pub fn create(db: &mut Db, name: &str, actor: &Actor, now: At) -> Result<CampaignId, Error> {
    let mut problems = Problems::default();
    let name = checked_name(&mut problems, name);
    problems.check()?;
    let language = organisation::store::get(db, now)?.first_language();
    let id = insert(db, &name, None, actor, now)?;
    store::put_variant(db, id, &language, "", "", now)?;
    Ok(id)
}

/// A new campaign about an analysis: a variant per complete translation, with its title, its summary and a link to it,
/// for the analysis's topics. `link` makes an absolute address of a path.
///
/// # Errors
/// `NotFound`; `Conflict` when the analysis is not public, because the link would lead nowhere.
pub fn from_analysis(
    db: &mut Db,
    analysis: AnalysisId,
    link: impl Fn(&str) -> String,
    actor: &Actor,
    now: At,
) -> Result<CampaignId, Error> {
    let found = analyses::store::find(db, analysis).map_err(|error| match error {
        diesel::result::Error::NotFound => Error::NotFound("analysis"),
        other => other.into(),
    })?;
    if !found.is_published() {
        return Err(Error::conflict(
            "This analysis is not public yet. Publish it first, so that its readers can open it.",
        ));
    }
    let mut translations: Vec<_> =
        analyses::store::translations(db, analysis)?.into_iter().filter(analyses::Translation::is_complete).collect();
    let first = organisation::store::get(db, now)?.first_language();
    translations.sort_by_key(|translation| translation.language != first);
    let Some(main) = translations.first() else { return Err(Error::NotFound("analysis")) };
    let name: String = main.title.chars().take(SUBJECT).collect();
    let id = insert(db, &name, Some(analysis), actor, now)?;
    for translation in &translations {
        let address = link(&format!("/analyses/{}?lang={}", found.slug, translation.language));
        let texts = Texts::get();
        let name = Placeholder::Name.to_string();
        let greeting = texts.t(&translation.language, "campaign-draft-greeting", &[("name", name.into())]);
        let read = texts.t(&translation.language, "campaign-draft-read", &[]);
        let summary = without_braces(&translation.summary);
        let body = format!("{greeting}\n\n{summary}\n\n[{read}]({address})");
        let subject: String = without_braces(&translation.title).chars().take(SUBJECT).collect();
        store::put_variant(db, id, &translation.language, &subject, &body, now)?;
    }
    let topics: Vec<TopicId> = analyses::store::topics(db, &[analysis])?.into_iter().map(|(_, topic)| topic).collect();
    store::set_audience(db, id, &topics, "", now)?;
    Ok(id)
}

/// Somebody's text about templates must not become a placeholder.
fn without_braces(text: &str) -> String {
    text.replace("{{", "{ {").replace("}}", "} }")
}

/// A draft with the same content and audience.
///
/// # Errors
/// `NotFound`.
pub fn duplicate(db: &mut Db, id: CampaignId, actor: &Actor, now: At) -> Result<CampaignId, Error> {
    let old = store::find(db, id)?;
    let name: String = format!("Copy of {}", old.name).chars().take(SUBJECT).collect();
    let copy = insert(db, &name, old.analysis_id, actor, now)?;
    for variant in store::variants(db, id)? {
        store::put_variant(db, copy, &variant.language, &variant.subject, &variant.body, now)?;
    }
    let topics = store::topics(db, id)?;
    store::set_audience(db, copy, &topics, &old.audience_languages, now)?;
    store::set_doubt(db, copy, old.doubt, now)?;
    store::set_pace(db, copy, old.hours, old.per_minute, now)?;
    Ok(copy)
}

fn insert(db: &mut Db, name: &str, analysis: Option<AnalysisId>, actor: &Actor, now: At) -> Result<CampaignId, Error> {
    let id = store::insert(db, &NewCampaign { name, analysis, doubt: Doubt::Resend, languages: "" }, now)?;
    audit::record(db, actor, "drafted", "campaign", Some(id.0), name, now)?;
    Ok(id)
}

fn checked_name(problems: &mut Problems, name: &str) -> String {
    let name = problems.take("name", clean_line(name, SUBJECT)).unwrap_or_default();
    if name.is_empty() && !problems.fields().any(|field| field == "name") {
        problems.add("name", "the campaign needs a name (only staff see it)");
    }
    name
}

/// Writes a language of the campaign, new or not. Empty texts may be saved, but not sent.
///
/// # Errors
/// `Conflict` when it is no draft; `Invalid` on `language`, `subject` and `body`: there with the line of every
/// placeholder that is unknown or broken.
pub fn save_variant(
    db: &mut Db,
    id: CampaignId,
    language: &str,
    subject: &str,
    body: &str,
    actor: &Actor,
    now: At,
) -> Result<Variant, Error> {
    must_be_draft(db, id)?;
    let mut problems = Problems::default();
    let language = problems.take("language", Language::parse(language));
    let subject = problems.take("subject", clean_line(subject, SUBJECT)).unwrap_or_default();
    let body = problems.take("body", clean_text(body, BODY)).unwrap_or_default();
    let known = topics::list(db, &Language::english())?;
    check_placeholders(&mut problems, "subject", &subject, &known);
    check_placeholders(&mut problems, "body", &body, &known);
    problems.check()?;
    let language = language.ok_or(Error::NotFound("language"))?;
    store::put_variant(db, id, &language, &subject, &body, now)?;
    audit::record(db, actor, "wrote", "campaign", Some(id.0), language.as_str(), now)?;
    store::variant(db, id, &language)?.ok_or(Error::NotFound("variant"))
}

/// Notes everything in double braces that cannot be filled in.
pub(super) fn check_placeholders(problems: &mut Problems, field: &str, text: &str, topics: &[Topic]) {
    let (found, shape) = match placeholders::parse(text) {
        Ok(segments) if field == "subject" => (segments, Ok(())),
        Ok(segments) => (segments, skeleton::check(text)),
        Err(broken) => (Vec::new(), Err(broken)),
    };
    let unknown = found.iter().filter_map(|segment| match segment {
        Segment::Open(Block {
            kind: Kind::If(Condition::Topic(slug)) | Kind::Unless(Condition::Topic(slug)),
            line,
            ..
        }) if !topics.iter().any(|topic| topic.slug == *slug) => {
            Some(BrokenPlaceholder { line: *line, what: format!("there is no topic {slug}") })
        }
        _ => None,
    });
    for one in shape.err().unwrap_or_default().into_iter().chain(unknown) {
        // A subject has one line only.
        match field {
            "subject" => problems.add(field, one.what),
            _ => problems.add(field, one),
        }
    }
}

/// Adds an empty variant.
///
/// # Errors
/// `Conflict` when it is no draft or has that language; `Invalid` on `language`.
pub fn add_variant(db: &mut Db, id: CampaignId, language: &str, actor: &Actor, now: At) -> Result<Language, Error> {
    must_be_draft(db, id)?;
    let language = Language::parse(language).map_err(|error| Error::invalid("language", error))?;
    if store::variant(db, id, &language)?.is_some() {
        return Err(Error::conflict(format!("This campaign is written in {} already.", language.own_name())));
    }
    store::put_variant(db, id, &language, "", "", now)?;
    audit::record(db, actor, "added a language", "campaign", Some(id.0), language.as_str(), now)?;
    Ok(language)
}

/// # Errors
/// `Conflict` when it is no draft; `NotFound`.
pub fn remove_variant(db: &mut Db, id: CampaignId, language: &Language, actor: &Actor, now: At) -> Result<(), Error> {
    must_be_draft(db, id)?;
    if !store::delete_variant(db, id, language)? {
        return Err(Error::NotFound("language of this campaign"));
    }
    Ok(audit::record(db, actor, "removed a language", "campaign", Some(id.0), language.as_str(), now)?)
}

/// # Errors
/// `Conflict` when it is no draft; `Invalid` on `name`.
pub fn rename(db: &mut Db, id: CampaignId, name: &str, actor: &Actor, now: At) -> Result<(), Error> {
    must_be_draft(db, id)?;
    let mut problems = Problems::default();
    let name = checked_name(&mut problems, name);
    problems.check()?;
    store::set_name(db, id, &name, now)?;
    Ok(audit::record(db, actor, "renamed", "campaign", Some(id.0), &name, now)?)
}

/// Sets who gets it: readers of any of the topics (slugs), in any of the languages (none for all).
///
/// # Errors
/// `Conflict` when it is no draft; `Invalid` on `topics` and `languages`.
pub fn set_audience(
    db: &mut Db,
    id: CampaignId,
    slugs: &[String],
    languages: &[String],
    actor: &Actor,
    now: At,
) -> Result<(), Error> {
    must_be_draft(db, id)?;
    let first = organisation::store::get(db, now)?.first_language();
    let topics = topics::of_slugs(db, slugs, &first, "topics")?;
    let languages: Result<Vec<Language>, _> = languages.iter().map(|tag| Language::parse(tag)).collect();
    let mut languages = languages.map_err(|error| Error::invalid("languages", error))?;
    languages.sort();
    languages.dedup();
    let languages = languages.iter().map(Language::as_str).collect::<Vec<_>>().join(",");
    let ids: Vec<TopicId> = topics.iter().map(|topic| topic.id).collect();
    store::set_audience(db, id, &ids, &languages, now)?;
    let detail = topics.iter().map(|topic| topic.slug.as_str()).collect::<Vec<_>>().join(", ");
    Ok(audit::record(db, actor, "set the audience", "campaign", Some(id.0), &detail, now)?)
}

/// What happens to a mail of this campaign that may or may not have arrived.
///
/// # Errors
/// `Conflict` when it is no draft; `NotFound`.
pub fn set_doubt(db: &mut Db, id: CampaignId, doubt: Doubt, actor: &Actor, now: At) -> Result<(), Error> {
    must_be_draft(db, id)?;
    store::set_doubt(db, id, doubt, now)?;
    Ok(audit::record(db, actor, "set what happens in doubt", "campaign", Some(id.0), doubt.as_str(), now)?)
}

/// Deletes a draft with its texts. Answers its name.
///
/// # Errors
/// `Conflict` when it is no draft: what was sent stays on record; `NotFound`.
pub fn delete(db: &mut Db, id: CampaignId, actor: &Actor, now: At) -> Result<String, Error> {
    let campaign = must_be_draft(db, id)?;
    store::delete(db, id)?;
    audit::record(db, actor, "deleted", "campaign", Some(id.0), &campaign.name, now)?;
    Ok(campaign.name)
}

/// Whether a text is still the one that its writer began to change: `seen` is its `updated_at` then, in microseconds.
///
/// # Errors
/// `NotFound` for a language in which the campaign is not written; the database's.
pub fn is_as_seen(db: &mut Db, id: CampaignId, language: &Language, seen: i64) -> Result<bool, Error> {
    let variant = store::variant(db, id, language)?.ok_or(Error::NotFound("language of this campaign"))?;
    Ok(variant.updated_at.micros() == seen)
}

fn must_be_draft(db: &mut Db, id: CampaignId) -> Result<Campaign, Error> {
    let campaign = store::find(db, id)?;
    campaign.must_be_draft()?;
    Ok(campaign)
}
