//! What the pages behind a mailed link share.

use actix_web::http::StatusCode;
use serde::Serialize;

use crate::error::Error;
use crate::web::extract::PublicPage;
use crate::web::{Answer, Message};

/// A page with one question and some buttons.
#[derive(Debug, Serialize)]
pub struct Ask {
    pub title: String,
    pub paragraphs: Vec<String>,
    /// A list between paragraphs and buttons.
    pub items: Vec<String>,
    /// Beside the first button; what is recorded when it is pressed.
    pub words: String,
    pub action: String,
    pub buttons: Vec<Button>,
    /// `ok`, `warn`, `info`, or nothing.
    pub kind: Option<&'static str>,
}

/// Posts `action=<value>`.
#[derive(Debug, Serialize)]
pub struct Button {
    pub value: &'static str,
    pub label: String,
    pub variant: &'static str,
}

impl Ask {
    pub fn new(page: &PublicPage, title: String) -> Self {
        Self {
            title,
            paragraphs: Vec::new(),
            items: Vec::new(),
            words: String::new(),
            action: action(page),
            buttons: Vec::new(),
            kind: None,
        }
    }
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = Some(kind);
        self
    }
    pub fn paragraph(mut self, text: String) -> Self {
        self.paragraphs.push(text);
        self
    }
    pub fn items(mut self, items: Vec<String>) -> Self {
        self.items = items;
        self
    }
    pub fn words(mut self, words: String) -> Self {
        self.words = words;
        self
    }
    /// The first one is the primary.
    pub fn button(mut self, value: &'static str, label: String) -> Self {
        let variant = if self.buttons.is_empty() { "primary" } else { "plain" };
        self.buttons.push(Button { value, label, variant });
        self
    }
    /// # Errors
    /// When the template does not fit.
    pub fn render(&self, page: &PublicPage) -> Answer {
        page.render("public/ask", &self.title, self)
    }
}

/// The form posts to the page's own path, in the page's language.
pub fn action(page: &PublicPage) -> String {
    format!("{}?lang={}", page.visit.path, page.language)
}

/// A link that we did not make gets a page that says so; everything else goes its way.
pub fn not_ours(page: &PublicPage, error: Error) -> Answer {
    match error {
        Error::NotFound("link") => {
            let message = Message::new(page.t("link-forged-title", &[]))
                .kind("warn")
                .paragraph(page.t("link-forged-text", &[]))
                .link("/", page.t("link-home", &[]));
            page.message(StatusCode::NOT_FOUND, &message)
        }
        other => Err(other.into()),
    }
}
