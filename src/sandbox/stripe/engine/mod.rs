//! What moves money and time. Each function runs in the caller's write transaction and keeps events and webhooks too.
//!
//! `charge` takes money from a payment method; `pay` is a visit to the hosted page; `subscribe` makes a subscription and
//! its first invoice, `renew` the others; `refund` gives back; `settle` is what the bank says later; `ledger` is the
//! account's balance and its payouts; `clock` does what falls due.

pub(super) mod charge;
mod clock;
pub(super) mod ledger;
pub(super) mod pay;
pub(super) mod refund;
mod renew;
mod settle;
pub(super) mod subscribe;

use super::SandboxStripe;
use super::fault::Fault;
use super::fees;
use super::json::Json;
use super::objects::method::Behaviour;
use super::run::Run;
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, Money};

pub use clock::{advance, anything_due, tick};

/// What the visitor of the hosted page makes happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Paid,
    /// The session stays open, as at Stripe: the visitor may try another card.
    Declined,
    /// A bank debit: promised now, there when the clock has moved by some days.
    Processing,
    /// A bank debit that the bank refuses some days later.
    ProcessingThenFails,
    /// Pays now; every renewal of the subscription is declined.
    PaidThenFails,
}

impl Outcome {
    fn behaviour(self) -> Behaviour {
        match self {
            Outcome::Paid => Behaviour::Works,
            Outcome::Declined => Behaviour::Declined,
            Outcome::Processing => Behaviour::Debit,
            Outcome::ProcessingThenFails => Behaviour::BadDebit,
            Outcome::PaidThenFails => Behaviour::WorksOnce,
        }
    }
}

/// The visitor pays (or tries to).
///
/// # Errors
/// `NotFound`; `Conflict` when the session is not open.
pub fn pay(db: &mut Db, stripe: &SandboxStripe, session: &str, outcome: Outcome) -> Result<(), Error> {
    Ok(pay::visit(&mut Run::begin(db, stripe)?, session, outcome.behaviour(), None)?)
}

/// Mischief: the visitor pays another amount (minor units) than the session asked for, and it completes all the same.
///
/// # Errors
/// As [`pay`].
pub fn pay_amount(db: &mut Db, stripe: &SandboxStripe, session: &str, minor: i64) -> Result<(), Error> {
    Ok(pay::visit(&mut Run::begin(db, stripe)?, session, Behaviour::Works, Some(minor))?)
}

/// The visitor leaves the page. Nothing happens until the session expires.
///
/// # Errors
/// `NotFound`.
pub fn abandon(db: &mut Db, stripe: &SandboxStripe, session: &str) -> Result<(), Error> {
    Run::new(db, stripe)?.named("checkout.session", session, "session")?;
    Ok(())
}

/// The session expires now.
///
/// # Errors
/// `NotFound`; `Conflict` when it is not open.
pub fn expire(db: &mut Db, stripe: &SandboxStripe, session: &str) -> Result<(), Error> {
    pay::expire(&mut Run::begin(db, stripe)?, session)?;
    Ok(())
}

/// Somebody gives money back in Stripe's dashboard, past our program. None: all that is left. Returns the refund's id.
///
/// # Errors
/// `NotFound`; `Conflict` when there is less left.
pub fn refund(db: &mut Db, stripe: &SandboxStripe, payment: &str, minor: Option<i64>) -> Result<String, Error> {
    let mut asked = serde_json::json!({ "payment_intent": payment });
    if let Some(minor) = minor {
        asked.put("amount", minor);
    }
    let refund = refund::give_back(&mut Run::begin(db, stripe)?, &asked)?;
    Ok(refund.text("id").to_owned())
}

/// Mischief: the donor's bank returns a refund, and the money is back on the balance.
///
/// # Errors
/// `NotFound`; `Conflict` when it has failed already.
pub fn fail_refund(db: &mut Db, stripe: &SandboxStripe, refund: &str) -> Result<(), Error> {
    Ok(refund::fail(&mut Run::begin(db, stripe)?, refund)?)
}

/// Mischief: a payout comes back from the bank, before or after it was paid, and the money is on the balance again.
///
/// # Errors
/// `NotFound`; `Conflict` when it has failed already.
pub fn fail_payout(db: &mut Db, stripe: &SandboxStripe, payout: &str) -> Result<(), Error> {
    Ok(ledger::fail(&mut Run::begin(db, stripe)?, payout)?)
}

/// Somebody asks for a payout in Stripe's dashboard: of it Stripe does not say which transactions it took along.
/// Returns the payout's id.
///
/// # Errors
/// `Conflict` when less is available.
pub fn pay_out_by_hand(db: &mut Db, stripe: &SandboxStripe, money: &Money) -> Result<String, Error> {
    let asked = serde_json::json!({ "amount": at_least_one(money)?, "currency": money.currency.stripe_code() });
    let payout = ledger::send_by_hand(&mut Run::begin(db, stripe)?, &asked)?;
    Ok(payout.text("id").to_owned())
}

/// Somebody takes a payment in Stripe's dashboard, past our program: nothing of it says what it is for, but perhaps the
/// description. Returns the PaymentIntent's id.
///
/// # Errors
/// `Invalid` when Stripe would not charge that amount.
pub fn charge_by_hand(db: &mut Db, stripe: &SandboxStripe, money: &Money, description: &str) -> Result<String, Error> {
    if !(fees::smallest(&money.currency)..=fees::GREATEST).contains(&money.minor) {
        return Err(Error::invalid("amount", "Stripe does not charge this amount"));
    }
    let mut run = Run::begin(db, stripe)?;
    let intent = pay::by_hand(&mut run, money.minor, &money.currency.stripe_code(), description)?;
    Ok(intent.text("id").to_owned())
}

/// Stripe takes a fee of its own, for something that is no payment. Returns the balance transaction's id.
///
/// # Errors
/// `Invalid` when the amount is not positive.
pub fn own_fee(db: &mut Db, stripe: &SandboxStripe, money: &Money) -> Result<String, Error> {
    let line = ledger::own_fee(&mut Run::begin(db, stripe)?, at_least_one(money)?, &money.currency)?;
    Ok(line.text("id").to_owned())
}

fn at_least_one(money: &Money) -> Result<i64, Error> {
    if money.minor > 0 { Ok(money.minor) } else { Err(Error::invalid("amount", "must be more than nothing")) }
}

/// Ends a subscription now, as somebody would in Stripe's dashboard.
///
/// # Errors
/// `NotFound`; `Conflict` when it has ended.
pub fn cancel_subscription(db: &mut Db, stripe: &SandboxStripe, subscription: &str) -> Result<(), Error> {
    let mut run = Run::begin(db, stripe)?;
    let found = run.named("subscription", subscription, "id")?;
    subscribe::cancel(&mut run, found, Some("cancellation_requested"))?;
    Ok(())
}

/// What time it is in the sandbox.
///
/// # Errors
/// The database's.
pub fn now(db: &mut Db, stripe: &SandboxStripe) -> Result<At, Error> {
    Ok(Run::new(db, stripe).map_err(Fault::into_error)?.now)
}
