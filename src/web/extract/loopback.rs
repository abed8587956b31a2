//! Doors that open only to the machine itself: the sandbox, the metrics.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

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
}
