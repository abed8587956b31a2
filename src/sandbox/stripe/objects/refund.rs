//! `refund`.

use serde_json::{Value, json};

use crate::sandbox::stripe::fault::Fault;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::run::id;

pub fn refund(charge: &Value, asked: &Value, amount: i64, created: i64) -> Result<Value, Fault> {
    let card = charge.text("payment_method_details.type") == "card";
    Ok(json!({
        "id": id(if card { "re" } else { "pyr" })?,
        "object": "refund",
        "amount": amount,
        "balance_transaction": null,
        "charge": charge.get_at("id"),
        "created": created,
        "currency": charge.get_at("currency"),
        "customer": charge.get_at("customer"),
        "customer_account": null,
        "destination_details": match card {
            true => json!({
                "type": "card",
                "card": {
                    "reference": null, "reference_status": "pending",
                    "reference_type": "acquirer_reference_number", "type": "refund",
                },
            }),
            false => json!({ "type": "sepa_debit" }),
        },
        "failure_balance_transaction": null,
        "metadata": if asked.is_nothing("metadata") { json!({}) } else { asked.get_at("metadata").clone() },
        "payment_intent": charge.get_at("payment_intent"),
        "payment_method": charge.get_at("payment_method"),
        "presentment_details": null,
        "reason": asked.get_at("reason"),
        "receipt_number": null,
        "source_transfer_reversal": null,
        "status": if card { "succeeded" } else { "pending" },
        "transfer_reversal": null,
    }))
}
