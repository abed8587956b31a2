//! What runs beside the web pages: heartbeat, jobs, delivery, payments and, in a sandbox, the mailbox.

use std::sync::Arc;

use anyhow::Context;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{App, features};
use crate::lease::Keeper;
use crate::mail::MailServer;
use crate::outbox::Server;
use crate::sandbox::mailbox::{Mailbox, MailboxHandle};

/// The running parts; [`Background::stop`] ends them in the order that loses nothing.
pub struct Background {
    stop: watch::Sender<bool>,
    work: Vec<JoinHandle<()>>,
    membership: Membership,
    mailbox: Option<MailboxHandle>,
}

impl Background {
    /// Starts everything that this process is to do in the background.
    ///
    /// # Errors
    /// When the mail server's address or the DKIM key cannot be taken, or the mailbox finds no port.
    pub async fn start(app: &Arc<App>) -> anyhow::Result<Self> {
        let (mailbox, servers) = match app.mail_servers.is_empty() {
            false => (None, app.mail_servers.clone()),
            true => {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.context("the sandbox mailbox")?;
                let mailbox = Mailbox::start(listener, app.db.clone(), app.clock.clone())?;
                let server = MailServer::parse(&format!("smtp://{}?tls=none", mailbox.addr))?;
                (Some(mailbox), vec![Arc::new(Server::plain(server, app.config.sending.connections))])
            }
        };
        let outbox = app.outbox(servers)?;
        let (stop, stopped) = watch::channel(false);
        let membership = Membership::join(app).await?;
        let jobs = app.jobs.clone().run(app.db.clone(), app.clock.clone(), app.node.clone(), stopped.clone());
        let mut work = vec![tokio::spawn(jobs), tokio::spawn(outbox.run(stopped.clone()))];
        work.extend(app.sandbox_stripe.clone().map(|stripe| tokio::spawn(stripe.send_webhooks(stopped.clone()))));
        work.extend(app.payments.clone().map(|payments| tokio::spawn(payments.run(stopped.clone()))));
        Ok(Self { work, membership, stop, mailbox })
    }

    /// Stops leasing, finishes what is on the wire, records, and gives back the rest.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for task in self.work {
            let _ = task.await;
        }
        self.membership.leave().await;
        if let Some(mailbox) = self.mailbox {
            mailbox.shutdown().await;
        }
    }
}

/// This process as a node, for as long as it works.
pub struct Membership {
    stop: watch::Sender<bool>,
    keeper: JoinHandle<()>,
}

impl Membership {
    /// Registers, if this process may work (see `lease`), and goes on trying otherwise.
    ///
    /// # Errors
    /// When the first try is cut short.
    pub async fn join(app: &App) -> anyhow::Result<Self> {
        let mut keeper = Keeper::new(app.db.clone(), app.clock.clone(), app.node.clone(), features::heirs(&app.config))
            .knowing(features::gone(&app.config));
        // The first heartbeat now, so that work begins at once; a failing database is tried again by the keeper.
        let (keeper, first) = tokio::task::spawn_blocking(move || {
            let first = keeper.pass();
            (keeper, first)
        })
        .await?;
        if let Err(error) = first {
            tracing::error!(error = format!("{error:#}"), "cannot register for delivery yet");
        }
        let (stop, stopped) = watch::channel(false);
        Ok(Self { stop, keeper: tokio::spawn(keeper.run(stopped)) })
    }

    /// Gives back what is still leased.
    pub async fn leave(self) {
        let _ = self.stop.send(true);
        let _ = self.keeper.await;
    }
}
