//! What every page is made of: the frame's facts around the page's own data (`d`). The contract with the templates is
//! in `templates/README.md`.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde::{Deserialize, Serialize};

use super::{Answer, Error, Pages, Visit};
use crate::app::App;
use crate::config::Mode;
use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::organisation::Organisation;
use crate::subscribers::{Topic, topics};
use crate::values::Language;

/// One line on top of the next page: what was done, or what to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// `ok`, `warn`, `danger` or `info`.
    pub kind: String,
    pub text: String,
}

impl Notice {
    fn new(kind: &str, text: impl Into<String>) -> Self {
        Self { kind: kind.into(), text: text.into() }
    }
    pub fn ok(text: impl Into<String>) -> Self {
        Self::new("ok", text)
    }
    pub fn info(text: impl Into<String>) -> Self {
        Self::new("info", text)
    }
    pub fn warn(text: impl Into<String>) -> Self {
        Self::new("warn", text)
    }
    pub fn danger(text: impl Into<String>) -> Self {
        Self::new("danger", text)
    }
}

/// A result page: a heading, some sentences, perhaps a way on. Already in the reader's language.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Message {
    pub title: String,
    pub paragraphs: Vec<String>,
    pub kind: Option<&'static str>,
    pub link_href: Option<String>,
    pub link_label: Option<String>,
}

impl Message {
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }
    /// `ok`, `warn`, `danger` or `info`: the sign before the heading.
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = Some(kind);
        self
    }
    pub fn paragraph(mut self, text: impl Into<String>) -> Self {
        self.paragraphs.push(text.into());
        self
    }
    pub fn link(mut self, href: impl Into<String>, label: impl Into<String>) -> Self {
        (self.link_href, self.link_label) = (Some(href.into()), Some(label.into()));
        self
    }
}

/// What a page may say of itself to browsers and search engines.
#[derive(Debug, Clone, Default)]
pub struct Meta {
    pub description: Option<String>,
    pub noindex: bool,
    /// An absolute link.
    pub canonical: Option<String>,
    /// For browsers without script: seconds, and where to look again (`10;url=/…`).
    pub refresh: Option<String>,
}

/// A topic in the sign-up form.
#[derive(Debug, Clone, Serialize)]
pub struct TopicChoice {
    pub slug: String,
    pub name: String,
}

/// The topics of the sign-up form, in the reader's language.
///
/// # Errors
/// The database's.
pub fn signup_topics(db: &mut Db, language: &Language) -> Result<Vec<TopicChoice>, FeatureError> {
    let choice = |topic: Topic| TopicChoice { slug: topic.slug.to_string(), name: topic.name };
    Ok(topics::list(db, language)?.into_iter().map(choice).collect())
}

#[derive(Serialize)]
pub(super) struct PageFacts<'a> {
    title: &'a str,
    lang: &'a str,
    dir: &'static str,
    description: Option<&'a str>,
    path: &'a str,
    sandbox: bool,
    rehearsal: bool,
    noindex: bool,
    canonical: Option<&'a str>,
    refresh: Option<&'a str>,
}

#[derive(Serialize)]
struct OrganisationFacts<'a> {
    name: &'a str,
    legal_name: &'a str,
    postal_address: String,
    imprint_url: &'a str,
    privacy_url: &'a str,
    leave_url: &'a str,
}

#[derive(Serialize)]
struct LanguageLink {
    code: String,
    name: String,
    url: String,
    current: bool,
}

#[derive(Serialize)]
struct Context<'a, S, D> {
    page: PageFacts<'a>,
    org: OrganisationFacts<'a>,
    languages: Vec<LanguageLink>,
    topics: &'a [TopicChoice],
    giving: bool,
    staff: Option<&'a S>,
    notice: Option<&'a Notice>,
    d: &'a D,
}

/// Everything around a page's own data.
pub(super) struct Frame<'a, S> {
    pub app: &'a App,
    pub pages: &'a Pages,
    pub visit: &'a Visit,
    pub language: &'a Language,
    pub organisation: &'a Organisation,
    pub topics: &'a [TopicChoice],
    /// Whether gifts are taken.
    pub giving: bool,
    pub meta: &'a Meta,
    pub staff: Option<&'a S>,
    pub notice: Option<&'a Notice>,
}

impl<S: Serialize> Frame<'_, S> {
    pub fn render(&self, status: StatusCode, template: &str, title: &str, data: &impl Serialize) -> Answer {
        let organisation = self.organisation;
        let link = |language: &Language| LanguageLink {
            code: language.as_str().into(),
            name: language.own_name().into(),
            url: self.visit.in_language(language),
            current: language == self.language,
        };
        let context = Context {
            page: PageFacts {
                title,
                lang: self.language.as_str(),
                dir: self.language.dir(),
                description: self.meta.description.as_deref(),
                path: &self.visit.path,
                sandbox: self.app.config.mode == Mode::Sandbox,
                rehearsal: self.app.config.mode == Mode::Rehearsal,
                noindex: self.meta.noindex,
                canonical: self.meta.canonical.as_deref(),
                refresh: self.meta.refresh.as_deref(),
            },
            org: OrganisationFacts {
                name: &organisation.name,
                legal_name: if organisation.legal_name.is_empty() {
                    &organisation.name
                } else {
                    &organisation.legal_name
                },
                postal_address: organisation.postal_address_lines().join(", "),
                imprint_url: &organisation.imprint_url,
                privacy_url: &organisation.privacy_url,
                leave_url: &organisation.leave_url,
            },
            languages: organisation.languages().iter().map(link).collect(),
            topics: self.topics,
            giving: self.giving,
            staff: self.staff,
            notice: self.notice,
            d: data,
        };
        let body = self.pages.render(self.language, template, &context).map_err(Error::internal)?;
        Ok(HttpResponse::build(status)
            .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((header::CONTENT_LANGUAGE, self.language.as_str().to_owned()))
            .body(body))
    }
}
