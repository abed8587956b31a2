//! Where the web server listens, what it is called outside, and whom it believes about its visitors.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, bail};
use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use super::Raw;

#[derive(Debug, Clone)]
pub struct WebConfig {
    pub bind: SocketAddr,
    /// With a trailing slash; links in mails and feeds begin with it.
    pub public_url: Url,
    /// Only these may say in `X-Forwarded-For` who the visitor is.
    pub trusted_proxies: Vec<IpNet>,
    /// Where a `worker` tells how it is doing; none is nowhere.
    pub worker_bind: Option<SocketAddr>,
    /// Opens `/metrics` to other machines.
    pub metrics_token: Option<SecretString>,
}

/// Fewer characters could be guessed.
const SHORTEST_TOKEN: usize = 16;

impl WebConfig {
    pub(super) fn check(raw: &Raw) -> anyhow::Result<Self> {
        let bind = address("PLEDGEPOST_BIND", raw.bind.as_deref().unwrap_or("127.0.0.1:8080"))?;
        let worker_bind = raw.worker_bind.as_deref().map(|text| address("PLEDGEPOST_WORKER_BIND", text)).transpose()?;
        if raw.metrics_token.as_ref().is_some_and(|token| token.len() < SHORTEST_TOKEN) {
            bail!(
                "PLEDGEPOST_METRICS_TOKEN needs at least {SHORTEST_TOKEN} characters (openssl rand -hex 32 makes a good one)"
            );
        }
        let metrics_token = raw.metrics_token.clone().map(SecretString::from);
        let text = raw.public_url.clone().unwrap_or_else(|| format!("http://{bind}"));
        let mut public_url =
            Url::parse(&text).with_context(|| format!("PLEDGEPOST_PUBLIC_URL is not an address: {text:?}"))?;
        if !matches!(public_url.scheme(), "http" | "https") || public_url.host().is_none() {
            bail!(
                "PLEDGEPOST_PUBLIC_URL must begin with https:// (or http:// on one machine) and name a host: {text:?}"
            );
        }
        if public_url.path() != "/" || public_url.query().is_some() {
            bail!("PLEDGEPOST_PUBLIC_URL must be a host alone, without a path: {text:?}");
        }
        public_url.set_fragment(None);
        let trusted_proxies =
            raw.trusted_proxies.iter().flatten().map(|text| network(text)).collect::<anyhow::Result<_>>()?;
        Ok(Self { bind, public_url, trusted_proxies, worker_bind, metrics_token })
    }

    /// An absolute link: `link("/confirm/…")`.
    pub fn link(&self, path: &str) -> String {
        format!("{}{}", self.public_url.as_str().trim_end_matches('/'), path)
    }
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }
    /// The host that links and Message-IDs name.
    pub fn host(&self) -> &str {
        self.public_url.host_str().unwrap_or("localhost")
    }
}

fn address(name: &str, text: &str) -> anyhow::Result<SocketAddr> {
    text.parse().with_context(|| format!("{name} is an address and a port (127.0.0.1:8080), not {text:?}"))
}

fn network(text: &str) -> anyhow::Result<IpNet> {
    text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).with_context(|| {
        format!("PLEDGEPOST_TRUSTED_PROXIES: {text:?} is neither an address nor a network (10.0.0.0/8)")
    })
}
