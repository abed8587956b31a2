//! The frame of a reader's page: language, organisation, topics of the sign-up form.

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::Serialize;

use crate::app::App;
use crate::donations::switch;
use crate::error::Error as FeatureError;
use crate::i18n::{Texts, Value};
use crate::organisation::{self, Organisation};
use crate::values::Language;
use crate::web::page::{Frame, Meta, TopicChoice, signup_topics};
use crate::web::{Answer, Error, Message, Pages, Visit};

/// What a public handler renders with.
pub struct PublicPage {
    /// From `?lang=`, else `Accept-Language`, else the organisation's first; always one of the organisation's.
    pub language: Language,
    pub organisation: Organisation,
    pub app: Data<App>,
    /// What the page says of itself; set it before rendering.
    pub meta: Meta,
    pub visit: Visit,
    /// Whether gifts are taken: Stripe is set up, and staff have not closed giving.
    pub giving: bool,
    topics: Vec<TopicChoice>,
    pages: Data<Pages>,
}

impl PublicPage {
    pub(crate) async fn load(app: Data<App>, pages: Data<Pages>, visit: Visit) -> Result<Self, Error> {
        let (now, wishes) = (app.clock.now(), visit.clone());
        let set_up = app.config.stripe.is_some();
        let loaded = app.db.read(move |db| {
            let organisation = organisation::store::get(db, now)?;
            let language = wishes.language(&organisation);
            let topics = signup_topics(db, &language)?;
            let giving = set_up && switch::giving(db, now)?.is_open;
            Ok::<_, FeatureError>((organisation, language, topics, giving))
        });
        let (organisation, language, topics, giving) = loaded.await?;
        Ok(Self { language, organisation, app, meta: Meta::default(), visit, giving, topics, pages })
    }

    /// The frame when even the database is away.
    pub(crate) fn bare(app: Data<App>, pages: Data<Pages>, visit: Visit) -> Self {
        let organisation = Organisation::fresh(app.clock.now());
        let language = visit.language(&organisation);
        Self { language, organisation, app, meta: Meta::default(), visit, giving: false, topics: Vec::new(), pages }
    }

    /// Whether there is anything to sign up for.
    pub fn has_topics(&self) -> bool {
        !self.topics.is_empty()
    }

    /// A text in the reader's language.
    pub fn t(&self, key: &str, args: &[(&str, Value<'_>)]) -> String {
        Texts::get().t(&self.language, key, args)
    }

    /// # Errors
    /// When the template and the data do not fit.
    pub fn render(&self, template: &str, title: &str, data: &impl Serialize) -> Answer {
        self.render_with(StatusCode::OK, template, title, data)
    }

    /// # Errors
    /// As [`PublicPage::render`].
    pub fn render_with(&self, status: StatusCode, template: &str, title: &str, data: &impl Serialize) -> Answer {
        let frame = Frame::<()> {
            app: &self.app,
            pages: &self.pages,
            visit: &self.visit,
            language: &self.language,
            organisation: &self.organisation,
            topics: &self.topics,
            giving: self.giving,
            meta: &self.meta,
            staff: None,
            notice: None,
        };
        let mut answer = frame.render(status, template, title, data)?;
        answer.headers_mut().append(header::VARY, header::HeaderValue::from_static("accept-language"));
        Ok(answer)
    }

    /// A result page.
    ///
    /// # Errors
    /// As [`PublicPage::render`].
    pub fn message(&self, status: StatusCode, message: &Message) -> Answer {
        self.render_with(status, "public/message", &message.title, message)
    }
}

impl FromRequest for PublicPage {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (app, pages) = (request.app_data::<Data<App>>().cloned(), request.app_data::<Data<Pages>>().cloned());
        let visit = Visit::of(request);
        Box::pin(async move {
            let missing = || Error::internal(anyhow::anyhow!("the server has no App or Pages"));
            Self::load(app.ok_or_else(missing)?, pages.ok_or_else(missing)?, visit).await
        })
    }
}
