//! Takes a PaymentIntent's amount from a payment method.

use serde_json::{Value, json};

use crate::sandbox::stripe::fault::Fault;
use crate::sandbox::stripe::json::{Json, public};
use crate::sandbox::stripe::objects::charge::{self, Came};
use crate::sandbox::stripe::objects::method::Behaviour;
use crate::sandbox::stripe::objects::payment::last_error;
use crate::sandbox::stripe::run::Run;

/// Seconds until a charge has its balance transaction (`capture_method` automatic_async).
const BALANCE_AFTER: i64 = 2;
/// Seconds until a bank debit is settled or refused.
const DEBIT_AFTER: i64 = 5 * 86_400;

/// One try. The payer is `present` on a page, or the card was kept. The PaymentIntent is changed and kept.
pub fn attempt(run: &mut Run<'_>, intent: &mut Value, method: &Value, present: bool) -> Result<Came, Fault> {
    let behaviour = Behaviour::of(method);
    let came = match behaviour {
        Behaviour::Works | Behaviour::NoRefunds => Came::Succeeded,
        Behaviour::WorksOnce if present => Came::Succeeded,
        Behaviour::Debit | Behaviour::BadDebit => Came::Pending,
        Behaviour::WorksOnce | Behaviour::Declined | Behaviour::NoFunds | Behaviour::Expired => Came::Failed,
    };
    let charge = charge::charge(intent, method, came, run.seconds())?;
    run.add(&charge)?;
    intent.put("latest_charge", charge.text("id"));
    match came {
        Came::Succeeded => {
            intent.put("payment_method", method.text("id"));
            succeeded(run, intent, &charge)?;
        }
        Came::Pending => {
            intent.put("payment_method", method.text("id"));
            intent.put("last_payment_error", Value::Null);
            intent.put("status", "processing");
            intent.put("processing", json!({ "type": "sepa_debit" }));
            run.save(intent)?;
            run.emit("charge.pending", &charge)?;
            run.emit("payment_intent.processing", intent)?;
            run.schedule(run.seconds() + DEBIT_AFTER, "debit", intent.text("id"))?;
        }
        Came::Failed => failed(run, intent, &charge, method)?,
    }
    Ok(came)
}

/// The money is there: says so, and schedules the line of the balance.
pub fn succeeded(run: &mut Run<'_>, intent: &mut Value, charge: &Value) -> Result<(), Fault> {
    intent.put("last_payment_error", Value::Null);
    intent.put("processing", Value::Null);
    intent.put("status", "succeeded");
    intent.put("amount_received", intent.int("amount"));
    run.save(intent)?;
    run.emit("charge.succeeded", charge)?;
    run.emit("payment_intent.succeeded", intent)?;
    run.schedule(run.seconds() + BALANCE_AFTER, "balance", charge.text("id"))
}

/// The money does not come: another payment method may be tried.
pub fn failed(run: &mut Run<'_>, intent: &mut Value, charge: &Value, method: &Value) -> Result<(), Fault> {
    intent.put("last_payment_error", last_error(charge, &public(method)));
    intent.put("payment_method", Value::Null);
    intent.put("processing", Value::Null);
    intent.put("status", "requires_payment_method");
    run.save(intent)?;
    run.emit("charge.failed", charge)?;
    run.emit("payment_intent.payment_failed", intent)
}
