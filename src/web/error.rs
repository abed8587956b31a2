//! The only error that handlers return. `middleware/error_pages.rs` makes the page or the JSON of it, because only there
//! the visitor's language is known.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::{StatusCode, header};

use crate::error::Error as Feature;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What a feature said.
    #[error(transparent)]
    Feature(#[from] Feature),
    /// A staff page without a session: go to the log-in page and come back to `next`.
    #[error("log in first")]
    LogIn { next: Option<String> },
    /// What was sent cannot be read at all.
    #[error("this request cannot be read: {0}")]
    Unreadable(String),
    #[error("this is too large")]
    TooLarge,
    /// A browser sent a form from another site.
    #[error("this form was sent from another site")]
    ForeignOrigin,
    #[error("too many requests")]
    TooMany { wait: Duration },
}

impl Error {
    pub fn not_found(what: &'static str) -> Self {
        Self::Feature(Feature::NotFound(what))
    }
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::Feature(Feature::internal(cause))
    }
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Feature(Feature::NotFound(_)) => StatusCode::NOT_FOUND,
            Self::Feature(Feature::Invalid(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Feature(Feature::Conflict(_)) => StatusCode::CONFLICT,
            Self::Feature(Feature::Forbidden) | Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::Feature(Feature::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Feature(Feature::Internal(_)) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::LogIn { .. } => StatusCode::SEE_OTHER,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        Self::Feature(error.into())
    }
}
impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Feature(error.into())
    }
}

impl actix_web::ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.status()
    }
    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut answer = HttpResponse::build(self.status());
        match self {
            Self::LogIn { next } => {
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                query.extend_pairs(next.iter().map(|path| ("next", path)));
                let mark = if next.is_some() { "?" } else { "" };
                answer.insert_header((header::LOCATION, format!("/staff/login{mark}{}", query.finish())));
            }
            Self::TooMany { wait } => {
                answer.insert_header((header::RETRY_AFTER, (wait.as_secs() + 1).to_string()));
            }
            _ => {}
        }
        answer.finish()
    }
}
