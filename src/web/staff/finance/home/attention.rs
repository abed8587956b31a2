//! What needs somebody: on finance's home, and in a line on the start page.

use chrono_tz::Tz;
use serde::Serialize;

use super::super::words::{PAYOUTS, TRANSACTIONS, amount, count, day, payout_failure, payout_path, with_query};
use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::finance::figures::Figures;
use crate::finance::payouts::{self, AtBank, InBank};
use crate::finance::{checks, figures};
use crate::stripe::PayoutStatus;
use crate::values::{At, Day, PageRequest};
use crate::web::staff::gift_words::money;

/// Days for which a payout that failed stands here; one whose return is awaited stays.
const FAILED_FOR: i64 = 30;
/// How many of them are named.
const NAMED: i64 = 5;

#[derive(Debug, Serialize)]
pub(in crate::web::staff) struct Attention {
    pub kind: &'static str,
    pub text: String,
    pub href: String,
    pub label: &'static str,
}

pub(super) fn of(
    db: &mut Db,
    livemode: bool,
    all: &[Figures],
    zone: Tz,
    now: At,
) -> Result<Vec<Attention>, FeatureError> {
    // All of them would take seconds after some years of gifts.
    let quick = checks::quick(db, livemode, zone)?;
    let mut found: Vec<Attention> = failed(db, livemode, Day::of(now, zone))?;
    let broken: Vec<_> = quick.iter().filter(|check| !check.holds).collect();
    let text = match broken.as_slice() {
        [] => None,
        [one] => Some(format!("Check {} does not hold: \u{201c}{}\u{201d}.", one.number, one.title)),
        many => {
            let numbers: Vec<String> = many.iter().map(|check| check.number.to_string()).collect();
            Some(format!("Checks {} do not hold.", numbers.join(", ")))
        }
    };
    found.extend(text.map(|text| Attention {
        kind: "danger",
        text,
        href: "/staff/finance/checks".into(),
        label: "Look at it",
    }));
    for figures in all {
        found.extend(of_currency(figures));
    }
    Ok(found)
}

fn of_currency(figures: &Figures) -> Vec<Attention> {
    let mut found = Vec::new();
    let (n, sum) = figures.unexplained;
    if n > 0 {
        let (what, verb) = (count(n, "transaction", "transactions"), if n == 1 { "is" } else { "are" });
        found.push(Attention {
            kind: "warn",
            text: format!("{what}, {}, {verb} not explained.", amount(sum, &figures.currency)),
            href: with_query(TRANSACTIONS, &figures.rows_unexplained().query()),
            label: "Explain",
        });
    }
    if figures.late_payouts > 0 {
        let (what, verb) =
            (count(figures.late_payouts, "payout", "payouts"), if figures.late_payouts == 1 { "is" } else { "are" });
        found.push(Attention {
            kind: "warn",
            text: format!("{what} in {} {verb} late: no bank line has the money.", figures.currency),
            href: with_query(PAYOUTS, &figures.payouts(AtBank::Late).query()),
            label: "Look at it",
        });
    }
    if figures.open_lines > 0 {
        let (what, verb) = (
            count(figures.open_lines, "bank line", "bank lines"),
            if figures.open_lines == 1 { "waits" } else { "wait" },
        );
        found.push(Attention {
            kind: "info",
            text: format!("{what} in {} {verb} to be matched or set aside.", figures.currency),
            href: "/staff/finance/bank".into(),
            label: "Match",
        });
    }
    found
}

/// Payouts that failed lately, and those whose return the bank has not shown.
fn failed(db: &mut Db, livemode: bool, today: Day) -> Result<Vec<Attention>, FeatureError> {
    let lately = payouts::Filter {
        state: Some(PayoutStatus::Failed),
        from: Some(today.plus(-FAILED_FOR)),
        ..payouts::Filter::default()
    };
    let awaited = payouts::Filter { at_bank: Some(AtBank::Returning), ..payouts::Filter::default() };
    let mut rows = payouts::list(db, livemode, &lately, today, PageRequest::new(None, NAMED))?.rows;
    for row in payouts::list(db, livemode, &awaited, today, PageRequest::new(None, NAMED))?.rows {
        if !rows.iter().any(|shown| shown.payout.id == row.payout.id) {
            rows.push(row);
        }
    }
    let line = |row: payouts::Listed| {
        let payout = &row.payout;
        let why =
            payout.failure.as_deref().map(|word| payout_failure(word).unwrap_or(word).trim_end_matches('.').to_owned());
        let why = why.map(|why| format!(" {why}.")).unwrap_or_default();
        let rest = match row.in_bank {
            InBank::Returning => " The bank\u{2019}s line that takes the money back is not here yet.",
            _ => " Its money is at Stripe again.",
        };
        Attention {
            kind: "danger",
            text: format!("The payout of {}, {}, failed.{why}{rest}", day(payout.arrives_on), money(&payout.amount())),
            href: payout_path(&payout.id),
            label: "Look at it",
        }
    };
    Ok(rows.into_iter().map(line).collect())
}

/// The one line of the start page; None when all is well.
pub(in crate::web::staff) fn start_page(
    db: &mut Db,
    livemode: bool,
    today: Day,
) -> Result<Option<Attention>, FeatureError> {
    let (unexplained, late) = figures::attention(db, livemode, today)?;
    let mut parts = Vec::new();
    if unexplained > 0 {
        parts.push(format!("{} not explained", count(unexplained, "transaction", "transactions")));
    }
    if late > 0 {
        parts.push(format!("{} late at the bank", count(late, "payout", "payouts")));
    }
    let href = if late == 0 { format!("{TRANSACTIONS}?explanation=unexplained") } else { super::HOME.to_owned() };
    Ok((!parts.is_empty()).then(|| Attention {
        kind: "warn",
        text: format!("Finance: {}.", parts.join(", ")),
        href,
        label: "Look at it",
    }))
}
