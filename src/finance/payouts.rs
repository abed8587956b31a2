//! Payouts: what each took along, whether that is its amount to the cent, and whether its money is at the bank.

use std::collections::HashMap;

use chrono::{Datelike, Weekday};

use super::store::payouts as store;
use super::{BankLine, Explained, Leg, Match, PayoutRow, explain};
use crate::db::Db;
use crate::donations;
use crate::error::Error;
use crate::stripe::{PayoutStatus, Reconciliation};
use crate::text_enum;
use crate::values::{Currency, Day, DonationId, Page, PageRequest};

/// Business days after `arrives_on` on which a payout may still be on its way.
const PATIENCE: u32 = 5;

text_enum! {
    /// For the filter of the list.
    pub enum AtBank {
        /// No bank line has its money yet, and it did not fail.
        Missing => "missing",
        /// Missing for longer than banks take.
        Late => "late",
        There => "there",
        /// Failed, and the bank's line of the return is awaited.
        Returning => "returning",
        /// Not at the bank, or there with the debit to come: all whose legs at Stripe and at the bank differ. Their sum is
        /// what is in transit.
        InTransit => "in_transit",
    }
}

/// What staff look for. Nothing set means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub state: Option<PayoutStatus>,
    pub at_bank: Option<AtBank>,
    pub automatic: Option<bool>,
    pub currency: Option<Currency>,
    /// First and last day of arrival.
    pub from: Option<Day>,
    pub to: Option<Day>,
    /// Part of the id, the trace id or the descriptor.
    pub q: String,
}

impl Filter {
    /// As the query of a link.
    pub fn query(&self) -> String {
        let q = self.q.trim();
        super::query(&[
            ("state", self.state.map(|word| word.as_str().to_owned())),
            ("at_bank", self.at_bank.map(|word| word.as_str().to_owned())),
            ("automatic", self.automatic.map(|yes| yes.to_string())),
            ("currency", self.currency.as_ref().map(|currency| currency.as_str().to_owned())),
            ("from", self.from.map(|day| day.to_string())),
            ("to", self.to.map(|day| day.to_string())),
            ("q", (!q.is_empty()).then(|| q.to_owned())),
        ])
    }
}

/// Whether the money is at the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InBank {
    /// No bank line yet, and it need not be there yet.
    NotYet,
    /// So many days over the last day on which it should have been there.
    Late(i64),
    There,
    /// It failed before the bank had it: the money is at Stripe again.
    Failed,
    /// It failed after the bank had it, and the bank's debit is not matched yet.
    Returning,
    /// It came and went back, and both lines are there.
    Returned,
    /// It was stopped before it left.
    Cancelled,
}

impl InBank {
    fn of(payout: &PayoutRow, paid: bool, returned: bool, before: bool, today: Day) -> Self {
        match (payout.status, paid, returned) {
            (PayoutStatus::Canceled, false, _) => Self::Cancelled,
            (PayoutStatus::Failed | PayoutStatus::Canceled, true, true) => Self::Returned,
            (PayoutStatus::Failed | PayoutStatus::Canceled, true, false) => Self::Returning,
            (PayoutStatus::Failed, false, _) => Self::Failed,
            (_, true, _) => Self::There,
            _ if before => Self::NotYet,
            _ => match (today.0 - due(payout.arrives_on).0).num_days() {
                days if days > 0 => Self::Late(days),
                _ => Self::NotYet,
            },
        }
    }
}

/// Whether what a payout took along is its amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sum {
    Fits,
    /// So many minor units more (less, if negative) on its lines than on the payout.
    Differs(i64),
    /// Stripe has not said yet which lines it took along.
    NotYet,
    /// A manual payout: Stripe never says it.
    NotAttributed,
}

impl Sum {
    fn of(payout: &PayoutRow, net: i64) -> Self {
        match (payout.automatic, payout.reconciliation) {
            (false, _) => Self::NotAttributed,
            (true, Reconciliation::Completed) if net == payout.amount_minor => Self::Fits,
            (true, Reconciliation::Completed) => Self::Differs(net.saturating_sub(payout.amount_minor)),
            (true, _) => Self::NotYet,
        }
    }
}

/// A row of the list.
#[derive(Debug, Clone)]
pub struct Listed {
    pub payout: PayoutRow,
    pub in_bank: InBank,
    /// Older than the books: nobody waits for its bank line.
    pub before: bool,
    pub sum: Sum,
    /// How many lines it took along, and how many of them nothing explains.
    pub lines: i64,
    pub unexplained: i64,
}

