//! How features hear of what was seen at Stripe.

use std::sync::Arc;

use super::Command;
use crate::db::Db;
use crate::error::Error;
use crate::stripe::{Checkout, Invoice, Payment, Payout, Refund, Subscription};
use crate::values::At;

/// An object as it was fetched a moment ago under our API version, or a command that Stripe refused for good.
#[derive(Debug, Clone)]
pub enum Observed {
    Checkout(Checkout),
    Payment(Payment),
    Refund(Refund),
    Subscription(Subscription),
    Invoice(Invoice),
    Payout(Payout),
    /// Stripe's words come with it.
    Refused(Command, String),
}

/// The circumstances of what was observed.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
    pub account: &'a str,
    pub now: At,
}

/// What an observer made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Booked, or already so: what, in words that staff understand (`donation 12 is paid`).
    Booked(String),
    /// Nothing follows from it: why.
    Nothing(String),
    /// Not about anything of this feature.
    NotOurs,
}

/// A feature that books what Stripe says. Runs in the transaction that writes the mirror and closes the inbox row, with the
/// object locked; takes effect once however often the same state is observed.
pub trait Observer: Send + Sync {
    /// # Errors
    /// `Conflict` when it makes no sense (kept and shown to staff, not tried again by itself); anything else is tried again.
    fn observe(&self, db: &mut Db, observed: &Observed, seen: &Seen<'_>) -> Result<Verdict, Error>;

    /// Objects that the feature has waited for too long, to be looked at now; each call moves their next look on.
    ///
    /// # Errors
    /// The database's.
    fn overdue(&self, db: &mut Db, now: At) -> Result<Vec<(crate::stripe::ObjectKind, String)>, Error>;
}

pub type Observers = Vec<Arc<dyn Observer>>;
