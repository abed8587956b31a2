//! What is to be done at Stripe: a row in the transaction that decided it, sent by a worker, done once.

use chrono::Duration;
use diesel::prelude::*;

use super::model::{Command, CommandState, PaymentCommand, Source};
use super::process::{self, Closing};
use super::trouble::{Next, Trouble, wait};
use super::{Observed, Payments, Seen, inbox, store};
use crate::db::schema::payment_commands;
use crate::db::{Both, Db};
use crate::error::Error;
use crate::stripe::{CheckoutStatus, Failure, ObjectKind, SubscriptionStatus};
use crate::values::{At, NodeId};

/// Stripe forgets idempotency keys after 24 hours; well before that we look first whether it was done.
const KEY_IS_GOOD_FOR: Duration = Duration::hours(20);

/// Has something done at Stripe, in the transaction that decided it. The same key again changes nothing.
///
/// # Errors
/// The database's.
pub fn command(db: &mut Db, command: &Command, idempotency_key: &str, now: At) -> QueryResult<()> {
    let payload = serde_json::to_string(command).map_err(|e| diesel::result::Error::SerializationError(Box::new(e)))?;
    let insert = diesel::insert_into(payment_commands::table).values((
        payment_commands::idempotency_key.eq(idempotency_key),
        payment_commands::kind.eq(command.kind()),
        payment_commands::payload.eq(payload),
        payment_commands::state.eq(CommandState::Pending),
        payment_commands::outcome.eq(""),
        payment_commands::attempts.eq(0_i64),
        payment_commands::next_at.eq(now),
        payment_commands::created_at.eq(now),
    ));
    Both(insert.on_conflict_do_nothing()).execute(db).map(drop)
}

impl Payments {
    /// Leases commands that are due.
    pub(super) async fn claim_commands(&self, limit: i64) -> Result<Vec<(PaymentCommand, NodeId)>, Error> {
        let Some(node) = self.node.id() else { return Ok(Vec::new()) };
        let now = self.clock.now();
        let rows = self.db.write(move |db| Ok::<_, Error>(store::claim_commands(db, node, now, limit)?)).await?;
        Ok(rows.into_iter().map(|row| (row, node)).collect())
    }

    /// Sends a command, or puts it back.
    ///
    /// # Errors
    /// When not even that can be written; the row stays leased.
    pub(super) async fn carry_out(&self, row: &PaymentCommand, node: NodeId) -> Result<(), Error> {
        let trouble = match serde_json::from_str(&row.payload) {
            Ok(command) => match self.try_command(&command, row, node).await {
                Ok(()) | Err(Trouble::Lost) => return Ok(()),
                Err(Trouble::Stripe(failure @ (Failure::Refused { .. } | Failure::NotFound(_)))) => {
                    return self.refuse(command, failure.to_string(), row, node).await;
                }
                Err(trouble) => trouble,
            },
            Err(error) => Trouble::Database(Error::internal(error)),
        };
        self.tell(&trouble);
        // Never given up: money that somebody was promised back must not be forgotten.
        let waits = match trouble.next(0) {
            Next::Later { wait, counts: false, .. } => wait,
            _ => wait(row.attempts),
        };
        let (id, next_at, words) = (row.id, self.clock.now() + waits, trouble.words());
        self.db.write(move |db| Ok::<_, Error>(store::put_back_command(db, id, node, next_at, &words)?)).await
    }

