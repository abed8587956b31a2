//! The sample organisation *Equal Ground*: the files of `demo/`, read into types and written into a fresh database.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use chrono::{NaiveDate, NaiveTime};
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::analyses::publish::publish;
use crate::analyses::write::{self, DetailsForm, Seen, TextForm};
use crate::audit::Actor;
use crate::db::Db;
use crate::organisation::{self, NameText, OrganisationForm};
use crate::subscribers::topics;
use crate::values::{AnalysisId, At, Language, TopicId};

#[derive(RustEmbed)]
#[folder = "demo/"]
struct Files;

/// Everything in `demo/`.
#[derive(Debug, Clone)]
pub struct Content {
    pub organisation: OrganisationForm,
    pub topics: Vec<DemoTopic>,
    /// The first is the one that the demo publishes before the reader's eyes.
    pub analyses: Vec<DemoAnalysis>,
    pub names: Names,
    /// The letter about the first analysis, by language.
    pub campaign: BTreeMap<Language, Letter>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoTopic {
    pub slug: String,
    /// By language.
    pub name: BTreeMap<Language, String>,
    pub description: BTreeMap<Language, String>,
}

impl DemoTopic {
    fn texts(&self) -> Vec<NameText> {
        let text = |(language, name): (&Language, &String)| NameText {
            language: language.to_string(),
            name: name.clone(),
            description: self.description.get(language).cloned().unwrap_or_default(),
        };
        self.name.iter().map(text).collect()
    }
}

#[derive(Debug, Clone)]
pub struct DemoAnalysis {
    pub details: DetailsForm,
    pub translations: Vec<(Language, TextForm)>,
}

/// Invented names of readers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    pub english: Vec<String>,
    pub russian: Vec<String>,
}

/// A campaign in one language. `ANALYSIS_URL` stands for the address of the analysis.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    pub subject: String,
    pub body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganisationFile {
    name: String,
    legal_name: String,
    postal_address: String,
    registration_number: String,
    tax_number: String,
    imprint_url: String,
    privacy_url: String,
    time_zone: String,
    languages: Vec<String>,
    currencies: Vec<String>,
    from_address: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicsFile {
    topic: Vec<DemoTopic>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    slug: String,
    date: String,
    topics: Vec<String>,
    countries: Vec<String>,
}

impl Content {
    /// Reads the embedded files.
    ///
    /// # Errors
    /// Names the file that cannot be read; a test reads them all.
    pub fn read() -> anyhow::Result<Self> {
        let mut paths: Vec<_> = Files::iter().filter(|path| path.starts_with("analyses/")).collect();
        paths.sort();
        let analyses = paths
            .iter()
            .map(|path| analysis(&file(path)?).with_context(|| format!("demo/{path}")))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self {
            organisation: organisation_form(toml_file("organisation.toml")?),
            topics: toml_file::<TopicsFile>("topics.toml")?.topic,
            analyses,
            names: toml_file("names.toml")?,
            campaign: toml_file("campaign.toml")?,
        })
    }
}

fn file(path: &str) -> anyhow::Result<String> {
    let file = Files::get(path).with_context(|| format!("demo/{path} is not part of this build"))?;
    Ok(String::from_utf8(file.data.into_owned())?)
}

fn toml_file<T: DeserializeOwned>(path: &str) -> anyhow::Result<T> {
    toml::from_str(&file(path)?).with_context(|| format!("demo/{path}"))
}

fn organisation_form(file: OrganisationFile) -> OrganisationForm {
    let fresh = OrganisationForm::from(&organisation::Organisation::fresh(At::from_micros(0)));
    OrganisationForm {
        name: file.name,
        legal_name: file.legal_name,
        postal_address: file.postal_address,
        registration_number: file.registration_number,
        tax_number: file.tax_number,
        imprint_url: file.imprint_url,
        privacy_url: file.privacy_url,
        mail_from: file.from_address,
        time_zone: file.time_zone,
        languages: file.languages.join(","),
        currencies: file.currencies.join(","),
        ..fresh
    }
}

