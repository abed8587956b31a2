//! What follows for the bank when Stripe says something of a payout.

use super::rule::match_by_rule;
use super::store;
use crate::db::Db;
use crate::error::Error;
use crate::finance::{Leg, Match};
use crate::payments::{Observed, Observer, Seen, Verdict};
use crate::stripe::{ObjectKind, Payout, PayoutStatus};
use crate::values::At;

/// Matches payouts with bank lines that wait for them. Registered with the payments.
pub struct Matcher;

impl Observer for Matcher {
    fn observe(&self, db: &mut Db, observed: &Observed, seen: &Seen<'_>) -> Result<Verdict, Error> {
        let Observed::Payout(payout) = observed else { return Ok(Verdict::NotOurs) };
        // The mirror was written before, in this transaction. What is only on its way may be at the bank already: banks
        // are faster than Stripe says.
        match_by_rule(db, payout.livemode, seen.now)?;
        let matches = store::of_payouts(db, std::slice::from_ref(&payout.id))?;
        Ok(Verdict::Booked(words(payout, &matches)))
    }

    fn overdue(&self, _db: &mut Db, _now: At) -> Result<Vec<(ObjectKind, String)>, Error> {
        Ok(Vec::new())
    }
}

/// Where the payout stands, for staff.
fn words(payout: &Payout, matches: &[Match]) -> String {
    let of = |leg: Leg| matches.iter().find(|each| each.leg == leg).map(|each| each.bank_line_id);
    let what = format!("Payout of {}", payout.amount);
    let why = payout.failure.as_deref().unwrap_or("Stripe does not say why");
    match (payout.status, of(Leg::Paid), of(Leg::Returned)) {
        (PayoutStatus::Failed, Some(_), Some(line)) => format!("{what} failed: {why}; bank line {line} took it back"),
        (PayoutStatus::Failed, Some(line), None) => {
            format!("{what} failed after bank line {line} had it: {why}; the bank should take it back")
        }
        (PayoutStatus::Failed, None, _) => format!("{what} failed: {why}"),
        (PayoutStatus::Canceled, _, _) => format!("{what} was cancelled"),
        (_, Some(line), _) => format!("{what} is at the bank: line {line}"),
        (PayoutStatus::Paid, None, _) => format!("{what} should be at the bank since {}", payout.arrives_on),
        (_, None, _) => format!("{what} is on its way; it should arrive on {}", payout.arrives_on),
    }
}
