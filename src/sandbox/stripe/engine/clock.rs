//! Time: what falls due, in its order.

use chrono::DateTime;

use super::{ledger, pay, refund, renew, settle};
use crate::db::Db;
use crate::error::Error;
use crate::sandbox::stripe::fault::Fault;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::run::Run;
use crate::sandbox::stripe::{SandboxStripe, store};
use crate::values::At;

/// Moves the sandbox's clock and does everything that falls due, in order of time, each thing at its own time.
///
/// # Errors
/// The database's; `Conflict` when the clock would go back.
pub fn advance(db: &mut Db, stripe: &SandboxStripe, by: chrono::Duration) -> Result<(), Error> {
    if by < chrono::Duration::zero() {
        return Err(Error::conflict("The clock does not go back."));
    }
    let mut run = Run::begin(db, stripe)?;
    let until = run.now + by;
    work(&mut run, until)?;
    let ahead = store::ahead(db)?;
    Ok(store::set_ahead(db, ahead.saturating_add(by.num_seconds()))?)
}

/// Does what is due by now without moving the clock (a balance transaction some seconds after its charge, …). The
/// sender's loop calls it every second or so; it says how many things it did.
///
/// # Errors
/// The database's.
pub fn tick(db: &mut Db, stripe: &SandboxStripe) -> Result<usize, Error> {
    let mut run = Run::begin(db, stripe)?;
    let until = run.now;
    Ok(work(&mut run, until)?)
}

/// Whether [`tick`] would do anything; a cheap read, to be asked first.
///
/// # Errors
/// The database's.
pub fn anything_due(db: &mut Db, stripe: &SandboxStripe) -> Result<bool, Error> {
    let now = Run::new(db, stripe)?.seconds();
    Ok(store::next_due(db, now)?.is_some())
}

fn work(run: &mut Run<'_>, until: At) -> Result<usize, Fault> {
    let mut done = 0;
    while let Some(due) = store::next_due(run.db, until.0.timestamp())? {
        store::delete(run.db, due.text("id"))?;
        run.now = At(DateTime::from_timestamp(due.int("at"), 0).unwrap_or(until.0));
        let subject = due.text("subject");
        match due.text("what") {
            "balance" => ledger::charge(run, subject)?,
            "available" => ledger::available(run, subject)?,
            "payouts" => ledger::payouts(run)?,
            "payout_arrives" => ledger::arrived(run, subject)?,
            "debit" => settle::debit(run, subject)?,
            "refund_through" => refund::through(run, subject)?,
            "refund_fails" => unless_done(refund::fail(run, subject))?,
            "expire" => unless_done(pay::expire(run, subject).map(drop))?,
            "renew" => renew::renew(run, subject)?,
            "retry" => renew::retry(run, subject)?,
            other => tracing::warn!(other, "the sandbox's Stripe does not know what to do"),
        }
        done += 1;
    }
    run.now = until;
    Ok(done)
}

/// Somebody may have done it before it fell due.
fn unless_done(result: Result<(), Fault>) -> Result<(), Fault> {
    match result {
        Err(Fault::Stripe(_)) => Ok(()),
        other => other,
    }
}
