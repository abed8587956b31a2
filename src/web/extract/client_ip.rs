//! Who the visitor is, as far as the network tells: what limits are kept by.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Once;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use ipnet::IpNet;

use crate::app::App;

/// The visitor's address; nothing when it cannot be known (then all such visitors share one wide limit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientIp(pub Option<IpAddr>);

impl FromRequest for ClientIp {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

impl ClientIp {
    pub fn of(request: &HttpRequest) -> Self {
        let trusted = request.app_data::<Data<App>>().map_or(&[][..], |app| &app.config.web.trusted_proxies);
        let peer = request.peer_addr().map(|address| address.ip());
        Self(peer.and_then(|peer| client_ip(peer, request.headers(), trusted)))
    }
}

/// The peer, unless it is a trusted proxy: then the right-most entry of `X-Forwarded-For` that is none.
///
/// A peer on a private address that forwards without being trusted is a proxy that nobody configured. Its own address
/// stands for all readers at once, so it must never be limited: the answer is nothing.
pub fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = peer.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    if !is_trusted(peer) {
        if !forwarded.is_empty() && is_private(peer) {
            warn_once(peer);
            return None;
        }
        return Some(peer);
    }
    for entry in forwarded.iter().rev() {
        match address(entry) {
            Some(address) if is_trusted(address) => {}
            // What a stranger wrote to the left of it proves nothing; a word that is no address proves as little.
            other => return other,
        }
    }
    // The proxy itself asks (a health check), or it was told to hide everybody.
    None
}

/// `203.0.113.9`, `203.0.113.9:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let plain = text.parse::<IpAddr>().or_else(|_| text.parse::<std::net::SocketAddr>().map(|socket| socket.ip()));
    plain.or_else(|_| text.trim_matches(['[', ']']).parse()).ok().map(|address: IpAddr| address.to_canonical())
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

fn warn_once(peer: IpAddr) {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            %peer,
            "requests come through a proxy that PLEDGEPOST_TRUSTED_PROXIES does not name; no limit per visitor is kept"
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn ask(peer: &str, forwarded: &[&str], trusted: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(value).unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        client_ip(peer.parse().unwrap(), &headers, &trusted).map(|address| address.to_string())
    }
    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn the_header_counts_only_from_trusted_proxies() {
        let proxies = &["10.0.0.0/8"][..];
        assert_eq!(ask("198.51.100.7", &[], &[]), some("198.51.100.7"));
        assert_eq!(ask("198.51.100.7", &["203.0.113.9"], proxies), some("198.51.100.7"), "a stranger's word");
        assert_eq!(ask("10.0.0.1", &["203.0.113.9"], proxies), some("203.0.113.9"));
        assert_eq!(ask("10.0.0.1", &["1.2.3.4, 203.0.113.9, 10.0.0.2"], proxies), some("203.0.113.9"));
        assert_eq!(ask("10.0.0.1", &["1.2.3.4", "203.0.113.9"], proxies), some("203.0.113.9"), "several headers");
        assert_eq!(ask("10.0.0.1", &["[2001:db8::1]:4711"], proxies), some("2001:db8::1"));
        assert_eq!(ask("10.0.0.1", &["unknown"], proxies), None);
        assert_eq!(ask("::ffff:10.0.0.1", &["203.0.113.9"], proxies), some("203.0.113.9"));
    }

    #[test]
    fn a_proxy_nobody_configured_is_not_limited() {
        assert_eq!(ask("127.0.0.1", &["203.0.113.9"], &[]), None);
        assert_eq!(ask("172.17.0.1", &["203.0.113.9"], &[]), None);
        assert_eq!(ask("127.0.0.1", &[], &[]), some("127.0.0.1"));
    }
}
