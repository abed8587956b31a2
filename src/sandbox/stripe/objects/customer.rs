//! `customer`.

use serde_json::{Value, json};

use crate::sandbox::stripe::fault::Fault;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::run::{id, letters};

/// Fields that a request may set, beside `metadata`.
pub const SETTABLE: [&str; 6] = ["address", "description", "email", "name", "phone", "preferred_locales"];

pub fn customer(asked: &Value, created: i64) -> Result<Value, Fault> {
    let mut customer = json!({
        "id": id("cus")?.get(..18).unwrap_or("cus_0"),
        "object": "customer",
        "address": null,
        "balance": 0,
        "business_name": null,
        "created": created,
        "currency": null,
        "customer_account": null,
        "default_source": null,
        "delinquent": false,
        "description": null,
        "discount": null,
        "email": null,
        "individual_name": null,
        "invoice_prefix": letters(8)?.to_uppercase(),
        "invoice_settings": {
            "custom_fields": null, "default_payment_method": null, "footer": null, "rendering_options": null,
        },
        "livemode": false,
        "metadata": {},
        "name": null,
        "next_invoice_sequence": 1,
        "phone": null,
        "preferred_locales": [],
        "shipping": null,
        "tax_exempt": "none",
        "test_clock": null,
    });
    for field in SETTABLE {
        if !asked.is_nothing(field) {
            customer.put(field, asked.get_at(field).clone());
        }
    }
    if !asked.is_nothing("metadata") {
        customer.put("metadata", asked.get_at("metadata").clone());
    }
    Ok(customer)
}
