//! Constructs everything: the only place that knows all.

mod background;
mod features;

use std::sync::Arc;

use anyhow::Context;
use tokio::sync::Notify;

use crate::campaigns::MailFrame;
use crate::config::Config;
use crate::db::{Database, PoolSizes, migrate};
use crate::installation::{self, MadeBy};
use crate::jobs::Jobs;
use crate::lease::Node;
use crate::mail::{MailServer, MailTemplates, Signer, Timeouts};
use crate::outbox::{Outbox, SenderSettings};
use crate::sandbox::stripe::SandboxStripe;
use crate::values::{Clock, RootKey};

pub use background::Background;

/// What handlers, commands and workers share. Cheap to clone through [`Arc`].
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub db: Database,
    pub root: RootKey,
    pub templates: Arc<MailTemplates>,
    pub sender: SenderSettings,
    /// Makes campaign mails, for delivery, previews and the web version alike.
    pub campaign_mails: Arc<MailFrame>,
    /// This process as a node; registered only while [`Background`] runs.
    pub node: Arc<Node>,
    pub jobs: Arc<Jobs>,
    /// Rung after mails were enqueued in this process.
    pub mail_bell: Arc<Notify>,
    /// In the sandbox and in a rehearsal.
    pub sandbox_stripe: Option<Arc<SandboxStripe>>,
}

impl App {
    /// Migrates the database, opens it and checks its stamp.
    ///
    /// # Errors
    /// What an operator can do something about, in words: settings, database, stamp, key.
    pub fn build(config: Config, clock: Clock, made_by: MadeBy) -> anyhow::Result<Arc<Self>> {
        let migrated = migrate::migrate(&config.database)?;
        if let Some(copy) = &migrated.copy {
            tracing::info!(copy = %copy.display(), migrations = migrated.ran.len(), "database migrated; a copy was kept");
        }
        let db = Database::connect(config.database.clone(), PoolSizes::default())?;
        let root = installation::open(&db, &config, made_by, clock.now())?;
        let sender = SenderSettings { from: config.mail.from.clone(), host: config.web.host().to_owned() };
        let mail_bell = Arc::new(Notify::new());
        let templates = Arc::new(MailTemplates::load()?);
        let web = config.web.clone();
        let link = Arc::new(move |path: &str| web.link(path));
        let frame = MailFrame::new(templates.clone(), root.clone(), sender.clone(), link);
        let sandbox_stripe =
            (config.mode != crate::config::Mode::Live).then(|| sandbox_stripe(&config, &clock, &db, &root));
        Ok(Arc::new(Self {
            sandbox_stripe,
            jobs: Arc::new(features::jobs(&config.web, &mail_bell)),
            templates,
            campaign_mails: Arc::new(frame),
            node: Arc::default(),
            config,
            clock,
            db,
            root,
            sender,
            mail_bell,
        }))
    }

    /// Tells this process's engine and job runner that there may be work; other processes look by themselves.
    pub fn ring(&self) {
        self.jobs.bell.notify_one();
        self.mail_bell.notify_one();
    }

    /// The delivery engine of this process, sending to `server`.
    ///
    /// # Errors
    /// When the DKIM key cannot be read.
    pub fn outbox(&self, server: MailServer) -> anyhow::Result<Outbox> {
        let signer = match &self.config.mail.dkim {
            Some(dkim) => Some(Arc::new(
                Signer::from_file(&dkim.domain, &dkim.selector, &dkim.key_file).context("DKIM cannot be set up")?,
            )),
            None => None,
        };
        Ok(Outbox {
            db: self.db.clone(),
            clock: self.clock.clone(),
            node: self.node.clone(),
            server: Arc::new(server),
            hello: self.config.web.host().to_owned(),
            signer,
            timeouts: Timeouts::default(),
            sending: self.config.sending,
            renderers: Arc::new(features::renderers(self)),
            lanes: features::lanes(&self.config.web),
            bell: self.mail_bell.clone(),
        })
    }
}

fn sandbox_stripe(config: &Config, clock: &Clock, db: &Database, root: &RootKey) -> Arc<SandboxStripe> {
    let link = |path: &str| config.web.public_url.join(path).unwrap_or_else(|_| config.web.public_url.clone());
    let secret = data_encoding::HEXLOWER.encode(&root.keyed(b"sandbox stripe webhooks", b""));
    Arc::new(SandboxStripe {
        db: db.clone(),
        clock: clock.clone(),
        secret: format!("whsec_{secret}").into(),
        hook: Some(link("/webhooks/stripe")),
        pages: link("/sandbox/stripe/"),
        bell: Arc::default(),
    })
}
