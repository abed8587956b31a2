//! Constructs everything: the only place that knows all.

mod background;
mod features;
mod giving;

use std::sync::Arc;

use anyhow::Context;
use secrecy::ExposeSecret;
use tokio::sync::Notify;

use crate::campaigns::MailFrame;
use crate::config::{Config, Mode};
use crate::db::{Database, PoolSizes, migrate};
use crate::installation::{self, MadeBy};
use crate::jobs::Jobs;
use crate::lease::Node;
use crate::mail::{MailTemplates, Signer, Timeouts};
use crate::outbox::accepted::Place;
use crate::outbox::metrics::Gauges;
use crate::outbox::{Accepted, Outbox, SenderSettings, Server};
use crate::payments::Payments;
use crate::sandbox::stripe::SandboxStripe;
use crate::values::{Clock, RootKey};

pub use background::{Background, Membership};
pub use giving::SandboxDoor;

/// What handlers, commands and workers share. Cheap to clone through [`Arc`].
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub db: Database,
    pub root: RootKey,
    pub templates: Arc<MailTemplates>,
    pub sender: SenderSettings,
    /// What `PLEDGEPOST_SMTP_URL` names; empty in the sandbox, whose mailbox has its address only while it runs.
    pub mail_servers: Vec<Arc<Server>>,
    /// Makes campaign mails, for delivery, previews and the web version alike.
    pub campaign_mails: Arc<MailFrame>,
    /// This process as a node; registered only while [`Background`] runs.
    pub node: Arc<Node>,
    pub jobs: Arc<Jobs>,
    /// Rung after mails were enqueued in this process.
    pub mail_bell: Arc<Notify>,
    /// None: a live installation without Stripe keys.
    pub payments: Option<Arc<Payments>>,
    /// What stands in for Stripe in a sandbox or a rehearsal.
    pub sandbox_stripe: Option<Arc<SandboxStripe>>,
    /// When the numbers of the database for `/metrics` were last looked up.
    pub gauges: Gauges,
}

impl App {
    /// Whether finance looks at real money or at test money: they are never added. Without keys of Stripe a live
    /// installation looks at what was booked while it had some.
    pub fn livemode(&self) -> bool {
        self.config.stripe.as_ref().map_or(self.config.mode == Mode::Live, |stripe| stripe.livemode)
    }

    /// Migrates the database, opens it and checks its stamp. In a sandbox without `stripe.api_base`, Stripe's place is
    /// taken by this server's own `/sandbox/stripe/api`; who does not serve opens a [`SandboxDoor`] first.
    ///
    /// # Errors
    /// What an operator can do something about, in words: settings, database, stamp, key.
    pub fn build(mut config: Config, clock: Clock, made_by: MadeBy) -> anyhow::Result<Arc<Self>> {
        let mail_servers = mail_servers(&config)?;
        let migrated = migrate::migrate(&config.database)?;
        if let Some(copy) = &migrated.copy {
            tracing::info!(copy = %copy.display(), migrations = migrated.ran.len(), "database migrated; a copy was kept");
        }
        let db = Database::connect(config.database.clone(), PoolSizes::default())?;
        let root = installation::open(&db, &config, made_by, clock.now())?;
        let sender = SenderSettings { from: config.mail.from.clone(), host: config.web.host().to_owned() };
        let mail_bell = Arc::new(Notify::new());
        let templates = MailTemplates::shared()?;
        let web = config.web.clone();
        let link = Arc::new(move |path: &str| web.link(path));
        let node: Arc<Node> = Arc::default();
        let sandbox_stripe = giving::sandbox_stripe(&mut config, &db, &clock, &root)?.map(Arc::new);
        let payments = giving::payments(&config, &db, &clock, &node, &root)?.map(Arc::new);
        let frame = MailFrame::new(templates.clone(), root.clone(), sender.clone(), link);
        Ok(Arc::new(Self {
            jobs: Arc::new(features::jobs(&config, &mail_bell)),
            templates,
            campaign_mails: Arc::new(frame),
            node,
            config,
            clock,
            db,
            root,
            sender,
            mail_servers,
            mail_bell,
            payments,
            sandbox_stripe,
            gauges: Gauges::default(),
        }))
    }

    /// Tells this process's engine and job runner that there may be work; other processes look by themselves.
    pub fn ring(&self) {
        self.jobs.bell.notify_one();
        self.mail_bell.notify_one();
        if let Some(payments) = &self.payments {
            payments.ring();
        }
    }

    /// The delivery engine of this process, sending through `servers`.
    ///
    /// # Errors
    /// When the DKIM key cannot be read.
    pub fn outbox(&self, servers: Vec<Arc<Server>>) -> anyhow::Result<Outbox> {
        let signer = match &self.config.mail.dkim {
            Some(dkim) => {
                Some(Arc::new(Signer::from_files(&dkim.domain, &dkim.keys).context("DKIM cannot be set up")?))
            }
            None => None,
        };
        let place = Place::of(&self.config.database, self.config.sending.state_dir.as_deref());
        Ok(Outbox {
            db: self.db.clone(),
            clock: self.clock.clone(),
            node: self.node.clone(),
            servers,
            hello: self.config.web.host().to_owned(),
            signer,
            timeouts: Timeouts::default(),
            sending: self.config.sending.clone(),
            accepted: Accepted::new(place, usize::try_from(self.config.sending.doubt_window)?),
            renderers: Arc::new(features::renderers(self)),
            lanes: features::lanes(&self.config.web),
            bell: self.mail_bell.clone(),
        })
    }
}

/// The mail servers of the settings.
///
/// # Errors
/// Names the parameter that is wrong.
pub fn mail_servers(config: &Config) -> anyhow::Result<Vec<Arc<Server>>> {
    let urls = config.mail.smtp_urls.iter().map(|url| url.expose_secret());
    let servers = Server::parse_all(urls, config.sending.connections)?;
    Ok(servers.into_iter().map(Arc::new).collect())
}
