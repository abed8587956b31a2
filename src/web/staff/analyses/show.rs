//! `/staff/analyses/{id}`: one analysis, its languages and what happened to it.

use actix_web::web::{Data, Path};
use serde::Serialize;

use super::list::state_badge;
use super::{Fact, Whole, names};
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::error::Error;
use crate::i18n::Texts;
use crate::staff::Permission;
use crate::values::{Language, PageRequest};
use crate::web::Answer;
use crate::web::extract::{Staff, permit};
use crate::web::public::analyses::view::countries;
use crate::web::staff::moment;

#[derive(Serialize)]
struct Show {
    may_write: bool,
    title: String,
    state: &'static str,
    state_kind: &'static str,
    published: bool,
    public_href: Option<String>,
    campaign_href: String,
    publish_href: String,
    unpublish_href: String,
    delete_href: String,
    details_href: String,
    translations: Vec<Row>,
    history: Vec<Event>,
    facts: Vec<Fact>,
}

#[derive(Serialize)]
struct Row {
    href: Option<String>,
    name: String,
    lang: Language,
    title: String,
    state: &'static str,
    kind: &'static str,
    changed: String,
}

#[derive(Serialize)]
struct Event {
    title: String,
    time: String,
    datetime: String,
    text: String,
}

/// `GET /staff/analyses/{id}`
pub async fn show(staff: Staff<permit::Read>, app: Data<App>, id: Path<i64>) -> Answer {
    let id = id.into_inner();
    let (whole, entries) = app
        .db
        .read(move |db| {
            let entries = audit::list(db, Some(("analysis", id)), PageRequest::new(None, 20))?;
            Ok::<_, Error>((Whole::load(db, id)?, entries.rows))
        })
        .await?;
    staff.render("staff/analyses/show", whole.title(), &view(&staff, &whole, &entries))
}

fn view(staff: &Staff<permit::Read>, whole: &Whole, entries: &[AuditEntry]) -> Show {
    let (analysis, path) = (&whole.analysis, whole.path());
    let (state, state_kind) = state_badge(analysis.state);
    let may_write = staff.may(Permission::Analyses);
    Show {
        may_write,
        title: whole.title().to_owned(),
        state,
        state_kind,
        published: analysis.is_published(),
        public_href: analysis.is_published().then(|| format!("/analyses/{}", analysis.slug)),
        campaign_href: format!("/staff/campaigns/new?analysis={}", analysis.id),
        publish_href: format!("{path}/publish"),
        unpublish_href: format!("{path}/unpublish"),
        delete_href: format!("{path}/delete"),
        details_href: format!("{path}/details"),
        translations: rows(staff, whole, may_write),
        history: entries.iter().map(|entry| event(staff, entry)).collect(),
        facts: facts(staff, whole),
    }
}

/// What is written, then what the organisation's readers would still need.
fn rows(staff: &Staff<permit::Read>, whole: &Whole, may_write: bool) -> Vec<Row> {
    let href = |language: &Language| may_write.then(|| format!("{}/text/{language}", whole.path()));
    let written = whole.translations.iter().map(|text| {
        let (state, kind) = match (text.is_complete(), whole.analysis.is_published()) {
            (true, true) => ("Public", "ok"),
            (true, false) => ("Complete", "info"),
            (false, _) => ("Unfinished", "warn"),
        };
        Row {
            href: href(&text.language),
            name: text.language.own_name().to_owned(),
            lang: text.language.clone(),
            title: text.title.clone(),
            state,
            kind,
            changed: moment(text.updated_at, staff.zone()),
        }
    });
    let missing = staff.organisation.languages().into_iter().filter(|language| whole.text(language).is_none());
    let missing = missing.map(|language| Row {
        href: href(&language),
        name: language.own_name().to_owned(),
        title: String::new(),
        state: "Not written",
        kind: "neutral",
        changed: String::new(),
        lang: language,
    });
    written.chain(missing).collect()
}

fn facts(staff: &Staff<permit::Read>, whole: &Whole) -> Vec<Fact> {
    let (analysis, english) = (&whole.analysis, Language::english());
    let texts = Texts::get();
    let own = whole.topics.iter().filter(|topic| whole.own_topics.contains(&topic.id));
    let topics = own.map(|topic| topic.name.clone()).collect::<Vec<_>>().join(", ");
    let countries = countries(&english, &analysis.country_codes()).join(", ");
    let or_none = |text: String| if text.is_empty() { "None".to_owned() } else { text };
    let mut facts = vec![
        Fact { term: "Address", value: format!("/analyses/{}", analysis.slug) },
        Fact { term: "Date", value: texts.date(&english, analysis.day()) },
        Fact { term: "Topics", value: or_none(topics) },
        Fact { term: "Countries", value: or_none(countries) },
        Fact { term: "Languages", value: names(whole.translations.iter().map(|text| text.language.clone())) },
    ];
    if let Some(at) = analysis.published_at {
        facts.push(Fact { term: "First published", value: moment(at, staff.zone()) });
    }
    facts
}

fn event(staff: &Staff<permit::Read>, entry: &AuditEntry) -> Event {
    let mut title = entry.action.clone();
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Event {
        title: format!("{title} by {}", entry.actor),
        time: moment(entry.at, staff.zone()),
        datetime: entry.at.rfc3339(),
        text: entry.detail.clone(),
    }
}
