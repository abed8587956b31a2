//! Rows of the inbox and of the commands.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::MultiBackend;
use crate::db::schema::{payment_commands, payment_events};
use crate::stripe::NewRefund;
use crate::text_enum;
use crate::values::{At, PaymentCommandId, PaymentEventId};

text_enum! {
    /// Who brought a payment event.
    pub enum Source {
        /// Stripe told us; the signature fitted.
        Webhook => "webhook",
        /// Found in Stripe's list of events, or on its balance.
        Poll => "poll",
        /// We had waited too long for it.
        Sweep => "sweep",
        /// `stripe sync`.
        Sync => "sync",
        /// Another event led to it.
        Follow => "follow",
    }
}

text_enum! {
    pub enum EventState {
        /// To be looked at, or tried again at `next_at`.
        Pending => "pending",
        /// Taken into the books.
        Done => "done",
        /// Nothing to book: `outcome` says why.
        Ignored => "ignored",
        /// Makes no sense, or failed too often: kept and shown to staff.
        Failed => "failed",
    }
}

text_enum! {
    pub enum CommandState {
        Pending => "pending",
        Done => "done",
        /// Stripe refused it: `outcome` has its words.
        Failed => "failed",
    }
}

text_enum! {
    pub enum CommandKind {
        Refund => "refund",
        EndSubscription => "end_subscription",
        ExpireCheckout => "expire_checkout",
    }
}

/// A row of the inbox, without the payload.
#[derive(HasQuery, QueryableByName, Debug, Clone, Serialize)]
#[diesel(table_name = payment_events)]
#[diesel(check_for_backend(MultiBackend))]
pub struct PaymentEvent {
    pub id: PaymentEventId,
    /// Stripe's `evt_…`; none for looks of our own.
    pub event_id: Option<String>,
    pub account: Option<String>,
    /// Stripe's type (`invoice.paid`), or `look`.
    pub kind: String,
    /// As Stripe names it (`invoice`, `charge`, …): may be a kind that we do not look at.
    pub object_kind: String,
    pub object_id: String,
    pub source: Source,
    pub livemode: bool,
    /// The version in which the event was written; empty for looks of our own.
    pub api_version: String,
    pub state: EventState,
    /// What was booked, why it was ignored, or the last error: in words.
    pub outcome: String,
    pub attempts: i64,
    pub next_at: At,
    pub happened_at: At,
    pub received_at: At,
    pub processed_at: Option<At>,
}

/// Something to be done at Stripe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Command {
    /// Its metadata name our row (`refund`), by which it is found again when the idempotency key is too old.
    Refund(NewRefund),
    EndSubscription {
        subscription: String,
    },
    ExpireCheckout {
        checkout: String,
    },
}

impl Command {
    pub fn kind(&self) -> CommandKind {
        match self {
            Self::Refund(_) => CommandKind::Refund,
            Self::EndSubscription { .. } => CommandKind::EndSubscription,
            Self::ExpireCheckout { .. } => CommandKind::ExpireCheckout,
        }
    }
}

/// A row of the commands.
#[derive(HasQuery, QueryableByName, Debug, Clone)]
#[diesel(table_name = payment_commands)]
#[diesel(check_for_backend(MultiBackend))]
pub struct PaymentCommand {
    pub id: PaymentCommandId,
    pub idempotency_key: String,
    pub kind: CommandKind,
    /// A [`Command`] as JSON.
    pub payload: String,
    pub state: CommandState,
    pub outcome: String,
    pub attempts: i64,
    pub next_at: At,
    pub created_at: At,
    pub done_at: Option<At>,
}
