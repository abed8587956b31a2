//! What Stripe tells and what it is told: the inbox of payment events, commands, and the mirror of Stripe's objects. Knows no
//! gift: features observe ([`Observer`]) and book.
//!
//! A webhook is stored (`inbox`) and answered; a worker leases the row, fetches the object that it names, and in one
//! transaction writes the mirror, lets the observers book, and closes the row (`process`). What no webhook told is found
//! by `sweep` and `sync`, which write rows of the same inbox. What is to be done at Stripe is a row as well (`commands`).
//! The lines of the balance come with what they are about, and are read by themselves (`balance`), so that none is missed.

mod account;
mod balance;
mod commands;
mod cursors;
pub mod inbox;
mod mirror;
mod model;
mod observer;
mod payouts;
mod process;
pub mod purge;
pub mod read;
mod sources;
pub mod store;
mod sweep;
mod sync;
mod trouble;
mod worker;

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::{Notify, OnceCell};

pub use balance::BalanceSum;
pub use commands::command;
pub use inbox::{Received, look};
pub use model::{Command, CommandKind, CommandState, EventState, PaymentCommand, PaymentEvent, Source};
pub use observer::{Observed, Observer, Observers, Seen, Verdict};
pub use store::{Attention, attention, give_back, leases};
pub use sync::{Stage, SyncReport};

use crate::db::Database;
use crate::lease::Node;
use crate::stripe::StripeApi;
use crate::values::Clock;

/// One Stripe account as this process works with it.
pub struct Payments {
    pub db: Database,
    pub clock: Clock,
    /// Rows are leased under its number.
    pub node: Arc<Node>,
    pub api: Arc<dyn StripeApi>,
    /// Any of them may have signed a webhook.
    pub secrets: Vec<SecretString>,
    pub livemode: bool,
    /// A keyed hash of the secret key, by which its account is remembered.
    pub key_hash: String,
    pub observers: Observers,
    /// Rung when a row of the inbox or of the commands was written in this process.
    pub bell: Notify,
    /// Starts empty: asked when it is first needed.
    pub account: OnceCell<String>,
}
