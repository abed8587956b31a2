//! `payment_intent`.

use serde_json::{Value, json};

use crate::sandbox::stripe::fault::Fault;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::run::{id, letters};

/// What a PaymentIntent is made of.
#[derive(Debug, Default)]
pub struct NewPayment<'a> {
    pub amount: i64,
    pub currency: &'a str,
    pub customer: Option<&'a str>,
    pub description: Option<&'a str>,
    pub metadata: Option<&'a Value>,
    pub setup_future_usage: Option<&'a str>,
    pub created: i64,
}

pub fn payment(new: &NewPayment<'_>) -> Result<Value, Fault> {
    let id = id("pi")?;
    Ok(json!({
        "object": "payment_intent",
        "allowed_payment_method_types": null,
        "amount": new.amount,
        "amount_capturable": 0,
        "amount_details": { "tip": {} },
        "amount_received": 0,
        "application": null,
        "application_fee_amount": null,
        "automatic_payment_methods": null,
        "canceled_at": null,
        "cancellation_reason": null,
        "capture_method": "automatic_async",
        "client_secret": format!("{id}_secret_{}", letters(25)?),
        "confirmation_method": "automatic",
        "created": new.created,
        "currency": new.currency,
        "customer": new.customer,
        "customer_account": null,
        "description": new.description,
        "excluded_payment_method_types": null,
        "hooks": null,
        "last_payment_error": null,
        "latest_charge": null,
        "livemode": false,
        "managed_payments": null,
        "metadata": new.metadata.filter(|given| !given.is_null()).cloned().unwrap_or_else(|| json!({})),
        "next_action": null,
        "on_behalf_of": null,
        "payment_details": null,
        "payment_method": null,
        "payment_method_configuration_details": null,
        "payment_method_options": {
            "card": {
                "installments": null, "mandate_options": null, "network": null, "request_three_d_secure": "automatic",
            },
        },
        "payment_method_types": ["card", "sepa_debit"],
        "presentment_details": null,
        "processing": null,
        "receipt_email": null,
        "review": null,
        "setup_future_usage": new.setup_future_usage,
        "shipping": null,
        "source": null,
        "statement_descriptor": null,
        "statement_descriptor_suffix": null,
        "status": "requires_payment_method",
        "transfer_data": null,
        "transfer_group": null,
        "id": id,
    }))
}

/// `last_payment_error`: why a charge did not come about. Also the `error` of the API's answer.
pub fn last_error(charge: &Value, method: &Value) -> Value {
    let code = charge.text("failure_code");
    json!({
        "advice_code": "try_again_later",
        "charge": charge.get_at("id"),
        "code": code,
        "decline_code": charge.get_at("outcome.reason"),
        "doc_url": format!("https://docs.stripe.com/error-codes#{}", code.replace('_', "-")),
        "message": charge.get_at("failure_message"),
        "payment_method": method,
        "type": "card_error",
    })
}
