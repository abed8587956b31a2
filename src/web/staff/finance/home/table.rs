//! The figures: the way of the money, and the month as a sum.

use serde_json::{Value, json};

use super::super::words::{PAYOUTS, TRANSACTIONS, amount, count, with_query};
use crate::finance::balance::Group;
use crate::finance::figures::Figures;
use crate::finance::payouts::AtBank;
use crate::web::staff::campaigns::link;

/// The four places that money goes through, in order.
pub(super) fn way(figures: &Figures, many: bool) -> Value {
    let money = |minor| amount(minor, &figures.currency);
    let place = |label: &str, minor, when: String, href: String| json!({ "label": label, "number": money(minor), "when": when, "href": href });
    let month = super::name(figures.month);
    let in_month = format!("in {month}");
    let unexplained = match figures.unexplained {
        (0, _) => None,
        (n, sum) => Some(json!({
            "text": format!("{}, {}", count(n, "transaction", "transactions"), money(sum)),
            "href": with_query(TRANSACTIONS, &figures.rows_unexplained().query()),
        })),
    };
    json!({
        "heading": if many { format!("Where the money is, {}", figures.currency) } else { "Where the money is".into() },
        "id": format!("way-{}", figures.currency),
        "places": [
            place("Received", figures.received, in_month.clone(), transactions(figures, Group::Received)),
            place("At Stripe", figures.at_stripe, "now".into(), with_query(TRANSACTIONS, &figures.rows_at_stripe().query())),
            place("In transit", figures.in_transit, "now".into(), with_query(PAYOUTS, &figures.payouts(AtBank::InTransit).query())),
            place("In the bank", figures.in_bank, in_month, bank(figures)),
        ],
        "unexplained": unexplained,
    })
}

fn transactions(figures: &Figures, group: Group) -> String {
    with_query(TRANSACTIONS, &figures.rows_of(group).query())
}

/// The matched bank lines of the month.
fn bank(figures: &Figures) -> String {
    let (from, to) = (figures.month.first().to_string(), figures.month.last().to_string());
    let pairs = [("show", "matched"), ("currency", figures.currency.as_str()), ("from", &from), ("to", &to)];
    link("/staff/finance/bank", &pairs)
}

/// What the month did to the balance: a row per figure, a cell per currency.
pub(super) fn rows(all: &[Figures]) -> Vec<Value> {
    let row = |label: &str, group: Group, of: fn(&Figures) -> i64| {
        let cell = |figures: &Figures| json!({ "number": amount(of(figures), &figures.currency), "href": transactions(figures, group) });
        json!({ "label": label, "cells": all.iter().map(cell).collect::<Vec<_>>() })
    };
    let change = |figures: &Figures| json!({ "number": amount(figures.change, &figures.currency), "href": null });
    vec![
        row("Gifts received", Group::Received, |figures| figures.received),
        row("Given back", Group::Refunded, |figures| -figures.refunded),
        row("Stripe\u{2019}s fees", Group::Fees, |figures| -figures.fees),
        row("Other", Group::Other, |figures| figures.other),
        row("Paid out", Group::PaidOut, |figures| -figures.paid_out),
        json!({ "label": "Change of the balance", "total": true, "cells": all.iter().map(change).collect::<Vec<_>>() }),
    ]
}