/// A payout as its page shows it: `net = gross - fees - refunds + other`, in minor units of its currency.
#[derive(Debug, Clone)]
pub struct Shown {
    pub payout: PayoutRow,
    /// Of charges.
    pub gross: i64,
    /// On its lines, and Stripe's own.
    pub fees: i64,
    /// What went back to givers, less refunds that failed.
    pub refunds: i64,
    /// Disputes, adjustments, payouts that came back, and all else; positive is money that came.
    pub other: i64,
    /// The sum of its lines.
    pub net: i64,
    pub sum: Sum,
    pub lines: i64,
    pub unexplained: i64,
    /// Open ones, with their bank lines.
    pub matches: Vec<(Match, BankLine)>,
    pub in_bank: InBank,
    /// Older than the books: nobody waits for its bank line.
    pub before: bool,
    /// The last day on which it should be at the bank.
    pub due: Day,
    /// Its own line of the balance, and that of the money that came back when it failed.
    pub own: Option<Explained>,
    pub returned: Option<Explained>,
}

/// By day of arrival, newest first.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    livemode: bool,
    filter: &Filter,
    today: Day,
    request: PageRequest,
) -> diesel::QueryResult<Page<Listed>> {
    let page = store::list(db, livemode, filter, late_before(today), request)?;
    let ids: Vec<String> = page.rows.iter().map(|payout| payout.id.clone()).collect();
    let legs = store::legs(db, &ids)?;
    let lines = store::lines(db, &ids)?;
    let begins = explain::begins_at(db)?;
    Ok(page.map(|payout| {
        let before = begins.is_some_and(|begins| payout.created_at < begins);
        let has = |leg| legs.iter().any(|(id, open)| *id == payout.id && *open == leg);
        let taken = lines.iter().find(|taken| taken.payout == payout.id);
        Listed {
            before,
            in_bank: InBank::of(&payout, has(Leg::Paid), has(Leg::Returned), before, today),
            sum: Sum::of(&payout, taken.map_or(0, |taken| taken.net)),
            lines: taken.map_or(0, |taken| taken.lines),
            unexplained: taken.map_or(0, |taken| taken.unexplained),
            payout,
        }
    }))
}

/// # Errors
/// `NotFound`.
pub fn show(db: &mut Db, livemode: bool, id: &str, today: Day) -> Result<Shown, Error> {
    let payout = store::find(db, livemode, id)?.ok_or(Error::NotFound("payout"))?;
    let taken = store::lines(db, std::slice::from_ref(&payout.id))?.pop().unwrap_or_default();
    let matches = store::matches(db, id)?;
    let has = |leg| matches.iter().any(|(found, _)| found.leg == leg);
    let before = explain::begins_at(db)?.is_some_and(|begins| payout.created_at < begins);
    let mut line = |id: &Option<String>| match id {
        Some(id) => super::store::balance::find(db, livemode, id),
        None => Ok(None),
    };
    Ok(Shown {
        before,
        own: line(&payout.balance_transaction)?,
        returned: line(&payout.failure_balance_transaction)?,
        gross: taken.gross,
        fees: taken.fees,
        refunds: taken.refunds,
        other: taken.net - taken.gross + taken.fees + taken.refunds,
        net: taken.net,
        lines: taken.lines,
        unexplained: taken.unexplained,
        sum: Sum::of(&payout, taken.net),
        in_bank: InBank::of(&payout, has(Leg::Paid), has(Leg::Returned), before, today),
        due: due(payout.arrives_on),
        matches,
        payout,
    })
}

/// The payout that took the donation's payment along.
///
/// # Errors
/// The database's.
pub fn of_donation(db: &mut Db, livemode: bool, donation: DonationId) -> diesel::QueryResult<Option<PayoutRow>> {
    let Some(payment) = donations::store::find(db, donation)?.and_then(|gift| gift.payment) else { return Ok(None) };
    store::of_payment(db, livemode, &payment)
}

/// On which day the bank booked the money of these payouts, of those that are matched.
///
/// # Errors
/// The database's.
pub fn booked_on(db: &mut Db, ids: &[String]) -> diesel::QueryResult<HashMap<String, Day>> {
    store::booked_on(db, ids)
}

/// The last day on which a payout should be at the bank: five business days (Monday to Friday) after Stripe's day.
pub fn due(arrives_on: Day) -> Day {
    let mut day = arrives_on;
    let mut left = PATIENCE;
    while left > 0 {
        day = day.plus(1);
        if !matches!(day.0.weekday(), Weekday::Sat | Weekday::Sun) {
            left -= 1;
        }
    }
    day
}

/// What should have arrived before that day is late today.
pub(super) fn late_before(today: Day) -> Day {
    let mut day = today;
    // At most a week and a weekend.
    while due(day) >= today {
        day = day.plus(-1);
    }
    day.plus(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_after_five_business_days() {
        let day = |text| Day::parse(text).unwrap();
        // A Tuesday: until the next Tuesday.
        assert_eq!(due(day("2026-11-24")), day("2026-12-01"));
        // A Saturday: until the Friday after.
        assert_eq!(due(day("2026-11-28")), day("2026-12-04"));
        for offset in 0..14 {
            let today = day("2026-11-24").plus(offset);
            for back in 0..20 {
                let arrives = today.plus(-back);
                assert_eq!(arrives < late_before(today), due(arrives) < today, "{arrives} on {today}");
            }
        }
    }
}
