//! Names each request and writes one line about it to the log, without what its path may hold as a secret.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};

use crate::values::random_token;
use crate::web::paths;

/// What the visitor can name when writing to us about a failure.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

pub async fn log<B: MessageBody>(mut request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let begun = Instant::now();
    let id: String = random_token().unwrap_or_default().chars().take(16).collect();
    request.extensions_mut().insert(RequestId(id.clone()));
    let (method, path) = (request.method().clone(), paths::masked(request.path()).into_owned());
    // Answered like GET; the server leaves the body out, because it knows what was asked.
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let mut answer = next.call(request).await?;
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    let (status, took) = (answer.status().as_u16(), begun.elapsed());
    metrics::counter!("pledgepost_http_requests_total", "status" => status.to_string()).increment(1);
    metrics::histogram!("pledgepost_http_seconds").record(took.as_secs_f64());
    // Files and probes would drown the rest.
    let quiet = path.starts_with("/assets/") || path.starts_with("/health/") || path == "/metrics";
    match quiet && status < 400 {
        true => tracing::debug!(%method, path, status, ms = took.as_millis(), request = id, "request"),
        false => tracing::info!(%method, path, status, ms = took.as_millis(), request = id, "request"),
    }
    Ok(answer)
}