/// `+++`, front matter in TOML, `+++`, then one section per language.
fn analysis(text: &str) -> anyhow::Result<DemoAnalysis> {
    let text = text.strip_prefix("+++\n").context("the file begins with +++")?;
    let (front, rest) = text.split_once("\n+++\n").context("the front matter ends with +++")?;
    let front: FrontMatter = toml::from_str(front)?;
    let translations: Vec<_> = format!("\n{rest}").split("\n=== ").skip(1).map(section).collect::<Result<_, _>>()?;
    if translations.is_empty() {
        bail!("there is no section (=== en)");
    }
    let details =
        DetailsForm { slug: front.slug, date: front.date, countries: front.countries.join(","), topics: front.topics };
    Ok(DemoAnalysis { details, translations })
}

/// `en`, `title: …`, `summary: …`, then Markdown.
fn section(text: &str) -> anyhow::Result<(Language, TextForm)> {
    let mut parts = text.splitn(4, '\n');
    let mut line = |what: &str| parts.next().with_context(|| format!("a section has no {what}"));
    let language = Language::parse(line("language")?).context("a section begins with its language")?;
    let title = line("title")?.strip_prefix("title: ").context("the second line is the title")?;
    let summary = line("summary")?.strip_prefix("summary: ").context("the third line is the summary")?;
    let body = line("text")?;
    Ok((language, TextForm { title: title.into(), summary: summary.into(), body: body.trim().into() }))
}

/// Writes one analysis as a draft.
///
/// # Errors
/// The database's, or what a file says that may not be written.
pub fn draft(
    db: &mut Db,
    analysis: &DemoAnalysis,
    topics: &[(String, TopicId)],
    actor: &Actor,
    now: At,
) -> anyhow::Result<AnalysisId> {
    let details = analysis.details.check(topics)?;
    let mut texts = analysis.translations.iter().map(|(language, form)| form.check(language));
    let first = texts.next().context("an analysis has a translation")??;
    let id = write::create(db, &details, &first, actor, now)?;
    for text in texts {
        write::save_translation(db, id, &text?, Seen::default(), actor, now)?;
    }
    Ok(id)
}

/// Writes the analyses, each published on the day that it bears (but not after `now`).
///
/// # Errors
/// As [`draft`].
pub fn publish_all(
    db: &mut Db,
    analyses: &[DemoAnalysis],
    topics: &[(String, TopicId)],
    actor: &Actor,
    now: At,
) -> anyhow::Result<()> {
    for analysis in analyses {
        let day: NaiveDate = analysis.details.date.parse()?;
        let then = At(day.and_time(NaiveTime::default()).and_utc() + chrono::Duration::hours(9)).min(now);
        let id = draft(db, analysis, topics, actor, then)?;
        publish(db, id, actor, then)?;
    }
    Ok(())
}

/// Writes organisation, topics, and all analyses but the first. Says which topics there are now, by slug.
///
/// # Errors
/// As [`draft`].
pub fn load(db: &mut Db, content: &Content, now: At) -> anyhow::Result<Vec<(String, TopicId)>> {
    let actor = Actor::program();
    organisation::store::save(db, &content.organisation.check(now)?)?;
    let mut known = Vec::new();
    for topic in &content.topics {
        known.push((topic.slug.clone(), topics::add(db, &topic.slug, &topic.texts(), &actor, now)?));
    }
    publish_all(db, content.analyses.get(1..).unwrap_or_default(), &known, &actor, now)?;
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_can_be_read() {
        let content = Content::read().unwrap();
        content.organisation.check(At::from_micros(0)).unwrap();
        assert_eq!(content.topics.len(), 3);
        assert!(content.analyses.len() >= 12);
        let known: Vec<_> = content.topics.iter().map(|topic| (topic.slug.clone(), TopicId(1))).collect();
        for analysis in &content.analyses {
            analysis.details.check(&known).unwrap();
            for (language, text) in &analysis.translations {
                let text = text.check(language).unwrap();
                assert!(!text.summary.is_empty() && !text.body.contains("==="), "{}", text.title);
            }
        }
        let first = &content.analyses[0];
        assert_eq!(first.details.slug, "kazakhstan-domestic-violence-law");
        assert_eq!(first.translations[0].1.title, "Kazakhstan: legislation against domestic violence");
        assert_eq!(first.translations.len(), 2);
        for letter in content.campaign.values() {
            assert!(letter.body.contains("](ANALYSIS_URL)") && letter.body.contains("2024"), "{}", letter.subject);
        }
        assert!(content.names.english.len() > 50 && content.names.russian.len() > 50);
    }
}
