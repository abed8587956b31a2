//! The account's balance: its lines, and how they leave for the bank.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::sandbox::stripe::fault::{ApiError, Fault};
use crate::sandbox::stripe::fees;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::objects::ledger::{NewLine, balance, line, payout};
use crate::sandbox::stripe::run::Run;
use crate::sandbox::stripe::store;
use crate::values::Currency;

const DAY: i64 = 86_400;
/// Days until a charge's money is available, and until a payout is at the bank.
const AVAILABLE_AFTER: i64 = 3;
const ARRIVES_AFTER: i64 = 2;
/// The hour (UTC) of automatic payouts.
const PAYOUT_HOUR: i64 = 3_600;

/// Keeps a line of the balance, and sees to it that it becomes available and is paid out.
pub fn book(run: &mut Run<'_>, new: &NewLine<'_>) -> Result<Value, Fault> {
    let line = line(new)?;
    run.add(&line)?;
    if new.available_on > new.created {
        run.schedule(new.available_on, "available", line.text("id"))?;
    }
    if !store::all(run.db, "due")?.iter().any(|due| due.text("what") == "payouts") {
        let next = (run.seconds() / DAY + 1) * DAY + PAYOUT_HOUR;
        run.schedule(next, "payouts", "")?;
    }
    Ok(line)
}

/// A charge's line comes some moments after its success.
pub fn charge(run: &mut Run<'_>, id: &str) -> Result<(), Fault> {
    let mut charge = run.get(id)?;
    if !charge.is_nothing("balance_transaction") || charge.text("status") != "succeeded" {
        return Ok(());
    }
    let currency = Currency::parse(charge.text("currency")).unwrap_or_else(|_| Currency::eur());
    let settled = fees::settle(charge.int("amount"), &currency);
    let method = charge.text("payment_method_details.type").to_owned();
    let now = run.seconds();
    let line = book(
        run,
        &NewLine {
            kind: if method == "card" { "charge" } else { "payment" },
            reporting_category: "charge",
            source: Some(id),
            description: charge.maybe("description"),
            amount: settled.minor,
            currency: &settled.currency.stripe_code(),
            fee: fees::fee(&settled, &method),
            rate: settled.rate,
            created: now,
            available_on: (now / DAY + AVAILABLE_AFTER + 1) * DAY,
        },
    )?;
    charge.put("balance_transaction", line.text("id"));
    run.save(&charge)?;
    run.emit_change("charge.updated", &charge, json!({ "balance_transaction": null }))
}

/// Money that waited may be paid out.
pub fn available(run: &mut Run<'_>, id: &str) -> Result<(), Fault> {
    let mut line = run.get(id)?;
    line.put("status", "available");
    run.save(&line)
}

/// The daily payouts: one per currency, with everything that is available and in no payout yet.
pub fn payouts(run: &mut Run<'_>) -> Result<(), Fault> {
    let lines = store::all(run.db, "balance_transaction")?;
    let open: Vec<&Value> = lines.iter().filter(|line| line.is_nothing("_payout")).collect();
    let mut ready: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for line in open.iter().filter(|line| line.text("status") == "available") {
        ready.entry(line.text("currency").to_owned()).or_default().push(line);
    }
    ready.retain(|_, lines| lines.iter().map(|line| line.int("net")).sum::<i64>() > 0);
    if !ready.is_empty() {
        run.emit("balance.available", &balance(&lines))?;
    }
    let paid_out: usize = ready.values().map(Vec::len).sum();
    for (currency, lines) in &ready {
        let sum = lines.iter().map(|line| line.int("net")).sum();
        let payout = send(run, sum, currency, true)?;
        for line in lines {
            let mut line = Value::clone(line);
            line.put("_payout", payout.text("id"));
            run.save(&line)?;
        }
    }
    if paid_out < open.len() {
        let next = (run.seconds() / DAY + 1) * DAY + PAYOUT_HOUR;
        run.schedule(next, "payouts", "")?;
    }
    Ok(())
}

/// Sends money to the bank, with its own line.
fn send(run: &mut Run<'_>, amount: i64, currency: &str, automatic: bool) -> Result<Value, Fault> {
    let now = run.seconds();
    let arrival = (now / DAY + ARRIVES_AFTER) * DAY;
    let mut payout = payout(amount, currency, automatic, (now, arrival))?;
    let mut line = line(&NewLine {
        kind: "payout",
        reporting_category: "payout",
        source: Some(payout.text("id")),
        description: payout.maybe("description"),
        amount: -amount,
        currency,
        fee: 0,
        rate: None,
        created: now,
        available_on: now,
    })?;
    if automatic {
        line.put("_payout", payout.text("id"));
    }
    run.add(&line)?;
    payout.put("balance_transaction", line.text("id"));
    run.add(&payout)?;
    run.emit("payout.created", &payout)?;
    run.schedule(arrival, "payout_arrives", payout.text("id"))?;
    Ok(payout)
}

