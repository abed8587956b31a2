//! What moves money and time. Each function runs in the caller's write transaction and keeps events and webhooks too.

use crate::db::Db;
use crate::error::Error;
use crate::values::At;

use super::SandboxStripe;

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

/// The visitor pays (or tries to).
///
/// # Errors
/// `NotFound`; `Conflict` when the session is not open.
pub fn pay(_db: &mut Db, _stripe: &SandboxStripe, _session: &str, _outcome: Outcome) -> Result<(), Error> {
    not_yet()
}

/// Mischief: the visitor pays another amount (minor units) than the session asked for, and it completes all the same.
///
/// # Errors
/// As [`pay`].
pub fn pay_amount(_db: &mut Db, _stripe: &SandboxStripe, _session: &str, _minor: i64) -> Result<(), Error> {
    not_yet()
}

/// The visitor leaves the page. Nothing happens until the session expires.
///
/// # Errors
/// `NotFound`.
pub fn abandon(_db: &mut Db, _stripe: &SandboxStripe, _session: &str) -> Result<(), Error> {
    not_yet()
}

/// The session expires now.
///
/// # Errors
/// `NotFound`; `Conflict` when it is not open.
pub fn expire(_db: &mut Db, _stripe: &SandboxStripe, _session: &str) -> Result<(), Error> {
    not_yet()
}

/// Moves the sandbox's clock and does everything that falls due, in order of time.
///
/// # Errors
/// The database's.
pub fn advance(_db: &mut Db, _stripe: &SandboxStripe, _by: chrono::Duration) -> Result<(), Error> {
    not_yet()
}

/// Does what is due by now without moving the clock (a balance transaction some seconds after its charge, …). The
/// sender's loop calls it every second or so; it says how many things it did.
///
/// # Errors
/// The database's.
pub fn tick(_db: &mut Db, _stripe: &SandboxStripe) -> Result<usize, Error> {
    not_yet()
}

/// Whether [`tick`] would do anything; a cheap read, to be asked first.
///
/// # Errors
/// The database's.
pub fn anything_due(_db: &mut Db, _stripe: &SandboxStripe) -> Result<bool, Error> {
    not_yet()
}

/// What time it is in the sandbox.
///
/// # Errors
/// The database's.
pub fn now(db: &mut Db, stripe: &SandboxStripe) -> Result<At, Error> {
    Ok(stripe.clock.now() + chrono::Duration::seconds(super::store::ahead(db)?))
}

fn not_yet<T>() -> Result<T, Error> {
    Err(Error::internal(anyhow::anyhow!("not there yet")))
}
