//! What a form or a program sent in the body, at most a megabyte (`server.rs`).

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use crate::web::Error;

/// An HTML form's fields; repeated keys become a `Vec` (give such fields `#[serde(default)]`).
#[derive(Debug, Clone)]
pub struct Form<T>(pub T);

/// As [`Form`], or the same as JSON.
#[derive(Debug, Clone)]
pub struct FormOrJson<T> {
    pub value: T,
    /// The sender is a program: answer it as one.
    pub is_json: bool,
}

impl<T> Form<T> {
    pub fn into_inner(self) -> T {
        self.0
    }
}
impl<T> Deref for Form<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

fn body(request: &HttpRequest, payload: &mut Payload) -> impl Future<Output = Result<Bytes, Error>> + use<> {
    let bytes = Bytes::from_request(request, payload);
    async move {
        bytes.await.map_err(|error| match error.as_response_error().status_code().as_u16() {
            413 => Error::TooLarge,
            _ => Error::Unreadable(error.to_string()),
        })
    }
}

fn parse_form<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    serde_html_form::from_bytes(bytes).map_err(|error| Error::Unreadable(error.to_string()))
}

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = request.content_type().to_owned();
        let body = body(request, payload);
        Box::pin(async move {
            // A browser sends other types across sites only after asking; an empty body has none.
            let bytes = body.await?;
            match kind.as_str() {
                "application/x-www-form-urlencoded" => parse_form(&bytes).map(Self),
                "" if bytes.is_empty() => parse_form(&bytes).map(Self),
                _ => Err(Error::Unreadable(format!("a form is expected, not {kind:?}"))),
            }
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for FormOrJson<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let header = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let is_json = header.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        let form = (!is_json).then(|| Form::<T>::from_request(request, payload));
        let body = is_json.then(|| body(request, payload));
        Box::pin(async move {
            let value = match (form, body) {
                (Some(form), _) => form.await?.0,
                (None, Some(body)) => {
                    serde_json::from_slice(&body.await?).map_err(|error| Error::Unreadable(error.to_string()))?
                }
                (None, None) => return Err(Error::Unreadable("no body".into())),
            };
            Ok(Self { value, is_json })
        })
    }
}