/// A payout that somebody asked for.
pub fn send_by_hand(run: &mut Run<'_>, asked: &Value) -> Result<Value, Fault> {
    let (amount, currency) = (asked.int("amount"), asked.text("currency").to_lowercase());
    let lines = store::all(run.db, "balance_transaction")?;
    let available: i64 = lines
        .iter()
        .filter(|line| line.text("currency") == currency && line.text("status") == "available")
        .map(|line| line.int("net"))
        .sum();
    if amount > available {
        let said = "You have insufficient funds in your Stripe account for this transfer.";
        return Err(ApiError::invalid(said).code("balance_insufficient").into());
    }
    let mut payout = send(run, amount, &currency, false)?;
    for field in ["description", "metadata", "statement_descriptor"] {
        if !asked.is_nothing(field) {
            payout.put(field, asked.get_at(field).clone());
        }
    }
    run.save(&payout)?;
    Ok(payout)
}

/// A fee of Stripe's own, taken from the balance: `minor` of `currency`. Stripe tells of it by no event.
pub fn own_fee(run: &mut Run<'_>, minor: i64, currency: &Currency) -> Result<Value, Fault> {
    let settled = fees::settle(minor, currency);
    let now = run.seconds();
    let description = format!("Billing - Usage Fee ({})", run.now.0.format("%Y-%m-%d"));
    let new = NewLine {
        kind: "stripe_fee",
        reporting_category: "fee",
        source: None,
        description: Some(&description),
        amount: -settled.minor,
        currency: &settled.currency.stripe_code(),
        fee: 0,
        rate: settled.rate,
        created: now,
        available_on: now,
    };
    book(run, &new)
}

/// The bank does not take a payout, or sends it back after some days. The money is on the balance again: it goes along
/// in the next automatic payout.
pub fn fail(run: &mut Run<'_>, id: &str) -> Result<(), Fault> {
    let mut payout = run.named("payout", id, "payout")?;
    let before = payout.text("status").to_owned();
    if matches!(before.as_str(), "failed" | "canceled") {
        return Err(ApiError::invalid("This payout has failed already.").into());
    }
    run.unschedule("payout_arrives", id)?;
    reconciled(run, &mut payout)?;
    let now = run.seconds();
    let new = NewLine {
        kind: "payout_failure",
        reporting_category: "payout_reversal",
        source: Some(id),
        description: Some("STRIPE PAYOUT FAILURE"),
        amount: payout.int("amount"),
        currency: payout.text("currency"),
        fee: 0,
        rate: None,
        created: now,
        available_on: now,
    };
    let line = book(run, &new)?;
    payout.put("status", "failed");
    payout.put("failure_balance_transaction", line.text("id"));
    payout.put("failure_code", "account_closed");
    payout.put("failure_message", "The bank account has been closed");
    payout.put("_failed_at", now);
    run.save(&payout)?;
    let nothing = Value::Null;
    let changed = json!({
        "failure_balance_transaction": nothing, "failure_code": nothing, "failure_message": nothing, "status": before,
    });
    run.emit_change("payout.updated", &payout, changed)?;
    run.emit("payout.failed", &payout)
}

/// Which lines an automatic payout took along is settled; Stripe says so once.
fn reconciled(run: &mut Run<'_>, payout: &mut Value) -> Result<(), Fault> {
    if payout.text("reconciliation_status") != "in_progress" {
        return Ok(());
    }
    payout.put("reconciliation_status", "completed");
    run.save(payout)?;
    run.emit("payout.reconciliation_completed", payout)
}

/// The bank has it.
pub fn arrived(run: &mut Run<'_>, id: &str) -> Result<(), Fault> {
    let mut payout = run.get(id)?;
    if payout.text("status") != "in_transit" {
        return Ok(());
    }
    reconciled(run, &mut payout)?;
    // Banks write capitals, so the trace is made of them.
    let trace = format!("SBX{}", payout.text("id").get(3..13).unwrap_or("").to_uppercase());
    payout.put("status", "paid");
    payout.put("trace_id", json!({ "status": "supported", "value": trace }));
    payout.put("_arrived", true);
    run.save(&payout)?;
    run.emit_change("payout.updated", &payout, json!({ "status": "in_transit" }))?;
    run.emit("payout.paid", &payout)
}