    async fn try_command(&self, command: &Command, row: &PaymentCommand, node: NodeId) -> Result<(), Trouble> {
        let known = match command {
            Command::Refund(_) => None,
            Command::EndSubscription { subscription } => Some(subscription.clone()),
            Command::ExpireCheckout { checkout } => Some(checkout.clone()),
        };
        let version = match known {
            Some(id) => self.db.read(move |db| Ok::<_, Error>(store::version(db, &id)?)).await?,
            // A refund has no id before it is made: if somebody wrote it meanwhile, it is fetched again.
            None => 0,
        };
        let old = self.clock.now() - row.created_at >= KEY_IS_GOOD_FOR;
        let done_before = if old { self.done_already(command).await? } else { None };
        let observed = match done_before {
            Some(observed) => observed,
            None => match self.send(command, &row.idempotency_key).await {
                Ok(observed) => observed,
                // It may be refused because it is done: by staff at Stripe, or by an answer that we never heard.
                Err(refused @ (Failure::Refused { .. } | Failure::NotFound(_))) => {
                    match self.done_already(command).await {
                        Ok(found) => found.ok_or(refused)?,
                        Err(Failure::Refused { .. } | Failure::NotFound(_)) => return Err(refused.into()),
                        // Not known whether it was done: what is told as refused now could be paid back twice.
                        Err(other) => return Err(other.into()),
                    }
                }
                Err(other) => return Err(other.into()),
            },
        };
        let (kind, id) = match &observed {
            Observed::Refund(refund) => (ObjectKind::Refund, refund.id.clone()),
            Observed::Subscription(subscription) => (ObjectKind::Subscription, subscription.id.clone()),
            Observed::Checkout(checkout) => (ObjectKind::Checkout, checkout.id.clone()),
            _ => return Err(Trouble::Stripe(Failure::Unreadable("another object than asked for".into()))),
        };
        self.settle(kind, &id, observed, version, Closing::Command(row.id, node)).await
    }

    async fn send(&self, command: &Command, key: &str) -> Result<Observed, Failure> {
        Ok(match command {
            Command::Refund(new) => Observed::Refund(self.api.create_refund(new, key).await?),
            Command::EndSubscription { subscription } => {
                Observed::Subscription(self.api.cancel_subscription(subscription, key).await?)
            }
            Command::ExpireCheckout { checkout } => Observed::Checkout(self.api.expire_checkout(checkout, key).await?),
        })
    }

    /// What Stripe shows when the command was carried out before.
    async fn done_already(&self, command: &Command) -> Result<Option<Observed>, Failure> {
        Ok(match command {
            Command::Refund(new) => {
                let made = self.api.refunds_of(&new.payment).await?;
                made.into_iter().find(|refund| is_the_one(&refund.metadata, &new.metadata)).map(Observed::Refund)
            }
            Command::EndSubscription { subscription } => {
                let found = self.api.subscription(subscription).await?;
                let ended =
                    matches!(found.status, SubscriptionStatus::Canceled | SubscriptionStatus::IncompleteExpired);
                ended.then_some(Observed::Subscription(found))
            }
            Command::ExpireCheckout { checkout } => {
                let found = self.api.checkout(checkout).await?;
                (found.status != CheckoutStatus::Open).then_some(Observed::Checkout(found))
            }
        })
    }

    async fn refuse(&self, command: Command, words: String, row: &PaymentCommand, node: NodeId) -> Result<(), Error> {
        tracing::warn!(command = %row.id, kind = %row.kind, words, "Stripe refused");
        let observers = self.observers.clone();
        let account = self.account.get().cloned().unwrap_or_default();
        let (id, now) = (row.id, self.clock.now());
        self.db
            .write(move |db| {
                let object = match &command {
                    Command::Refund(new) => (ObjectKind::Payment, new.payment.clone()),
                    Command::EndSubscription { subscription } => (ObjectKind::Subscription, subscription.clone()),
                    Command::ExpireCheckout { checkout } => (ObjectKind::Checkout, checkout.clone()),
                };
                if !store::close_command(db, id, node, (CommandState::Failed, &words), now)? {
                    return Ok(());
                }
                let seen = Seen { account: &account, now };
                process::refused(db, &observers, &Observed::Refused(command, words), &seen)?;
                // What is there instead?
                inbox::look(db, object.0, &object.1, Source::Follow, now)?;
                Ok::<_, Error>(())
            })
            .await
    }
}

/// Whether a refund carries every word that we wrote on ours.
fn is_the_one(found: &crate::stripe::Metadata, ours: &crate::stripe::Metadata) -> bool {
    !ours.is_empty() && ours.iter().all(|(name, value)| found.get(name) == Some(value))
}
