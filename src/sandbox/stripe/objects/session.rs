//! `checkout.session` and its lines.

use serde_json::{Value, json};

use crate::sandbox::stripe::SandboxStripe;
use crate::sandbox::stripe::fault::Fault;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::run::{id, letters};

/// A fresh session from what was asked (`params`, checked), its lines (see [`line`]) and its times.
pub fn session(stripe: &SandboxStripe, params: &Value, lines: Vec<Value>, times: (i64, i64)) -> Result<Value, Fault> {
    let (created, expires) = times;
    let id = format!("cs_test_a1{}", letters(56)?);
    let recurring = params.text("mode") == "subscription";
    let total: i64 = lines.iter().map(|line| line.int("amount_total")).sum();
    let url = stripe.pages.join(&format!("checkout/{id}")).map_err(anyhow::Error::from)?;
    let given = |name: &str| params.get_at(name).clone();
    let or = |name: &str, other: Value| if params.is_nothing(name) { other } else { params.get_at(name).clone() };
    let currency = lines.first().map(|line| line.get_at("currency").clone());
    let methods = or("allowed_payment_method_types", json!(["card", "sepa_debit"]));
    Ok(json!({
        "id": id,
        "object": "checkout.session",
        "adaptive_pricing": if recurring { Value::Null } else { json!({ "enabled": false }) },
        "after_expiration": null,
        "allow_promotion_codes": null,
        "allowed_payment_method_types": given("allowed_payment_method_types"),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
        "billing_address_collection": given("billing_address_collection"),
        "branding_settings": null,
        "cancel_url": given("cancel_url"),
        "client_reference_id": given("client_reference_id"),
        "client_secret": null,
        "collected_information": { "business_name": null, "individual_name": null, "shipping_details": null },
        "consent": null,
        "consent_collection": null,
        "created": created,
        "currency": currency,
        "currency_conversion": null,
        "custom_fields": [],
        "custom_text": {
            "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null,
        },
        "customer": given("customer"),
        "customer_account": null,
        "customer_creation": if recurring { Value::Null } else { or("customer_creation", json!("if_required")) },
        "customer_details": params.maybe("customer_email").map(|email| json!({
            "address": null, "business_name": null, "email": email, "individual_name": null, "name": null,
            "phone": null, "tax_exempt": "none", "tax_ids": null,
        })),
        "customer_email": given("customer_email"),
        "discounts": [],
        "excluded_payment_method_types": given("excluded_payment_method_types"),
        "expires_at": expires,
        "integration_identifier": null,
        "invoice": null,
        "invoice_creation": if recurring { Value::Null } else { json!({
            "enabled": false,
            "invoice_data": {
                "account_tax_ids": null, "custom_fields": null, "description": null, "footer": null, "issuer": null,
                "metadata": {}, "rendering_options": null,
            },
        }) },
        "livemode": false,
        "locale": given("locale"),
        "managed_payments": { "enabled": false },
        "metadata": or("metadata", json!({})),
        "mode": given("mode"),
        "name_collection": null,
        "optional_items": null,
        "origin_context": given("origin_context"),
        "payment_intent": null,
        "payment_link": null,
        "payment_method_collection": if recurring { "always" } else { "if_required" },
        "payment_method_configuration_details": null,
        "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
        "payment_method_types": methods,
        "payment_status": "unpaid",
        "permissions": null,
        "phone_number_collection": { "enabled": false },
        "presentment_details": null,
        "recovered_from": null,
        "redirect_on_completion": null,
        "return_url": null,
        "saved_payment_method_options": null,
        "setup_intent": null,
        "shipping_address_collection": null,
        "shipping_cost": null,
        "shipping_options": [],
        "status": "open",
        "submit_type": given("submit_type"),
        "subscription": null,
        "success_url": given("success_url"),
        "tax_id_collection": null,
        "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
        "ui_mode": "hosted_page",
        "url": url.as_str(),
        "wallet_options": null,
        "_lines": lines,
        "_payment": given("payment_intent_data"),
        "_subscription": given("subscription_data"),
    }))
}

/// A line of a session: so many of a price.
pub fn line(price: &Value, description: &str, quantity: i64) -> Result<Value, Fault> {
    let total = price.int("unit_amount").saturating_mul(quantity);
    Ok(json!({
        "id": id("li")?,
        "object": "item",
        "adjustable_quantity": null,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price.get_at("currency"),
        "description": description,
        "metadata": {},
        "price": price,
        "quantity": quantity,
    }))
}
