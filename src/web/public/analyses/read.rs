//! `/analyses/{slug}`: one analysis, set for reading.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};

use super::view::{Card, Reader, TopicLink, address, countries};
use crate::analyses::Translation;
use crate::analyses::read::{self, Filter, Listed, Readable};
use crate::app::App;
use crate::db::Db;
use crate::error::Error;
use crate::i18n::Texts;
use crate::mail::content;
use crate::subscribers::topics;
use crate::values::{Language, PageRequest};
use crate::web::extract::{PublicPage, Query};
use crate::web::{Answer, Message};

/// How many others are offered below.
const RELATED: i64 = 3;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReadQuery {
    lang: String,
}

#[derive(Serialize)]
struct Article {
    day: String,
    date: String,
    countries: Vec<String>,
    lang: Language,
    dir: &'static str,
    title: String,
    summary: String,
    /// From Markdown, cleaned.
    html: String,
    /// The name of the text's language where it is not the page's.
    other_language: Option<String>,
    translations: Vec<LanguageLink>,
    topics: Vec<TopicLink>,
    related: Vec<Card>,
}

#[derive(Serialize)]
struct LanguageLink {
    href: String,
    lang: Language,
    name: String,
    current: bool,
}

/// `GET /analyses/{slug}[?lang=]`
pub async fn read(mut page: PublicPage, app: Data<App>, slug: Path<String>, Query(query): Query<ReadQuery>) -> Answer {
    let language = page.language.clone();
    let wanted = [language.clone(), page.organisation.first_language()];
    let slug = slug.into_inner();
    let found = app
        .db
        .read(move |db| {
            let found = read::by_slug(db, &slug)?;
            Ok::<_, Error>((related(db, &found, &wanted)?, topics::list(db, &language)?, found))
        })
        .await;
    let (related, topics, found) = match found {
        Err(Error::NotFound(_)) => return gone(page),
        other => other?,
    };
    let reader = Reader { language: &page.language, topics: &topics, chosen: !query.lang.is_empty() };
    let wanted = [page.language.clone(), page.organisation.first_language()];
    let text = found.translation(&wanted).ok_or(Error::NotFound("analysis"))?;
    let article = view(&reader, &found, text, &related);
    let canonical = app.config.web.link(&own_address(&found, &text.language));
    page.meta.description = Some(text.summary.clone());
    page.meta.canonical = Some(canonical);
    page.render("public/analyses/read", &text.title, &article)
}

/// By topic; where no other has one of its topics, the newest.
fn related(db: &mut Db, to: &Readable, wanted: &[Language]) -> Result<Vec<Listed>, Error> {
    let request = PageRequest::new(None, RELATED);
    let by_topic = read::related(db, to, wanted, request)?.rows;
    if !by_topic.is_empty() {
        return Ok(by_topic);
    }
    let mut newest = read::published(db, &Filter::default(), wanted, PageRequest::new(None, RELATED + 1))?.rows;
    newest.retain(|one| one.analysis.id != to.analysis.id);
    newest.truncate(usize::try_from(RELATED).unwrap_or_default());
    Ok(newest)
}

fn view(reader: &Reader<'_>, found: &Readable, text: &Translation, related: &[Listed]) -> Article {
    let link = |one: &Translation| LanguageLink {
        href: own_address(found, &one.language),
        lang: one.language.clone(),
        name: one.language.own_name().to_owned(),
        current: one.language == text.language,
    };
    let several = found.translations.len() > 1;
    Article {
        day: found.analysis.date.clone(),
        date: Texts::get().date(reader.language, found.analysis.day()),
        countries: countries(reader.language, &found.analysis.country_codes()),
        lang: text.language.clone(),
        dir: text.language.dir(),
        title: text.title.clone(),
        summary: text.summary.clone(),
        html: content::html(&text.body),
        other_language: (text.language != *reader.language).then(|| text.language.own_name().to_owned()),
        translations: if several { found.translations.iter().map(link).collect() } else { Vec::new() },
        topics: reader.topics(&found.topics),
        related: reader.cards(related),
    }
}

fn own_address(found: &Readable, language: &Language) -> String {
    address(&format!("/analyses/{}", found.analysis.slug), &[("lang", language.as_str())])
}

/// Says the same for a draft and for what never was.
fn gone(mut page: PublicPage) -> Answer {
    page.meta.noindex = true;
    let t = |key: &str| page.t(key, &[]);
    let message = Message::new(t("analysis-gone")).paragraph(t("analysis-gone-text"));
    page.message(StatusCode::NOT_FOUND, &message.link("/analyses", t("analysis-gone-link")))
}
