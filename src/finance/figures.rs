//! Finance's home: what stands where, per currency. Each figure is the sum of the rows that its link opens.
//!
//! What holds between them, to the cent:
//!
//! - `change = received - refunded - fees + other - paid_out`: what the month did to the balance at Stripe.
//! - `at_stripe` is the sum of `net` of all lines of the balance, whatever their month and older than the books too; the
//!   sum of `change` over all months, and of the lines older than the books, is the same.
//! - `in_transit` is what left the balance in payouts, less what came back to it, less what open matches say is at the
//!   bank (returned legs count against): the sum of `paid_out` over all months, less `in_bank` over all months, but for
//!   matches of payouts that are older than the books. It is the journal's transit account.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use diesel::QueryResult;

use super::payouts::{self, AtBank};
use super::store::figures as store;
use super::{Explanation, balance};
use crate::db::Db;
use crate::values::{Currency, Day, Month};

/// The figures of one currency, in its minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    pub currency: Currency,
    pub month: Month,
    /// Gross gifts of the month.
    pub received: i64,
    /// What went back to givers in the month, less refunds that failed.
    pub refunded: i64,
    /// Stripe's fees of the month: on payments, and its own lines.
    pub fees: i64,
    /// What staff explained, and what is unexplained, of the month; positive is money that came.
    pub other: i64,
    /// Payouts sent in the month, less those that came back to Stripe.
    pub paid_out: i64,
    /// What the month did to the balance.
    pub change: i64,
    /// At Stripe now, available or pending.
    pub at_stripe: i64,
    /// Left Stripe, and is not at the bank.
    pub in_transit: i64,
    /// Matched bank lines of the month, by the bank's day.
    pub in_bank: i64,
    /// Count and gross sum of all that nobody explained yet, of any month.
    pub unexplained: (i64, i64),
    /// Payouts that should be at the bank since days.
    pub late_payouts: i64,
    /// Bank lines that are neither matched nor set aside.
    pub open_lines: i64,
}

impl Figures {
    fn none(currency: Currency, month: Month) -> Self {
        Self {
            currency,
            month,
            received: 0,
            refunded: 0,
            fees: 0,
            other: 0,
            paid_out: 0,
            change: 0,
            at_stripe: 0,
            in_transit: 0,
            in_bank: 0,
            unexplained: (0, 0),
            late_payouts: 0,
            open_lines: 0,
        }
    }

    /// The rows behind a figure of the month.
    pub fn rows_of(&self, group: balance::Group) -> balance::Filter {
        balance::Filter {
            group: Some(group),
            currency: Some(self.currency.clone()),
            from: Some(self.month.first()),
            to: Some(self.month.last()),
            ..balance::Filter::default()
        }
    }
    /// The rows behind `at_stripe`: all of the currency.
    pub fn rows_at_stripe(&self) -> balance::Filter {
        balance::Filter { currency: Some(self.currency.clone()), ..balance::Filter::default() }
    }
    /// The rows behind `unexplained`.
    pub fn rows_unexplained(&self) -> balance::Filter {
        balance::Filter { explanation: Some(Explanation::Unexplained), ..self.rows_at_stripe() }
    }
    /// The payouts behind `in_transit` and `late_payouts`.
    pub fn payouts(&self, at_bank: AtBank) -> payouts::Filter {
        payouts::Filter { at_bank: Some(at_bank), currency: Some(self.currency.clone()), ..payouts::Filter::default() }
    }
}

/// Per currency, in the order of their letters.
///
/// # Errors
/// The database's.
pub fn figures(db: &mut Db, livemode: bool, month: Month, zone: Tz, today: Day) -> QueryResult<Vec<Figures>> {
    let mut found = Found { month, rows: BTreeMap::new() };
    let (from, until) = month.bounds(zone);
    for row in store::by_explanation(db, livemode, from, until)? {
        let figures = found.of(&row.currency);
        // Fees on lines of whatever kind; amounts by what explains them.
        figures.fees += row.fee;
        figures.change += row.net;
        match row.explanation {
            Explanation::Gift => figures.received += row.amount,
            Explanation::Refund | Explanation::RefundFailure => figures.refunded -= row.amount,
            Explanation::Fee => figures.fees -= row.amount,
            Explanation::Payout | Explanation::PayoutReturned => figures.paid_out -= row.amount,
            Explanation::Staff | Explanation::Unexplained => figures.other += row.amount,
            Explanation::Before => {}
        }
    }
    for (currency, net) in store::at_stripe(db, livemode)? {
        found.of(&currency).at_stripe = net;
    }
    for (currency, count, sum) in store::unexplained(db, livemode)? {
        found.of(&currency).unexplained = (count, sum);
    }
    for (currency, sum) in store::sent(db, livemode)? {
        found.of(&currency).in_transit += sum;
    }
    for (currency, sum) in store::arrived(db, livemode)? {
        found.of(&currency).in_transit -= sum;
    }
    for (currency, sum) in store::in_bank(db, livemode, month.first(), month.last())? {
        found.of(&currency).in_bank = sum;
    }
    for (currency, count) in store::late(db, livemode, payouts::late_before(today))? {
        found.of(&currency).late_payouts = count;
    }
    for (currency, count) in store::open_lines(db)? {
        found.of(&currency).open_lines = count;
    }
    Ok(found.rows.into_values().collect())
}

struct Found {
    month: Month,
    rows: BTreeMap<Currency, Figures>,
}

impl Found {
    fn of(&mut self, currency: &Currency) -> &mut Figures {
        let month = self.month;
        self.rows.entry(currency.clone()).or_insert_with_key(|currency| Figures::none(currency.clone(), month))
    }
}
