//! The one place that turns errors into a page or JSON. What went wrong inside is for the log alone.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::json;

use super::request_id::RequestId;
use crate::app::App;
use crate::error::{Error as Feature, FieldError};
use crate::values::Language;
use crate::web::extract::PublicPage;
use crate::web::{Error, Pages, Visit, paths};

pub async fn render(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let answer = next.call(request).await?.map_into_boxed_body();
    let status = answer.status();
    let Some(error) = answer.response().error().filter(|_| status.as_u16() >= 400) else { return Ok(answer) };
    let failure = Failure::of(status, error);
    let request_id = answer.request().extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    if status.is_server_error() {
        let path = paths::masked(answer.request().path()).into_owned();
        tracing::error!(status = status.as_u16(), path, request = request_id, error = failure.cause, "request failed");
    }
    let mut page = match wants_json(answer.request()) {
        true => failure.json(status),
        false => failure.page(answer.request(), status, request_id).await,
    };
    for (name, value) in answer.headers() {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            page.headers_mut().append(name.clone(), value.clone());
        }
    }
    Ok(ServiceResponse::new(answer.request().clone(), page))
}

/// What of an error the visitor may see, and what the log must.
struct Failure {
    /// The stem of its texts: `web-error-<stem>-title`, `-text`.
    stem: &'static str,
    /// In place of the text.
    words: Vec<String>,
    fields: Vec<FieldError>,
    cause: String,
}

impl Failure {
    fn of(status: StatusCode, error: &actix_web::Error) -> Self {
        let stem = match status.as_u16() {
            403 => "403",
            404 | 405 => "404",
            409 => "409",
            413 => "413",
            422 => "422",
            429 => "429",
            503 => "503",
            // 400 itself, and what nobody here says.
            400..500 => "400",
            _ => "500",
        };
        let mut failure = Self { stem, words: Vec::new(), fields: Vec::new(), cause: error.to_string() };
        match error.as_error::<Error>() {
            Some(Error::ForeignOrigin) => failure.stem = "foreign",
            Some(Error::Feature(Feature::Conflict(words))) => failure.words.push(words.clone()),
            Some(Error::Feature(Feature::Invalid(fields))) => {
                failure.words = fields.iter().map(|error| error.message.clone()).collect();
                failure.fields.clone_from(fields);
            }
            Some(Error::Feature(Feature::Internal(cause) | Feature::Unavailable(cause))) => {
                failure.cause = format!("{cause:#}");
            }
            _ => {}
        }
        failure
    }

    fn json(&self, status: StatusCode) -> HttpResponse {
        let message = match self.words.is_empty() {
            true => status.canonical_reason().unwrap_or("Error").to_owned(),
            false => self.words.join("; "),
        };
        HttpResponse::build(status).json(json!({ "error": { "message": message, "fields": self.fields } }))
    }

    async fn page(&self, request: &HttpRequest, status: StatusCode, request_id: String) -> HttpResponse {
        let plain = || HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(status.to_string());
        let (app, pages) = (request.app_data::<Data<App>>().cloned(), request.app_data::<Data<Pages>>().cloned());
        let (Some(app), Some(pages)) = (app, pages) else { return plain() };
        let visit = Visit::of(request);
        let mut page = match PublicPage::load(app.clone(), pages.clone(), visit.clone()).await {
            Ok(page) => page,
            Err(_) => PublicPage::bare(app, pages, visit),
        };
        page.meta.noindex = true;
        // Staff pages are in English, and readers' frame has no way back to them.
        let staff = paths::is_staff(request.path());
        if staff {
            page.language = Language::english();
        }
        let template = if staff { "staff/error" } else { "public/error" };
        let title = page.t(&format!("web-error-{}-title", self.stem), &[]);
        let text = page.t(&format!("web-error-{}-text", self.stem), &[]);
        let data = ErrorPage {
            title: &title,
            paragraphs: if self.words.is_empty() { vec![text] } else { self.words.clone() },
            code: status.as_u16(),
            request_id: status.is_server_error().then_some(request_id),
        };
        page.render_with(status, template, &title, &data).unwrap_or_else(|error| {
            tracing::error!(error = format!("{error:?}"), "the error page cannot be rendered");
            plain()
        })
    }
}

#[derive(Serialize)]
struct ErrorPage<'a> {
    title: &'a str,
    paragraphs: Vec<String>,
    code: u16,
    request_id: Option<String>,
}

fn wants_json(request: &HttpRequest) -> bool {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let (accept, sent) = (text(header::ACCEPT), text(header::CONTENT_TYPE));
    let speaks_json = accept.contains("application/json") || sent.starts_with("application/json");
    request.path().starts_with("/api/") || (speaks_json && !accept.contains("text/html"))
}
