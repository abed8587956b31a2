//! How this process reaches Stripe, or what stands in for it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context;
use data_encoding::HEXLOWER;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use super::{App, features};
use crate::config::{Config, Mode};
use crate::db::Database;
use crate::lease::Node;
use crate::payments::Payments;
use crate::sandbox::stripe::{self as sandbox, SandboxStripe};
use crate::stripe::Live;
use crate::values::{Clock, RootKey};

/// The sandbox's Stripe, and in `config` the address at which it is asked.
pub(super) fn sandbox_stripe(
    config: &mut Config,
    db: &Database,
    clock: &Clock,
    root: &RootKey,
) -> anyhow::Result<Option<SandboxStripe>> {
    let here = on_this_machine(config.web.bind)?;
    let Some(stripe) = config.stripe.as_mut().filter(|_| config.mode != Mode::Live) else { return Ok(None) };
    if stripe.api_base.is_none() {
        stripe.api_base = Some(here.join("sandbox/stripe/api/")?);
    }
    Ok(Some(SandboxStripe {
        db: db.clone(),
        clock: clock.clone(),
        secret: sandbox_secret(root),
        hook: Some(here.join("webhooks/stripe")?),
        pages: config.web.public_url.join("sandbox/stripe/")?,
        bell: Arc::default(),
    }))
}

/// Where a server that is bound so is found from the same machine.
fn on_this_machine(bind: SocketAddr) -> anyhow::Result<Url> {
    let ip = match bind.ip() {
        ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        ip => ip,
    };
    Ok(Url::parse(&format!("http://{}/", SocketAddr::new(ip, bind.port())))?)
}

/// What the sandbox signs its webhooks with: every process of the installation knows it.
fn sandbox_secret(root: &RootKey) -> SecretString {
    format!("whsec_{}", HEXLOWER.encode(&root.keyed(b"sandbox webhook", b""))).into()
}

/// None when giving is not set up.
pub(super) fn payments(
    config: &Config,
    db: &Database,
    clock: &Clock,
    node: &Arc<Node>,
    root: &RootKey,
) -> anyhow::Result<Option<Payments>> {
    let Some(stripe) = &config.stripe else { return Ok(None) };
    let mut secrets = stripe.webhook_secrets.clone();
    if config.mode != Mode::Live {
        secrets.push(sandbox_secret(root));
    }
    let key_hash = HEXLOWER.encode(&root.keyed(b"stripe key", stripe.secret_key.expose_secret().as_bytes()));
    Ok(Some(Payments {
        db: db.clone(),
        clock: clock.clone(),
        node: node.clone(),
        api: Arc::new(Live::new(stripe).context("the settings of Stripe")?),
        secrets,
        livemode: stripe.livemode,
        key_hash,
        observers: features::observers(&config.web, root),
        bell: tokio::sync::Notify::new(),
        account: tokio::sync::OnceCell::new(),
    }))
}

/// The sandbox's Stripe on a port of its own, for processes that serve no pages (`worker`, `stripe sync`): their state is
/// the database's, so all of them are one Stripe. Also for a server that is bound to an address on which it cannot ask itself.
pub struct SandboxDoor {
    stop: watch::Sender<bool>,
    server: JoinHandle<anyhow::Result<()>>,
}

impl SandboxDoor {
    /// Binds a port and writes it into the settings; to be called before [`App::build`]. Nothing when the real Stripe is
    /// asked, or an address is set.
    ///
    /// # Errors
    /// When there is no port to be had.
    pub fn bind(config: &mut Config) -> anyhow::Result<Option<TcpListener>> {
        let Some(stripe) = config.stripe.as_mut().filter(|_| config.mode != Mode::Live) else { return Ok(None) };
        if stripe.api_base.is_some() {
            return Ok(None);
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("the sandbox's Stripe finds no port")?;
        stripe.api_base = Some(Url::parse(&format!("http://{}/", listener.local_addr()?))?);
        Ok(Some(listener))
    }

    /// [`SandboxDoor::bind`] for who serves: nothing when its own `/sandbox/stripe/api` can be asked from this machine as
    /// from this machine, which it cannot when the server is bound to another address than a loopback one.
    ///
    /// # Errors
    /// As [`SandboxDoor::bind`].
    pub fn bind_for_server(config: &mut Config) -> anyhow::Result<Option<TcpListener>> {
        let ip = config.web.bind.ip().to_canonical();
        if ip.is_unspecified() || ip.is_loopback() { Ok(None) } else { Self::bind(config) }
    }

    /// Answers at the port that was bound.
    pub fn open(app: &App, listener: Option<TcpListener>) -> Option<Self> {
        let (listener, stripe) = (listener?, app.sandbox_stripe.clone()?);
        let (stop, stopped) = watch::channel(false);
        Some(Self { stop, server: tokio::spawn(sandbox::serve(stripe, listener, stopped)) })
    }

    pub async fn close(self) {
        let _ = self.stop.send(true);
        let _ = self.server.await;
    }
}
