//! `subscription` with its one item.

use serde_json::{Value, json};

use super::catalog::plan;
use super::list;
use crate::sandbox::stripe::fault::Fault;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::run::id;

/// A subscription to `price`, from now to `period_end`. `data` is the session's `subscription_data`.
pub fn subscription(
    price: &Value,
    quantity: i64,
    customer: &str,
    method: &str,
    data: &Value,
    times: (i64, i64),
) -> Result<Value, Fault> {
    let (created, period_end) = times;
    let subscription = id("sub")?;
    let item = json!({
        "id": id("si")?.get(..17).unwrap_or("si_0"),
        "object": "subscription_item",
        "billed_until": null,
        "billing_thresholds": null,
        "created": created,
        "current_period_end": period_end,
        "current_period_start": created,
        "discounts": [],
        "metadata": {},
        "plan": plan(price),
        "price": price,
        "quantity": quantity,
        "subscription": subscription,
        "tax_rates": [],
    });
    let items = format!("/v1/subscription_items?subscription={subscription}");
    Ok(json!({
        "id": subscription,
        "object": "subscription",
        "application": null,
        "application_fee_percent": null,
        "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
        "billing_cycle_anchor": created,
        "billing_cycle_anchor_config": null,
        "billing_mode": { "flexible": { "proration_discounts": "included" }, "type": "flexible" },
        "billing_schedules": [],
        "billing_thresholds": null,
        "cancel_at": null,
        "cancel_at_period_end": false,
        "canceled_at": null,
        "cancellation_details": { "comment": null, "feedback": null, "feedback_option": null, "reason": null },
        "collection_method": "charge_automatically",
        "created": created,
        "currency": price.get_at("currency"),
        "customer": customer,
        "customer_account": null,
        "days_until_due": null,
        "default_payment_method": method,
        "default_source": null,
        "default_tax_rates": [],
        "description": data.get_at("description"),
        "discounts": [],
        "ended_at": null,
        "invoice_settings": {
            "account_tax_ids": null, "custom_fields": null, "description": null, "footer": null,
            "issuer": { "type": "self" },
        },
        "items": list(vec![item], false, &items),
        "latest_invoice": null,
        "livemode": false,
        "managed_payments": null,
        "metadata": if data.is_nothing("metadata") { json!({}) } else { data.get_at("metadata").clone() },
        "next_pending_invoice_item_invoice": null,
        "on_behalf_of": null,
        "pause_collection": null,
        "payment_settings": {
            "payment_method_options": null, "payment_method_types": null, "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": null,
        "pending_setup_intent": null,
        "pending_update": null,
        "plan": plan(price),
        "presentment_details": null,
        "quantity": quantity,
        "schedule": null,
        "start_date": created,
        "status": "incomplete",
        "test_clock": null,
        "transfer_data": null,
        "trial_end": null,
        "trial_settings": { "end_behavior": { "missing_payment_method": "create_invoice" } },
        "trial_start": null,
    }))
}
