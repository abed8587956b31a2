//! The entries of a month as a table shows them, with the ways to what they are made of.

use serde_json::{Value, json};

use crate::finance::journal::{Entry, Line};
use crate::values::{Money, PageRequest};
use crate::web::staff::finance::bank::{day, line_path, payout_path, sentence};
use crate::web::staff::gift_words::{donation_path, money};

/// Those of one page.
pub(super) fn rows(entries: &[Entry], request: PageRequest) -> Vec<Value> {
    let (skip, take) = (usize::try_from(request.offset()), usize::try_from(request.size));
    let shown = entries.iter().skip(skip.unwrap_or(usize::MAX)).take(take.unwrap_or_default());
    shown.map(row).collect()
}

fn row(entry: &Entry) -> Value {
    json!({
        "day": day(entry.day), "narration": sentence(&entry.narration), "links": links(entry),
        "lines": entry.lines.iter().map(|each| line(entry, each)).collect::<Vec<_>>(),
    })
}

fn line(entry: &Entry, line: &Line) -> Value {
    let amount = money(&Money::new(line.amount_minor.saturating_abs(), entry.currency.clone()));
    let debit = line.amount_minor > 0;
    json!({
        "code": line.account.code, "name": line.account.name,
        "debit": debit.then_some(&amount), "credit": (!debit).then_some(&amount),
    })
}

fn links(entry: &Entry) -> Vec<Value> {
    let link = |label: &str, href: String| json!({ "label": label, "href": href });
    let mut links = Vec::new();
    links.extend(entry.donation.map(|id| link("Gift", donation_path(id))));
    links.extend(entry.transaction().map(|id| link("Transaction", format!("/staff/finance/transactions/{id}"))));
    links.extend(entry.payout.as_ref().map(|id| link("Payout", payout_path(id))));
    links.extend(entry.bank_line.map(|id| link("Bank line", line_path(id))));
    links
}
