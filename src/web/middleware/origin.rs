//! Browser writes must come from our own pages. This replaces form tokens: every browser that is in use says where a
//! POST comes from, by `Sec-Fetch-Site` (on https and localhost) or `Origin`.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, Uri};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::app::App;
use crate::web::{Error, paths};

pub async fn check(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let own = request.app_data::<Data<App>>().map(|app| app.config.web.public_url.origin().ascii_serialization());
    let allowed = exempt(request.method(), request.path())
        || comes_from_us(request.headers(), request.path(), own.as_deref().unwrap_or(""));
    match allowed {
        true => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        false => Ok(request.error_response(Error::ForeignOrigin)),
    }
}

/// Reads; one-click unsubscribing, which mail providers post (RFC 8058); webhooks. They take no cookie and are
/// authenticated by token or signature. (The API of the sandbox's Stripe is not among them: its key is no secret, and
/// programs send no origin. A foreign page in a developer's browser does.)
fn exempt(method: &Method, path: &str) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
        || path.starts_with("/unsubscribe/")
        || path.starts_with("/webhooks/")
}

fn comes_from_us(headers: &HeaderMap, path: &str, own: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text("sec-fetch-site").map(|site| matches!(site, "same-origin" | "none"));
    let origin = text(header::ORIGIN.as_str()).map(|origin| match origin {
        // What a token page's form says, because that page sends no referrer; the token is the right to post.
        "null" => site == Some(true) || (site.is_none() && paths::carries_token(path) && !paths::is_staff(path)),
        origin => origin == own || same_host(origin, text(header::HOST.as_str())),
    });
    match (site, origin) {
        (None, None) => !paths::is_staff(path),
        (site, origin) => site.unwrap_or(true) && origin.unwrap_or(true),
    }
}

/// One server is often known by two names (127.0.0.1, localhost); a foreign page cannot choose the `Host` that is asked.
fn same_host(origin: &str, host: Option<&str>) -> bool {
    let origin: Option<Uri> = origin.parse().ok();
    let authority = origin.as_ref().and_then(Uri::authority).map(|authority| authority.as_str());
    authority.is_some() && authority == host
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn post(path: &str, pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        comes_from_us(&headers, path, "https://news.example.org")
    }

    #[test]
    fn foreign_pages_are_refused() {
        let own = ("origin", "https://news.example.org");
        let foreign = ("origin", "https://evil.example");
        assert!(post("/staff/login", &[own]));
        assert!(post("/staff/login", &[("sec-fetch-site", "same-origin")]));
        assert!(!post("/staff/login", &[]), "staff forms must say where they come from");
        assert!(!post("/staff/login", &[foreign]));
        assert!(!post("/staff/login", &[("sec-fetch-site", "cross-site")]));
        assert!(!post("/staff/login", &[("sec-fetch-site", "same-site")]));
        assert!(!post("/staff/login", &[("origin", "null")]));
        assert!(!post("/staff/login", &[own, ("sec-fetch-site", "cross-site")]));
        assert!(post("/subscribe", &[]), "programs send neither");
        assert!(!post("/subscribe", &[foreign]));
        assert!(!post("/subscribe", &[("origin", "null")]));
        assert!(post("/confirm/abc", &[("origin", "null")]));
        assert!(post("/subscribe", &[("origin", "http://localhost:8080"), ("host", "localhost:8080")]));
        assert!(!post("/subscribe", &[foreign, ("host", "news.example.org")]));
    }

    #[test]
    fn one_click_and_webhooks_are_for_machines() {
        assert!(exempt(&Method::POST, "/unsubscribe/abc") && exempt(&Method::POST, "/webhooks/stripe"));
        assert!(!exempt(&Method::POST, "/preferences/abc") && !exempt(&Method::DELETE, "/api/v1/x"));
    }
}
