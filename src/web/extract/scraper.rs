//! Who may ask for `/metrics`: this machine, and whoever has the token.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use aws_lc_rs::constant_time;
use secrecy::ExposeSecret;

use super::{ClientIp, is_loopback};
use crate::app::App;
use crate::web::Error;
use crate::web::middleware::limit::Limits;

/// The request comes from this machine, or carries `PLEDGEPOST_METRICS_TOKEN` as a bearer token (RFC 6750 section 2.1).
/// Others are told that there is no such page.
#[derive(Debug, Clone, Copy)]
pub struct Scraper;

impl FromRequest for Scraper {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(check(request).map(|()| Self))
    }
}

fn check(request: &HttpRequest) -> Result<(), Error> {
    if is_loopback(request) {
        return Ok(());
    }
    let Some(given) = bearer(request) else { return Err(Error::not_found("page")) };
    let wanted = request.app_data::<Data<App>>().and_then(|app| app.config.web.metrics_token.as_ref());
    let fits = |wanted: &str| constant_time::verify_slices_are_equal(given, wanted.as_bytes()).is_ok();
    if wanted.is_some_and(|wanted| fits(wanted.expose_secret())) {
        return Ok(());
    }
    tracing::warn!("somebody asked for /metrics with a token that is not PLEDGEPOST_METRICS_TOKEN");
    too_many(request)?;
    Err(Error::not_found("page"))
}

fn bearer(request: &HttpRequest) -> Option<&[u8]> {
    let (scheme, token) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim().as_bytes())
}

/// Nobody is to try tokens one after the other.
fn too_many(request: &HttpRequest) -> Result<(), Error> {
    let Some(limits) = request.app_data::<Data<Limits>>() else { return Ok(()) };
    limits.refused_machine(ClientIp::of(request)).map_err(|wait| Error::TooMany { wait })
}
