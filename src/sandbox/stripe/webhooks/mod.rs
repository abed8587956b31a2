//! Sends the webhooks that are due to the address they are for, as Stripe sends them: signed, tried again with growing
//! waits, and with the mischief that staff chose.
//!
//! `store` keeps what is on its way, `mischief` decides what is done to each, `sign` makes `Stripe-Signature`. A row is
//! claimed and its answer recorded in transactions of their own; nothing is held open while the other side thinks.

mod mischief;
mod sign;
pub mod store;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, USER_AGENT};
use reqwest::redirect::Policy;
use serde_json::Value;
use tokio::sync::watch;
use url::Url;

pub use mischief::Mischief;
use store::Webhook;

use super::{SandboxStripe, engine, store as objects};
use crate::error::Error;
use crate::values::At;

/// How long the loop sleeps when nobody rings: things fall due by themselves.
const PAUSE: Duration = Duration::from_secs(1);
/// Stripe gives an endpoint longer; nobody wants to wait for that in a sandbox.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of an answer is kept, in bytes.
const KEPT: usize = 300;

/// A claimed webhook with what goes over the wire.
struct Parcel {
    webhook: Webhook,
    /// How often it is sent, at the same moment.
    copies: i64,
    body: String,
}

impl SandboxStripe {
    /// Does what falls due and sends the webhooks, until `stop` becomes true.
    pub async fn send_webhooks(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.deliver_due().await {
                tracing::error!(error = format!("{error:#}"), "the sandbox's Stripe cannot send webhooks");
            }
            let pause = async {
                tokio::select! {
                    () = self.bell.notified() => {}
                    () = tokio::time::sleep(PAUSE) => {}
                }
            };
            tokio::select! {
                // An error means that the sender is gone: stop as well.
                _gone = stop.wait_for(|stop| *stop) => return,
                () = pause => {}
            }
        }
    }

    /// One pass: does what is due by now, then sends every webhook that is due. Says how many were sent.
    ///
    /// # Errors
    /// The database's. What the other side answers is no error: it is recorded, and tried again later.
    pub async fn deliver_due(&self) -> anyhow::Result<usize> {
        let stripe = self.clone();
        if self.db.read(move |db| engine::anything_due(db, &stripe)).await? {
            let stripe = self.clone();
            self.db.write(move |db| engine::tick(db, &stripe)).await?;
        }
        let Some(hook) = &self.hook else { return Ok(0) };
        let stripe = self.clone();
        let now = self.db.read(move |db| engine::now(db, &stripe)).await?;
        let mut sent = 0;
        // What was claimed, held back or lost is no longer due: this ends.
        while self.db.read(move |db| store::any_due(db, now).map_err(Error::from)).await? {
            let http = client()?;
            for parcel in self.claim(now).await? {
                sent += usize::try_from(parcel.copies).unwrap_or(1);
                self.deliver(&http, hook, parcel, now).await?;
            }
        }
        Ok(sent)
    }

    async fn claim(&self, now: At) -> Result<Vec<Parcel>, Error> {
        let claimed = self.db.write(move |db| {
            let mut parcels = Vec::new();
            for (webhook, copies) in store::claim(db, now)? {
                let event = objects::find(db, &webhook.event_id)?.unwrap_or(Value::Null);
                // Stripe indents what it sends; a receiver that parses and writes it again finds another signature.
                let body = serde_json::to_string_pretty(&event).map_err(Error::internal)?;
                parcels.push(Parcel { webhook, copies, body });
            }
            Ok::<_, Error>(parcels)
        });
        claimed.await
    }

    async fn deliver(&self, http: &reqwest::Client, hook: &Url, parcel: Parcel, now: At) -> anyhow::Result<()> {
        // By the real clock: the other side refuses what was signed at another time than its own.
        let signature = sign::header(&self.secret, self.clock.now(), parcel.body.as_bytes());
        let post = || post(http, hook, &signature, &parcel.body);
        let answers = match parcel.copies {
            2.. => <[Answered; 2]>::from(tokio::join!(post(), post())).to_vec(),
            _ => vec![post().await],
        };
        let webhook = parcel.webhook;
        let recorded = self.db.write(move |db| store::record(db, &webhook, &answers, now).map_err(Error::from));
        Ok(recorded.await?)
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// 2xx: Stripe asks for nothing more.
    pub taken: bool,
    /// For people: the status and the beginning of the body, or why there was no answer.
    pub words: String,
}

/// Redirects count as failures, as at Stripe. No proxy: the sandbox talks to this machine.
fn client() -> anyhow::Result<reqwest::Client> {
    let builder = reqwest::Client::builder().redirect(Policy::none()).no_proxy().timeout(PATIENCE);
    builder.build().context("the sandbox's Stripe cannot speak HTTP")
}

async fn post(http: &reqwest::Client, hook: &Url, signature: &str, body: &str) -> Answered {
    let request = http
        .post(hook.clone())
        .header(USER_AGENT, "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .header(ACCEPT, "*/*; q=0.5, application/xml")
        .header(CACHE_CONTROL, "no-cache")
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header("stripe-signature", signature)
        .body(body.to_owned());
    match request.send().await {
        Ok(response) => {
            let status = response.status();
            let said = beginning(response).await;
            let words = format!("{} {}", status.as_u16(), said.trim());
            Answered { taken: status.is_success(), words: words.trim().to_owned() }
        }
        Err(error) => Answered { taken: false, words: format!("no answer: {}", chain(&error)) },
    }
}

async fn beginning(mut response: reqwest::Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= KEPT {
            break;
        }
    }
    bytes.truncate(KEPT);
    // PostgreSQL refuses NUL, and a line is a line.
    String::from_utf8_lossy(&bytes).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The error and what it came from: the outermost alone says only that sending failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    words
}
