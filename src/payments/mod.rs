//! What happened at Stripe, and what is to be done there: the inbox of payment events, the mirror of Stripe's objects, and
//! the commands that we send. Knows no gift: features register an [`Observer`].
//!
//! Everything that is learned goes one way: a row of the inbox names an object → the object is fetched from Stripe, outside
//! any transaction → in one transaction the mirror is written, the observers book what follows from it, and the row is done.
//! Webhooks, the poll of events, sweeps and `stripe sync` only differ in who writes the row.

mod model;
mod observer;
pub mod read;

pub use model::{Command, CommandKind, CommandState, EventState, PaymentCommand, PaymentEvent, Source};
pub use observer::{Observed, Observer, Observers, Seen, Verdict};
