//! The books: what follows from what Stripe shows.
//!
//! - A one-off gift is paid when its session is complete and paid, or its payment succeeded, whichever is seen first. A session
//!   that is complete and unpaid is a promise: `processing`.
//! - What came in another amount or currency than was asked is not booked: it is a question for staff.
//! - A repeated gift: the session only links. Each paid invoice is one donation, the first included.
//! - Money that goes back is a refund, a row of its own.
//! - A state is only ever left forward; the same thing seen again, later, or before what led to it, ends in the same books.
//!
//! Each rule holds the row of its gift or pledge ([`store::lock`]) before it looks at it.

mod checkout;
mod invoice;
mod money;
mod overdue;
mod owner;
mod payment;
mod refund;
mod subscription;

use std::sync::Arc;

use super::Link;
use super::timeline::STRIPE;
use crate::db::Db;
use crate::error::Error;
use crate::payments::{Command, Observed, Observer, Seen, Verdict};
use crate::stripe::ObjectKind;
use crate::values::{At, RootKey};

pub use overdue::next_look;

/// Books gifts. Registered with the payments.
pub struct Books {
    pub root: RootKey,
    pub link: Arc<dyn Fn(&str) -> String + Send + Sync>,
}

/// What booking needs to know beside the gift.
#[derive(Clone, Copy)]
pub(super) struct Booking<'a> {
    pub root: &'a RootKey,
    pub link: Link<'a>,
    pub now: At,
    /// Whose doing it is, for the timeline.
    pub actor: &'a str,
}

impl Observer for Books {
    fn observe(&self, db: &mut Db, observed: &Observed, seen: &Seen<'_>) -> Result<Verdict, Error> {
        let booking = Booking { root: &self.root, link: &*self.link, now: seen.now, actor: STRIPE };
        match observed {
            Observed::Checkout(checkout) => booking.checkout(db, checkout, seen.account),
            Observed::Payment(payment) => booking.payment(db, payment, seen.account),
            Observed::Invoice(invoice) => booking.invoice(db, invoice, seen.account),
            Observed::Subscription(subscription) => booking.subscription(db, subscription, seen.account),
            Observed::Payout(_) => Ok(Verdict::NotOurs),
            Observed::Refund(refund) => booking.refund(db, refund, seen.account),
            Observed::Refused(Command::Refund(refund), words) => booking.refund_refused(db, &refund.metadata, words),
            Observed::Refused(Command::EndSubscription { subscription }, words) => {
                booking.end_refused(db, subscription, words)
            }
            // A session that is over cannot be expired: what it became is seen by itself.
            Observed::Refused(Command::ExpireCheckout { checkout }, words) => {
                Ok(Verdict::Nothing(format!("{checkout} stays as it is: {words}")))
            }
        }
    }

    fn overdue(&self, db: &mut Db, now: At) -> Result<Vec<(ObjectKind, String)>, Error> {
        overdue::overdue(db, now)
    }
}

fn booked(words: impl Into<String>) -> Result<Verdict, Error> {
    Ok(Verdict::Booked(words.into()))
}

fn nothing(words: impl Into<String>) -> Result<Verdict, Error> {
    Ok(Verdict::Nothing(words.into()))
}
