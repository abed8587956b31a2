//! Money that goes back.

use serde_json::{Value, json};

use super::ledger;
use crate::sandbox::stripe::fault::{ApiError, Fault};
use crate::sandbox::stripe::fees;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::objects::ledger::NewLine;
use crate::sandbox::stripe::objects::method::Behaviour;
use crate::sandbox::stripe::objects::refund::refund;
use crate::sandbox::stripe::run::Run;
use crate::values::{Currency, Money};

/// Seconds until a refund to a bank account is through, and until a refund that will fail has failed.
const LATER: i64 = 3 * 86_400;

/// From `payment_intent` or `charge`, `amount` (else all that is left), `metadata`, `reason`.
pub fn give_back(run: &mut Run<'_>, asked: &Value) -> Result<Value, Fault> {
    let mut charge = charge_of(run, asked)?;
    let left = charge.int("amount") - charge.int("amount_refunded");
    let id = charge.text("id").to_owned();
    if charge.text("status") != "succeeded" {
        return Err(ApiError::invalid(format!("Charge {id} has not succeeded and cannot be refunded.")).into());
    }
    if left <= 0 {
        let said = format!("Charge {id} has already been refunded.");
        return Err(ApiError::invalid(said).code("charge_already_refunded").into());
    }
    let amount = asked.maybe_int("amount").unwrap_or(left);
    if amount <= 0 {
        return Err(ApiError::invalid("Invalid positive integer")
            .code("parameter_invalid_integer")
            .param("amount")
            .into());
    }
    if amount > left {
        let currency = Currency::parse(charge.text("currency")).unwrap_or_else(|_| Currency::eur());
        let said = |minor| Money::new(minor, currency.clone()).to_string();
        let said =
            format!("Refund amount ({}) is greater than unrefunded amount on charge ({})", said(amount), said(left));
        return Err(ApiError::invalid(said).param("amount").into());
    }
    let mut made = refund(&charge, asked, amount, run.seconds())?;
    let line = line(run, &charge, &made, -1)?;
    made.put("balance_transaction", line.text("id"));
    charge.put("amount_refunded", charge.int("amount_refunded") + amount);
    charge.put("refunded", charge.int("amount_refunded") == charge.int("amount"));
    run.add(&made)?;
    run.save(&charge)?;
    run.emit("charge.refunded", &charge)?;
    run.emit("refund.created", &made)?;
    let method = run.get(charge.text("payment_method"))?;
    match Behaviour::of(&method) {
        Behaviour::NoRefunds => run.schedule(run.seconds() + LATER, "refund_fails", made.text("id"))?,
        _ if made.text("status") == "pending" => {
            run.schedule(run.seconds() + LATER, "refund_through", made.text("id"))?;
        }
        _ => {
            made.put("destination_details.card.reference_status", "available");
            made.put("destination_details.card.reference", "7859123456789012");
            run.save(&made)?;
            run.emit("refund.updated", &made)?;
        }
    }
    Ok(made)
}

fn charge_of(run: &mut Run<'_>, asked: &Value) -> Result<Value, Fault> {
    match (asked.maybe("payment_intent"), asked.maybe("charge")) {
        (Some(intent), _) => {
            let intent = run.named("payment_intent", intent, "payment_intent")?;
            match intent.maybe("latest_charge") {
                Some(charge) if intent.text("status") == "succeeded" => run.get(charge),
                _ => {
                    let said = format!(
                        "This PaymentIntent ({}) does not have a successful charge to refund.",
                        intent.text("id")
                    );
                    Err(ApiError::invalid(said).code("payment_intent_unexpected_state").param("payment_intent").into())
                }
            }
        }
        (None, Some(charge)) => run.named("charge", charge, "charge"),
        (None, None) => {
            let said = "One of the following params should be provided for this request: payment_intent or charge.";
            Err(ApiError::invalid(said).code("parameter_missing").before().into())
        }
    }
}

/// A refund's line of the balance: `sign` -1 when money leaves, 1 when it comes back. The fee of the charge is kept.
fn line(run: &mut Run<'_>, charge: &Value, refund: &Value, sign: i64) -> Result<Value, Fault> {
    let currency = Currency::parse(charge.text("currency")).unwrap_or_else(|_| Currency::eur());
    let settled = fees::settle(refund.int("amount"), &currency);
    let card = charge.text("payment_method_details.type") == "card";
    let (kind, category) = match (sign < 0, card) {
        (true, true) => ("refund", "refund"),
        (true, false) => ("payment_refund", "refund"),
        (false, true) => ("refund_failure", "refund_failure"),
        (false, false) => ("payment_failure_refund", "refund_failure"),
    };
    let now = run.seconds();
    ledger::book(
        run,
        &NewLine {
            kind,
            reporting_category: category,
            source: Some(refund.text("id")),
            description: if sign < 0 { Some("REFUND FOR CHARGE") } else { Some("REFUND FAILURE") },
            amount: sign * settled.minor,
            currency: &settled.currency.stripe_code(),
            fee: 0,
            rate: settled.rate,
            created: now,
            available_on: now,
        },
    )
}

/// A refund to a bank account is through.
pub fn through(run: &mut Run<'_>, id: &str) -> Result<(), Fault> {
    let mut refund = run.get(id)?;
    if refund.text("status") != "pending" {
        return Ok(());
    }
    refund.put("status", "succeeded");
    run.save(&refund)?;
    run.emit_change("refund.updated", &refund, json!({ "status": "pending" }))
}

/// The bank sends a refund back.
pub fn fail(run: &mut Run<'_>, id: &str) -> Result<(), Fault> {
    let mut refund = run.named("refund", id, "refund")?;
    if matches!(refund.text("status"), "failed" | "canceled") {
        return Err(ApiError::invalid("This refund has failed already.").into());
    }
    let mut charge = run.get(refund.text("charge"))?;
    let line = line(run, &charge, &refund, 1)?;
    refund.put("status", "failed");
    refund.put("failure_reason", "expired_or_canceled_card");
    refund.put("failure_balance_transaction", line.text("id"));
    charge.put("amount_refunded", charge.int("amount_refunded") - refund.int("amount"));
    charge.put("refunded", false);
    run.save(&refund)?;
    run.save(&charge)?;
    run.emit("refund.updated", &refund)?;
    run.emit("refund.failed", &refund)
}
