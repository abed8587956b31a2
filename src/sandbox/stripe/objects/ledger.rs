//! `balance_transaction`, `payout`, `balance`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::sandbox::stripe::fault::Fault;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::run::id;

/// A line of the account's balance.
#[derive(Debug)]
pub struct NewLine<'a> {
    /// Stripe's `type`.
    pub kind: &'a str,
    pub reporting_category: &'a str,
    /// What it is about; none of a fee of Stripe's own.
    pub source: Option<&'a str>,
    pub description: Option<&'a str>,
    /// Minor units, in small letters' currency; negative when money leaves.
    pub amount: i64,
    pub currency: &'a str,
    pub fee: i64,
    /// Millionths.
    pub rate: Option<i64>,
    pub created: i64,
    pub available_on: i64,
}

pub fn line(new: &NewLine<'_>) -> Result<Value, Fault> {
    let fee = json!({
        "amount": new.fee, "application": null, "currency": new.currency,
        "description": "Stripe processing fees", "type": "stripe_fee",
    });
    // Written for people and clients alone; amounts are never computed from it.
    let rate = new.rate.and_then(|millionths| format!("{millionths}e-6").parse::<f64>().ok());
    Ok(json!({
        "id": id("txn")?,
        "object": "balance_transaction",
        "amount": new.amount,
        "available_on": new.available_on,
        "balance_type": "payments",
        "created": new.created,
        "currency": new.currency,
        "description": new.description,
        "exchange_rate": rate,
        "fee": new.fee,
        "fee_details": if new.fee == 0 { json!([]) } else { json!([fee]) },
        "net": new.amount - new.fee,
        "reporting_category": new.reporting_category,
        "source": new.source,
        "status": if new.available_on <= new.created { "available" } else { "pending" },
        "type": new.kind,
        "_payout": null,
    }))
}

/// Money on its way to the bank.
pub fn payout(amount: i64, currency: &str, automatic: bool, times: (i64, i64)) -> Result<Value, Fault> {
    let (created, arrival) = times;
    Ok(json!({
        "id": id("po")?,
        "object": "payout",
        "amount": amount,
        "application_fee": null,
        "application_fee_amount": null,
        "arrival_date": arrival,
        "automatic": automatic,
        "balance_transaction": null,
        "created": created,
        "currency": currency,
        "description": if automatic { "STRIPE PAYOUT" } else { "Payout" },
        "destination": format!("ba_1Sandbox{}", currency.to_uppercase()),
        "failure_balance_transaction": null,
        "failure_code": null,
        "failure_message": null,
        "livemode": false,
        "metadata": {},
        "method": "standard",
        "original_payout": null,
        "payout_method": null,
        "reconciliation_status": if automatic { "in_progress" } else { "not_applicable" },
        "reversed_by": null,
        "source_type": "card",
        "statement_descriptor": null,
        "status": "in_transit",
        "trace_id": { "status": "pending", "value": null },
        "type": "bank_account",
    }))
}

/// The balance over all lines.
pub fn balance(lines: &[Value]) -> Value {
    let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::from([("eur", (0, 0))]);
    for line in lines {
        let sum = sums.entry(line.text("currency")).or_default();
        match line.text("status") {
            "available" => sum.0 += line.int("net"),
            _ => sum.1 += line.int("net"),
        }
    }
    let amounts = |pick: fn(&(i64, i64)) -> i64| -> Vec<Value> {
        let amount = |(currency, sum): (&&str, &(i64, i64))| {
            let minor = pick(sum);
            json!({ "amount": minor, "currency": currency, "source_types": { "card": minor } })
        };
        sums.iter().map(amount).collect()
    };
    json!({
        "object": "balance",
        "available": amounts(|sum| sum.0),
        "livemode": false,
        "pending": amounts(|sum| sum.1),
        "refund_and_dispute_prefunding": { "available": [], "pending": [] },
    })
}
