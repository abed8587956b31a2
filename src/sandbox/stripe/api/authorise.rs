//! Whether a request may be answered at all: its key and the version that it speaks.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use data_encoding::BASE64;

use crate::sandbox::stripe::API_VERSION;
use crate::sandbox::stripe::fault::ApiError;

/// Versions that the sandbox's objects have the shape of.
const VERSIONS: [&str; 2] = [API_VERSION, "2026-10-28.endive"];

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The version that the request asked for, or the account's own.
pub fn asked_for(headers: &HeaderMap) -> String {
    header(headers, "stripe-version").unwrap_or(API_VERSION).to_owned()
}

pub fn check(headers: &HeaderMap) -> Result<(), ApiError> {
    let refused = |said: &str| Err(ApiError::invalid(said).status(401).before());
    let given = header(headers, AUTHORIZATION.as_str()).unwrap_or_default();
    let key = match given.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim().to_owned(),
        Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => {
            let pair = BASE64.decode(pair.trim().as_bytes()).ok().and_then(|pair| String::from_utf8(pair).ok());
            pair.unwrap_or_default().split(':').next().unwrap_or_default().to_owned()
        }
        _ => String::new(),
    };
    if key.is_empty() {
        return refused(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using \
             Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        );
    }
    if !["sk_test_", "rk_test_"].iter().any(|prefix| key.starts_with(prefix)) {
        let shown: String = key.chars().take(8).collect();
        return refused(&format!("Invalid API Key provided: {shown}****"));
    }
    match header(headers, "stripe-version") {
        Some(version) if !VERSIONS.contains(&version) => Err(ApiError::invalid(format!(
            "Invalid Stripe API version: {version}. The sandbox speaks {}.",
            VERSIONS.join(" and ")
        ))
        .before()),
        _ => Ok(()),
    }
}
