//! `/v1/subscriptions`, `/v1/invoices`, `/v1/invoice_payments`.

use serde_json::json;

use super::lists::{page, same};
use super::params::{Kind, Params, merged};
use super::{Answered, Call};
use crate::sandbox::stripe::engine::subscribe;
use crate::sandbox::stripe::fault::ApiError;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::run::Run;

const DETAILS: Params = &[("comment", Kind::Text), ("feedback", Kind::Text)];
pub const SUBSCRIPTIONS: Params = &[
    ("customer", Kind::Text),
    ("price", Kind::Text),
    (
        "status",
        Kind::OneOf(&[
            "active",
            "all",
            "canceled",
            "ended",
            "incomplete",
            "incomplete_expired",
            "past_due",
            "paused",
            "trialing",
            "unpaid",
        ]),
    ),
];
pub const UPDATE: Params = &[
    ("cancel_at_period_end", Kind::Bool),
    ("cancellation_details", Kind::Object(DETAILS)),
    ("description", Kind::Text),
    ("metadata", Kind::Metadata),
];
pub const CANCEL: Params =
    &[("cancellation_details", Kind::Object(DETAILS)), ("invoice_now", Kind::Bool), ("prorate", Kind::Bool)];
pub const INVOICES: Params = &[
    ("customer", Kind::Text),
    ("status", Kind::OneOf(&["draft", "open", "paid", "uncollectible", "void"])),
    ("subscription", Kind::Text),
];
pub const INVOICE_PAYMENTS: Params = &[
    ("invoice", Kind::Text),
    ("payment", Kind::Object(&[("payment_intent", Kind::Text), ("type", Kind::OneOf(&["payment_intent"]))])),
    ("status", Kind::OneOf(&["canceled", "open", "paid"])),
];

const SUBSCRIPTION: &str = "subscription";

pub fn subscription(run: &mut Run<'_>, call: &Call) -> Answered {
    Ok(run.named(SUBSCRIPTION, &call.id, "id")?.into())
}

pub fn subscriptions(run: &mut Run<'_>, call: &Call) -> Answered {
    let page = page(run, call, SUBSCRIPTION, "/v1/subscriptions", |subscription| {
        let status = subscription.text("status");
        let asked = match call.params.text("status") {
            "all" => true,
            "" => status != "canceled",
            "ended" => matches!(status, "canceled" | "incomplete_expired"),
            asked => status == asked,
        };
        asked
            && same(subscription, "customer", call, "customer")
            && same(subscription, "items.data.0.price.id", call, "price")
    })?;
    Ok(page.into())
}

pub fn update(run: &mut Run<'_>, call: &Call) -> Answered {
    let mut subscription = run.named(SUBSCRIPTION, &call.id, "id")?;
    if subscription.text("status") == "canceled" {
        let said = "A canceled subscription can only update its cancellation_details and metadata.";
        return Err(ApiError::invalid(said).into());
    }
    let mut before = json!({});
    if let Some(ends) = call.params.get_at("cancel_at_period_end").as_bool() {
        let at = subscription.get_at("items.data.0.current_period_end").clone();
        let now = json!(run.seconds());
        let set = |value: serde_json::Value| if ends { value } else { serde_json::Value::Null };
        before.put("cancel_at_period_end", subscription.flag("cancel_at_period_end"));
        subscription.put("cancel_at_period_end", ends);
        subscription.put("cancel_at", set(at));
        subscription.put("canceled_at", set(now));
        subscription.put("cancellation_details.reason", set(json!("cancellation_requested")));
    }
    for field in ["comment", "feedback"] {
        if let Some(given) = call.params.maybe(&format!("cancellation_details.{field}")) {
            subscription.put(&format!("cancellation_details.{field}"), given);
        }
    }
    if let Some(description) = call.params.maybe("description") {
        subscription.put("description", description);
    }
    let metadata = merged(subscription.get_at("metadata"), call.params.get_at("metadata"));
    if metadata != *subscription.get_at("metadata") {
        before.put("metadata", subscription.get_at("metadata").clone());
        subscription.put("metadata", metadata);
    }
    run.save(&subscription)?;
    run.emit_change("customer.subscription.updated", &subscription, before)?;
    Ok(subscription.into())
}

pub fn cancel(run: &mut Run<'_>, call: &Call) -> Answered {
    let mut subscription = run.named(SUBSCRIPTION, &call.id, "id")?;
    for field in ["comment", "feedback"] {
        if let Some(given) = call.params.maybe(&format!("cancellation_details.{field}")) {
            subscription.put(&format!("cancellation_details.{field}"), given);
        }
    }
    Ok(subscribe::cancel(run, subscription, Some("cancellation_requested"))?.into())
}

pub fn invoice(run: &mut Run<'_>, call: &Call) -> Answered {
    Ok(run.named("invoice", &call.id, "invoice")?.into())
}

pub fn invoices(run: &mut Run<'_>, call: &Call) -> Answered {
    let page = page(run, call, "invoice", "/v1/invoices", |invoice| {
        same(invoice, "customer", call, "customer")
            && same(invoice, "status", call, "status")
            && same(invoice, "parent.subscription_details.subscription", call, "subscription")
    })?;
    Ok(page.into())
}

pub fn invoice_payment(run: &mut Run<'_>, call: &Call) -> Answered {
    Ok(run.named("invoice_payment", &call.id, "invoice_payment")?.into())
}

pub fn invoice_payments(run: &mut Run<'_>, call: &Call) -> Answered {
    let page = page(run, call, "invoice_payment", "/v1/invoice_payments", |payment| {
        same(payment, "invoice", call, "invoice")
            && same(payment, "status", call, "status")
            && same(payment, "payment.payment_intent", call, "payment.payment_intent")
    })?;
    Ok(page.into())
}
