//! A stand-in for Stripe: it speaks the real protocol over HTTP (API version [`API_VERSION`]), keeps its objects in the
//! database so that every process sees the same, and has a clock that people can move.
//!
//! `api` takes requests apart and answers in Stripe's shapes; `objects` makes the objects; `engine` moves money: it is
//! what the API, the hosted pages, the demo and the tests call, inside their own transaction; `events` tells of it.

pub mod api;
pub mod engine;
mod events;
mod fault;
mod fees;
pub mod json;
pub mod look;
mod objects;
mod run;
mod server;
pub mod store;
pub mod webhooks;

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::Notify;
use url::Url;

pub use engine::Outcome;
pub use events::emit;
pub use server::serve;

use crate::db::Database;
use crate::values::Clock;

/// What the sandbox answers by default; the newer version of the two differs in nothing that it has.
pub const API_VERSION: &str = crate::stripe::API_VERSION;

/// The one account of the sandbox.
pub const ACCOUNT: &str = "acct_1PledgepostSandbox";

/// Everything that the stand-in needs to know; its state is in the database.
#[derive(Clone)]
pub struct SandboxStripe {
    pub db: Database,
    pub clock: Clock,
    /// Signs webhooks; several, separated by commas, all sign.
    pub secret: SecretString,
    /// Where webhooks go; none: events are kept and can be listed, nothing is sent.
    pub hook: Option<Url>,
    /// Base of the hosted pages, with a slash at its end.
    pub pages: Url,
    /// Rung when a webhook may be due.
    pub bell: Arc<Notify>,
}
