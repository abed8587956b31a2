//! What goes wrong: an error that Stripe would answer, or one of ours.

use serde_json::{Map, Value, json};

use crate::error::Error;

/// The body of an error answer, and its status.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiError {
    pub status: u16,
    /// `invalid_request_error`, `card_error`, `idempotency_error`, `api_error`.
    pub kind: &'static str,
    pub code: Option<String>,
    pub param: Option<String>,
    pub message: String,
    /// The request was found wrong before anything was done: an idempotency key may be used again.
    pub before: bool,
}

#[derive(Debug)]
pub enum Fault {
    Stripe(Box<ApiError>),
    Ours(Error),
}

impl ApiError {
    pub fn invalid(message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status: 400, kind: "invalid_request_error", code: None, param: None, message, before: false }
    }
    pub fn code(mut self, code: &str) -> Self {
        self.code = Some(code.into());
        self
    }
    pub fn param(mut self, param: &str) -> Self {
        self.param = Some(param.into());
        self
    }
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }
    /// Marks what is refused before it is begun.
    pub fn before(mut self) -> Self {
        self.before = true;
        self
    }
    /// 404 as Stripe words it: `No such payment_intent: 'pi_1'`.
    pub fn missing(kind: &str, id: &str, param: &str) -> Self {
        let said = kind.rsplit('.').next().unwrap_or(kind);
        let kind = if said == "session" { "checkout.session" } else { said };
        Self::invalid(format!("No such {kind}: '{id}'")).code("resource_missing").param(param).status(404)
    }
    pub fn body(&self, log: &str) -> Value {
        let mut error = Map::new();
        if let Some(code) = &self.code {
            error.insert("code".into(), json!(code));
            error.insert(
                "doc_url".into(),
                json!(format!("https://docs.stripe.com/error-codes#{}", code.replace('_', "-"))),
            );
        }
        error.insert("message".into(), json!(self.message));
        if let Some(param) = &self.param {
            error.insert("param".into(), json!(param));
        }
        error.insert("request_log_url".into(), json!(format!("https://dashboard.stripe.com/test/logs/{log}")));
        error.insert("type".into(), json!(self.kind));
        json!({ "error": error })
    }
}

impl From<ApiError> for Fault {
    fn from(error: ApiError) -> Self {
        Self::Stripe(Box::new(error))
    }
}
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}
impl From<diesel::result::Error> for Fault {
    fn from(error: diesel::result::Error) -> Self {
        Self::Ours(error.into())
    }
}
impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Self::Ours(error.into())
    }
}
/// For the pages, the demo and tests.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Ours(error) => error,
            Fault::Stripe(error) if error.status == 404 => Error::NotFound("object of the sandbox's Stripe"),
            Fault::Stripe(error) => Error::Conflict(error.message),
        }
    }
}
impl Fault {
    pub fn into_error(self) -> Error {
        self.into()
    }
}
