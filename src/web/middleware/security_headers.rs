//! What browsers are told to refuse.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::app::App;
use crate::web::paths;

const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// The policy of a page whose form ends on one of these hosts (origins), too: browsers hold redirects to it.
///
/// # Errors
/// When a host cannot stand in a header.
pub fn policy_with_forms_to(hosts: &[&str]) -> anyhow::Result<HeaderValue> {
    Ok(HeaderValue::from_str(
        &POLICY.replace("form-action 'self'", &format!("form-action 'self' {}", hosts.join(" "))),
    )?)
}

pub async fn set<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let https = request.app_data::<Data<App>>().is_some_and(|app| app.config.web.is_https());
    let (token, staff) = (paths::carries_token(request.path()), paths::is_staff(request.path()));
    let mut answer = next.call(request).await?;
    let headers = answer.headers_mut();
    // A page with a policy of its own (a mail preview) keeps it.
    add(headers, header::CONTENT_SECURITY_POLICY, POLICY);
    add(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    add(headers, HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()");
    // Under no-referrer browsers write `Origin: null` into a form's POST. A token page's right is in its path, but staff
    // forms are known by their origin (`origin.rs`); same-origin tells other sites just as little.
    let referrer = match (staff, token) {
        (true, _) => "same-origin",
        (false, true) => "no-referrer",
        (false, false) => "strict-origin-when-cross-origin",
    };
    add(headers, header::REFERRER_POLICY, referrer);
    if token || staff {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        add(headers, HeaderName::from_static("x-robots-tag"), "noindex");
    }
    if https {
        add(headers, header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    Ok(answer)
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
