//! `charge`.

use serde_json::{Value, json};

use super::method::{Behaviour, details};
use crate::sandbox::stripe::fault::Fault;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::run::{id, letters};

/// How far a charge came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    Succeeded,
    Pending,
    Failed,
}

/// A try to take a PaymentIntent's amount from a payment method.
pub fn charge(intent: &Value, method: &Value, came: Came, created: i64) -> Result<Value, Fault> {
    // Cards make charges (ch_), everything else payments (py_).
    let id = id(if method.text("type") == "card" { "ch" } else { "py" })?;
    let amount = intent.int("amount");
    let refused = came == Came::Failed;
    let (code, reason, message) = refusal(Behaviour::of(method));
    let (code, message) = (refused.then_some(code), refused.then_some(message));
    let receipt = format!("https://pay.stripe.com/receipts/payment/{}", letters(40)?);
    Ok(json!({
        "id": id,
        "object": "charge",
        "amount": amount,
        "amount_captured": if refused { 0 } else { amount },
        "amount_refunded": 0,
        "application": null,
        "application_fee": null,
        "application_fee_amount": null,
        "balance_transaction": null,
        "billing_details": method.get_at("billing_details"),
        "calculated_statement_descriptor": "PLEDGEPOST SANDBOX",
        "captured": !refused,
        "created": created,
        "currency": intent.get_at("currency"),
        "customer": intent.get_at("customer"),
        "description": intent.get_at("description"),
        "destination": null,
        "dispute": null,
        "disputed": false,
        "failure_balance_transaction": null,
        "failure_code": code,
        "failure_message": message,
        "fraud_details": {},
        "livemode": false,
        // A copy, taken now: later changes of the PaymentIntent do not reach it.
        "metadata": intent.get_at("metadata"),
        "on_behalf_of": null,
        "order": null,
        "outcome": match refused {
            false => json!({
                "advice_code": null, "network_advice_code": null, "network_decline_code": null,
                "network_status": "approved_by_network", "reason": null, "risk_level": "normal", "risk_score": 12,
                "seller_message": "Payment complete.", "type": "authorized",
            }),
            true => json!({
                "advice_code": "try_again_later", "network_advice_code": null, "network_decline_code": null,
                "network_status": "declined_by_network", "reason": reason, "risk_level": "normal", "risk_score": 12,
                "seller_message": "The bank did not return any further details with this decline.",
                "type": "issuer_declined",
            }),
        },
        "paid": came == Came::Succeeded,
        "payment_intent": intent.get_at("id"),
        "payment_method": method.get_at("id"),
        "payment_method_details": details(method, amount),
        "presentment_details": null,
        "radar_options": {},
        "receipt_email": null,
        "receipt_number": null,
        "receipt_url": if refused { Value::Null } else { json!(receipt) },
        "refunded": false,
        "review": null,
        "shipping": null,
        "source": null,
        "source_transfer": null,
        "statement_descriptor": null,
        "statement_descriptor_suffix": null,
        "status": match came {
            Came::Succeeded => "succeeded",
            Came::Pending => "pending",
            Came::Failed => "failed",
        },
        "transfer_data": null,
        "transfer_group": null,
    }))
}

/// Code, decline code and message of a refusal, as Stripe words them.
pub fn refusal(behaviour: Behaviour) -> (&'static str, &'static str, &'static str) {
    match behaviour {
        Behaviour::NoFunds => ("card_declined", "insufficient_funds", "Your card has insufficient funds."),
        Behaviour::Expired => ("expired_card", "expired_card", "Your card has expired."),
        Behaviour::Debit | Behaviour::BadDebit => (
            "payment_intent_payment_attempt_failed",
            "debit_not_authorized",
            "The customer has notified their bank that this payment was unauthorized.",
        ),
        _ => ("card_declined", "generic_decline", "Your card was declined."),
    }
}
