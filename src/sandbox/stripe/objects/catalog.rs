//! `product`, `price`, and the old `plan` that subscription items still carry.

use serde_json::{Value, json};

use crate::sandbox::stripe::fault::Fault;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::run::id;

/// From `name`, `description`, `images`, `metadata`, `active`. Products made for one session are not `active`.
pub fn product(asked: &Value, active: bool, created: i64) -> Result<Value, Fault> {
    Ok(json!({
        "id": id("prod")?.get(..19).unwrap_or("prod_0"),
        "object": "product",
        "active": active,
        "created": created,
        "default_price": null,
        "description": asked.get_at("description"),
        "images": asked.list("images"),
        "livemode": false,
        "marketing_features": [],
        "metadata": if asked.is_nothing("metadata") { json!({}) } else { asked.get_at("metadata").clone() },
        "name": asked.get_at("name"),
        "package_dimensions": null,
        "shippable": null,
        "statement_descriptor": null,
        "tax_code": null,
        "tax_details": null,
        "type": "service",
        "unit_label": asked.get_at("unit_label"),
        "updated": created,
        "url": null,
    }))
}

/// From `currency`, `unit_amount`, `recurring{interval, interval_count}`, `nickname`, `metadata`.
pub fn price(asked: &Value, product: &str, active: bool, created: i64) -> Result<Value, Fault> {
    let recurring = asked.maybe("recurring.interval").map(|interval| {
        json!({
            "interval": interval,
            "interval_count": asked.maybe_int("recurring.interval_count").unwrap_or(1),
            "meter": null,
            "trial_period_days": null,
            "usage_type": "licensed",
        })
    });
    Ok(json!({
        "id": id("price")?,
        "object": "price",
        "active": active,
        "billing_scheme": "per_unit",
        "created": created,
        "currency": asked.text("currency").to_lowercase(),
        "currency_options": null,
        "custom_unit_amount": null,
        "livemode": false,
        "lookup_key": asked.get_at("lookup_key"),
        "metadata": if asked.is_nothing("metadata") { json!({}) } else { asked.get_at("metadata").clone() },
        "nickname": asked.get_at("nickname"),
        "product": product,
        "recurring": recurring,
        "tax_behavior": "unspecified",
        "tiers_mode": null,
        "transform_quantity": null,
        "type": if recurring.is_some() { "recurring" } else { "one_time" },
        "unit_amount": asked.int("unit_amount"),
        "unit_amount_decimal": asked.int("unit_amount").to_string(),
    }))
}

/// A recurring price as a plan.
pub fn plan(price: &Value) -> Value {
    json!({
        "id": price.get_at("id"),
        "object": "plan",
        "active": price.get_at("active"),
        "amount": price.get_at("unit_amount"),
        "amount_decimal": price.get_at("unit_amount_decimal"),
        "billing_scheme": "per_unit",
        "created": price.get_at("created"),
        "currency": price.get_at("currency"),
        "interval": price.get_at("recurring.interval"),
        "interval_count": price.get_at("recurring.interval_count"),
        "livemode": false,
        "metadata": {},
        "meter": null,
        "nickname": null,
        "product": price.get_at("product"),
        "tiers_mode": null,
        "transform_usage": null,
        "trial_period_days": null,
        "usage_type": "licensed",
    })
}
