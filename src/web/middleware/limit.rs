//! How often one visitor may knock: `post().to(…).wrap(limit::public_writes())` in `routes.rs`.

use std::future::{Ready, ready};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::web::Data;
use futures_util::future::LocalBoxFuture;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::app::App;
use crate::web::Error;
use crate::web::extract::{ClientIp, client_ip};

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    PublicWrites,
    LogIn,
    Token,
    Giving,
}

/// The counters, shared by all workers of the process.
pub struct Limits {
    public_writes: DefaultKeyedRateLimiter<u64>,
    log_in: DefaultKeyedRateLimiter<u64>,
    token: DefaultKeyedRateLimiter<u64>,
    giving: DefaultKeyedRateLimiter<u64>,
    giving_hourly: DefaultKeyedRateLimiter<u64>,
    /// Machines whose signature or token does not fit.
    refused: DefaultKeyedRateLimiter<u64>,
    /// All visitors who cannot be told apart, together.
    unknown: DefaultKeyedRateLimiter<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        let number = |count: u32| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        let limiter = |count: u32| RateLimiter::dashmap(Quota::per_minute(number(count)));
        // Whole offices and conferences share one address.
        Self {
            public_writes: limiter(30),
            log_in: limiter(20),
            token: limiter(20),
            giving: limiter(10),
            giving_hourly: RateLimiter::dashmap(Quota::per_hour(number(40))),
            refused: limiter(30),
            unknown: limiter(600),
        }
    }
}

impl Limits {
    /// All of them must agree.
    fn of(&self, kind: Kind) -> Vec<&DefaultKeyedRateLimiter<u64>> {
        match kind {
            Kind::PublicWrites => vec![&self.public_writes],
            Kind::LogIn => vec![&self.log_in],
            Kind::Token => vec![&self.token],
            Kind::Giving => vec![&self.giving, &self.giving_hourly],
        }
    }

    /// Forgets who has been quiet; called every minute, or each visitor ever would stay in memory.
    pub fn retain_recent(&self) {
        let all = [
            &self.public_writes,
            &self.log_in,
            &self.token,
            &self.giving,
            &self.giving_hourly,
            &self.refused,
            &self.unknown,
        ];
        for limiter in all {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }

    /// Counts a webhook or a token that was refused; how long to wait when there were too many. A proxy that stands for
    /// everybody is not counted.
    pub fn refused_machine(&self, visitor: ClientIp) -> Result<(), Duration> {
        let Some(address) = visitor.0 else { return Ok(()) };
        let checked = self.refused.check_key(&hashed(network_of(address)));
        checked.map_err(|until| until.wait_time_from(DefaultClock::default().now()))
    }

    fn check(&self, kind: Kind, request: &ServiceRequest) -> Result<(), Error> {
        let key = match kind {
            Kind::Token => Some(hashed(request.path())),
            Kind::PublicWrites | Kind::LogIn | Kind::Giving => visitor(request).map(hashed),
        };
        // Behind a proxy that nobody configured everybody looks the same, and a stranger can look like that by a header:
        // so wide that a whole readership fits, so narrow that it is no way around the limits.
        let checked = match key {
            Some(key) => self.of(kind).into_iter().try_for_each(|limiter| limiter.check_key(&key)),
            None => self.unknown.check_key(&hashed(kind)),
        };
        checked.map_err(|until| Error::TooMany { wait: until.wait_time_from(DefaultClock::default().now()) })
    }
}

fn hashed(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// One customer of a provider has a whole /64 of IPv6.
fn visitor(request: &ServiceRequest) -> Option<IpAddr> {
    let trusted = request.app_data::<Data<App>>().map_or(&[][..], |app| &app.config.web.trusted_proxies);
    client_ip(request.peer_addr()?.ip(), request.headers(), trusted).map(network_of)
}

fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => IpAddr::V6(std::net::Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}

/// Sign-ups and other forms of readers: 30 a minute per visitor.
pub fn public_writes() -> Limit {
    Limit(Kind::PublicWrites)
}
/// Log-ins, password resets and set-up links: 20 a minute per visitor, beside the growing waits per account.
pub fn log_in() -> Limit {
    Limit(Kind::LogIn)
}
/// Gifts: 10 a minute and 40 an hour per visitor, because stolen cards are tried out on forms for gifts. (Beside the limits
/// per address and over all that the feature keeps.)
pub fn giving() -> Limit {
    Limit(Kind::Giving)
}
/// What is authenticated by a token in the path, for machines that share an address: 20 a minute per token.
pub fn per_token() -> Limit {
    Limit(Kind::Token)
}

/// Refuses with 429 and `Retry-After`.
#[derive(Debug, Clone, Copy)]
pub struct Limit(Kind);

impl<S, B> Transform<S, ServiceRequest> for Limit
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = actix_web::Error;
    type Transform = Limited<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Limited { kind: self.0, service: Rc::new(service) }))
    }
}

/// A route behind a [`Limit`].
pub struct Limited<S> {
    kind: Kind,
    service: Rc<S>,
}

impl<S, B> Service<ServiceRequest> for Limited<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Self::Error>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (kind, service) = (self.kind, self.service.clone());
        Box::pin(async move {
            let checked = request.app_data::<Data<Limits>>().map_or(Ok(()), |limits| limits.check(kind, &request));
            match checked {
                Ok(()) => service.call(request).await.map(ServiceResponse::map_into_boxed_body),
                Err(error) => Ok(request.error_response(error)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_made_up_proxy_is_no_way_around() {
        let limits = Limits::default();
        let ask = |number: usize| {
            let request = TestRequest::default()
                .peer_addr("172.17.0.1:4711".parse().unwrap())
                .insert_header(("x-forwarded-for", format!("203.0.113.{}", number % 250)));
            limits.check(Kind::LogIn, &request.to_srv_request()).is_ok()
        };
        let taken = (0..1000).filter(|number| ask(*number)).count();
        assert!((600..650).contains(&taken), "{taken}");
    }

    #[test]
    fn both_quotas_of_gifts_hold() {
        let limits = Limits::default();
        let request = TestRequest::default().peer_addr("203.0.113.9:4711".parse().unwrap());
        let request = request.to_srv_request();
        let taken = (0..50).filter(|_| limits.check(Kind::Giving, &request).is_ok()).count();
        assert!((10..12).contains(&taken), "{taken}");
        let wide = Limits { giving: RateLimiter::dashmap(Quota::per_minute(NonZeroU32::MAX)), ..Limits::default() };
        let taken = (0..100).filter(|_| wide.check(Kind::Giving, &request).is_ok()).count();
        assert!((40..42).contains(&taken), "{taken}");
    }
}
