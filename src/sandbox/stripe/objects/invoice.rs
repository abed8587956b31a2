//! `invoice` with its line, and `invoice_payment`.

use serde_json::{Value, json};

use super::list;
use crate::sandbox::stripe::fault::Fault;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::run::id;

/// A draft for one period of a subscription. `reason` is `subscription_create` or `subscription_cycle`.
pub fn invoice(
    subscription: &Value,
    customer: &Value,
    reason: &str,
    amount: i64,
    created: i64,
) -> Result<Value, Fault> {
    let invoice = id("in")?;
    let price = subscription.get_at("items.data.0.price");
    let period = json!({
        "end": subscription.get_at("items.data.0.current_period_end"),
        "start": subscription.get_at("items.data.0.current_period_start"),
    });
    let line = json!({
        "id": id("il")?,
        "object": "line_item",
        "amount": amount,
        "currency": subscription.get_at("currency"),
        "description": subscription.get_at("description"),
        "discount_amounts": [],
        "discountable": true,
        "discounts": [],
        "invoice": invoice,
        "livemode": false,
        "metadata": subscription.get_at("metadata"),
        "parent": {
            "invoice_item_details": null,
            "subscription_item_details": {
                "invoice_item": null, "proration": false, "proration_details": { "credited_items": null },
                "subscription": subscription.get_at("id"),
                "subscription_item": subscription.get_at("items.data.0.id"),
            },
            "type": "subscription_item_details",
        },
        "period": period,
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": { "price": price.get_at("id"), "product": price.get_at("product") },
            "type": "price_details",
            "unit_amount_decimal": price.get_at("unit_amount_decimal"),
        },
        "quantity": subscription.get_at("quantity"),
        "quantity_decimal": subscription.int("quantity").to_string(),
        "subscription": subscription.get_at("id"),
        "subtotal": amount,
        "taxes": [],
    });
    Ok(json!({
        "id": invoice,
        "object": "invoice",
        "account_country": "DE",
        "account_name": "Sandbox",
        "account_tax_ids": null,
        "amount_due": amount,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_remaining": amount,
        "amount_shipping": 0,
        "application": null,
        "attempt_count": 0,
        "attempted": false,
        "auto_advance": true,
        "automatic_tax":
            { "disabled_reason": null, "enabled": false, "liability": null, "provider": null, "status": null },
        "automatically_finalizes_at": null,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": created,
        "currency": subscription.get_at("currency"),
        "custom_fields": null,
        "customer": customer.get_at("id"),
        "customer_account": null,
        "customer_address": null,
        "customer_email": customer.get_at("email"),
        "customer_name": customer.get_at("name"),
        "customer_phone": null,
        "customer_shipping": null,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_payment_method": null,
        "default_source": null,
        "default_tax_rates": [],
        "description": null,
        "discounts": [],
        "due_date": null,
        "effective_at": null,
        "ending_balance": null,
        "footer": null,
        "from_invoice": null,
        "hosted_invoice_url": null,
        "invoice_pdf": null,
        "issuer": { "type": "self" },
        "last_finalization_error": null,
        "latest_revision": null,
        "lines": list(vec![line], false, &format!("/v1/invoices/{invoice}/lines")),
        "livemode": false,
        "metadata": {},
        "next_payment_attempt": null,
        "number": null,
        "on_behalf_of": null,
        "parent": {
            "quote_details": null,
            "subscription_details":
                { "metadata": subscription.get_at("metadata"), "subscription": subscription.get_at("id") },
            "type": "subscription_details",
        },
        "payment_settings":
            { "default_mandate": null, "payment_method_options": null, "payment_method_types": null },
        "period_end": created,
        "period_start": created,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": null,
        "rendering": null,
        "shipping_cost": null,
        "shipping_details": null,
        "starting_balance": 0,
        "statement_descriptor": null,
        "status": "draft",
        "status_transitions":
            { "finalized_at": null, "marked_uncollectible_at": null, "paid_at": null, "voided_at": null },
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "test_clock": null,
        "total": amount,
        "total_discount_amounts": [],
        "total_excluding_tax": amount,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": null,
    }))
}

/// What pays an invoice: its PaymentIntent.
pub fn invoice_payment(invoice: &Value, intent: &str, created: i64) -> Result<Value, Fault> {
    Ok(json!({
        "id": id("inpay")?,
        "object": "invoice_payment",
        "amount_paid": null,
        "amount_requested": invoice.get_at("amount_due"),
        "created": created,
        "currency": invoice.get_at("currency"),
        "invoice": invoice.get_at("id"),
        "is_default": true,
        "livemode": false,
        "payment": { "payment_intent": intent, "type": "payment_intent" },
        "status": "open",
        "status_transitions": { "canceled_at": null, "paid_at": null },
    }))
}
