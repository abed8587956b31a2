//! What follows for the bank when Stripe says something of a payout.

use crate::db::Db;
use crate::error::Error;
use crate::payments::{Observed, Observer, Seen, Verdict};
use crate::stripe::ObjectKind;
use crate::values::At;

/// Matches payouts with bank lines that wait for them. Registered with the payments.
pub struct Matcher;

impl Observer for Matcher {
    fn observe(&self, _db: &mut Db, _observed: &Observed, _seen: &Seen<'_>) -> Result<Verdict, Error> {
        Ok(Verdict::NotOurs)
    }
    fn overdue(&self, _db: &mut Db, _now: At) -> Result<Vec<(ObjectKind, String)>, Error> {
        Ok(Vec::new())
    }
}
