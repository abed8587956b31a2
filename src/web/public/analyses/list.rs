//! `/analyses`: all published analyses, by topic and language.

use actix_web::web::Data;
use serde::{Deserialize, Serialize};

use super::view::{Card, Reader, TopicLink};
use crate::analyses::read::{Filter, Listed, published};
use crate::app::App;
use crate::error::Error;
use crate::i18n::Texts;
use crate::subscribers::topics::{self, Topic};
use crate::values::{Page, PageRequest, TopicId};
use crate::web::Answer;
use crate::web::extract::{PublicPage, Query};
use crate::web::pager::Pager;

const PER_PAGE: i64 = 10;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    page: String,
    lang: String,
    topic: String,
    /// `all=1` beside `lang`: the page in that language, but analyses in every language.
    all: String,
}

#[derive(Serialize)]
struct List {
    heading: String,
    lead: String,
    topics: Vec<TopicLink>,
    count: String,
    switch_href: Option<String>,
    switch_label: String,
    rows: Vec<Card>,
    pager: Pager,
    empty_heading: String,
    empty_text: String,
    empty_href: String,
    empty_label: String,
}

/// `GET /analyses[?page=&lang=&topic=]`
pub async fn list(page: PublicPage, app: Data<App>, Query(query): Query<ListQuery>) -> Answer {
    let language = page.language.clone();
    let wanted = [language.clone(), page.organisation.first_language()];
    let chosen = !query.lang.is_empty();
    let only = (chosen && query.all.is_empty()).then(|| language.clone());
    let (request, slug) = (PageRequest::new(query.page.parse().ok(), PER_PAGE), query.topic.clone());
    let (topics, found) = app
        .db
        .read(move |db| {
            let topics = topics::list(db, &language)?;
            // An unknown topic has no analyses; no row has the number 0.
            let topic = (!slug.is_empty()).then(|| topic_of(&topics, &slug).map_or(TopicId(0), |topic| topic.id));
            let found = published(db, &Filter { language: only, topic }, &wanted, request)?;
            Ok::<_, Error>((topics, found))
        })
        .await?;
    let reader = Reader { language: &page.language, topics: &topics, chosen };
    let list = view(&reader, &query, &found);
    let title = match request.number {
        1 => list.heading.clone(),
        number => Texts::get().t(
            reader.language,
            "analyses-page",
            &[("title", list.heading.as_str().into()), ("page", number.to_string().into())],
        ),
    };
    page.render("public/analyses/list", &title, &list)
}

fn topic_of<'a>(topics: &'a [Topic], slug: &str) -> Option<&'a Topic> {
    topics.iter().find(|topic| topic.slug.as_str() == slug)
}

fn view(reader: &Reader<'_>, query: &ListQuery, found: &Page<Listed>) -> List {
    let (texts, language) = (Texts::get(), reader.language);
    let t = |key: &str| texts.t(language, key, &[]);
    let every = !query.all.is_empty();
    let topic = topic_of(reader.topics, &query.topic);
    let count_key = if reader.chosen && !every { "analyses-in-language" } else { "analyses-count" };
    let everywhere = reader.link("/analyses", &[]);
    List {
        heading: topic.map_or_else(|| t("analyses-title"), |topic| topic.name.clone()),
        lead: match topic {
            Some(topic) => topic.description.clone(),
            None => t("analyses-lead"),
        },
        topics: choices(reader, query, every),
        count: texts.t(language, count_key, &[("count", found.total.into())]),
        switch_href: reader.chosen.then(|| list_href(reader, &query.topic, !every, 1)),
        switch_label: t(if every { "analyses-this-language" } else { "analyses-every-language" }),
        rows: reader.cards(&found.rows),
        pager: Pager::new(found, |number| list_href(reader, &query.topic, every, number)),
        empty_heading: t("analyses-empty"),
        empty_text: t("analyses-empty-text"),
        empty_href: everywhere,
        empty_label: t("analyses-empty-link"),
    }
}

fn choices(reader: &Reader<'_>, query: &ListQuery, every: bool) -> Vec<TopicLink> {
    if reader.topics.is_empty() {
        return Vec::new();
    }
    let all = TopicLink {
        name: Texts::get().t(reader.language, "analyses-all-topics", &[]),
        href: list_href(reader, "", every, 1),
        current: query.topic.is_empty(),
    };
    let one = |topic: &Topic| TopicLink {
        name: topic.name.clone(),
        href: list_href(reader, topic.slug.as_str(), every, 1),
        current: topic.slug.as_str() == query.topic,
    };
    std::iter::once(all).chain(reader.topics.iter().map(one)).collect()
}

fn list_href(reader: &Reader<'_>, topic: &str, every: bool, page: i64) -> String {
    let number = page.to_string();
    let mut parameters = Vec::new();
    if !topic.is_empty() {
        parameters.push(("topic", topic));
    }
    if every {
        parameters.push(("all", "1"));
    }
    if page > 1 {
        parameters.push(("page", number.as_str()));
    }
    reader.link("/analyses", &parameters)
}
