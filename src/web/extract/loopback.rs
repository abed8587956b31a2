//! Doors that open only to the machine itself: the sandbox.

use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::http::uri::Authority;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use crate::app::App;
use crate::web::Error;

/// The request comes from this machine, not through a proxy. Others are told that there is no such page.
#[derive(Debug, Clone, Copy)]
pub struct Loopback;

impl FromRequest for Loopback {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(is_loopback(request).then_some(Self).ok_or_else(|| Error::not_found("page")))
    }
}

/// A proxy on this machine forwards strangers: it says so by its headers.
pub fn is_loopback(request: &HttpRequest) -> bool {
    let forwarded = ["x-forwarded-for", "forwarded", "x-real-ip", "via"];
    request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback())
        && !forwarded.iter().any(|name| request.headers().contains_key(*name))
        && is_asked_by_own_name(request)
}

/// A foreign page can have its own name resolve to this machine (DNS rebinding); the browser then asks from here, but
/// says that name.
fn is_asked_by_own_name(request: &HttpRequest) -> bool {
    let said = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let Some(said) = said else { return true };
    let authority: Option<Authority> = said.parse().ok();
    let host = authority.as_ref().map_or("", Authority::host);
    let own = request.app_data::<Data<App>>().map_or("", |app| app.config.web.host());
    let is_address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    is_address || host == "localhost" || host.ends_with(".localhost") || host == own
}
