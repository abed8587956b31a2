//! `/v1/payment_intents`, `/v1/charges`, `/v1/refunds`, `/v1/payment_methods`.

use serde_json::{Value, json};

use super::catalog::chargeable;
use super::lists::{page, same};
use super::params::{Kind, Params, merged, missing};
use super::{Answered, Call, Reply};
use crate::sandbox::stripe::engine::{charge as engine, pay, refund as refunds_engine};
use crate::sandbox::stripe::fault::{ApiError, Fault};
use crate::sandbox::stripe::json::{Json, public};
use crate::sandbox::stripe::objects::charge::Came;
use crate::sandbox::stripe::objects::method::{self, Behaviour};
use crate::sandbox::stripe::objects::payment::{NewPayment, payment};
use crate::sandbox::stripe::run::Run;
use crate::values::Currency;

const METHODS: Kind = Kind::Object(&[("enabled", Kind::Bool), ("allow_redirects", Kind::OneOf(&["always", "never"]))]);
pub const CREATE: Params = &[
    ("allowed_payment_method_types", Kind::List(&Kind::OneOf(&["card", "sepa_debit"]))),
    ("amount", Kind::Int),
    ("automatic_payment_methods", METHODS),
    ("capture_method", Kind::OneOf(&["automatic", "automatic_async"])),
    ("confirm", Kind::Bool),
    ("currency", Kind::Currency),
    ("customer", Kind::Text),
    ("description", Kind::Text),
    ("metadata", Kind::Metadata),
    ("off_session", Kind::Bool),
    ("payment_method", Kind::Text),
    ("return_url", Kind::Text),
    ("setup_future_usage", Kind::OneOf(&["off_session", "on_session"])),
];
pub const UPDATE: Params = &[("description", Kind::Text), ("metadata", Kind::Metadata)];
pub const CONFIRM: Params = &[("off_session", Kind::Bool), ("payment_method", Kind::Text), ("return_url", Kind::Text)];
pub const CANCEL: Params =
    &[("cancellation_reason", Kind::OneOf(&["abandoned", "duplicate", "fraudulent", "requested_by_customer"]))];
pub const LIST: Params = &[("customer", Kind::Text)];
pub const CHARGES: Params = &[("customer", Kind::Text), ("payment_intent", Kind::Text)];
pub const REFUND: Params = &[
    ("amount", Kind::Int),
    ("charge", Kind::Text),
    ("metadata", Kind::Metadata),
    ("payment_intent", Kind::Text),
    ("reason", Kind::OneOf(&["duplicate", "fraudulent", "requested_by_customer"])),
];
pub const REFUNDS: Params = &[("charge", Kind::Text), ("payment_intent", Kind::Text)];

const INTENT: &str = "payment_intent";

pub fn create(run: &mut Run<'_>, call: &Call) -> Answered {
    let asked = &call.params;
    let amount = asked.maybe_int("amount").ok_or_else(|| missing("amount"))?;
    let code = asked.maybe("currency").ok_or_else(|| missing("currency"))?;
    let currency = Currency::parse(code).map_err(|e| ApiError::invalid(e.to_string()))?;
    chargeable(amount, &currency, "amount")?;
    if let Some(customer) = asked.maybe("customer") {
        run.named("customer", customer, "customer")?;
    }
    let mut intent = payment(&NewPayment {
        amount,
        currency: code,
        customer: asked.maybe("customer"),
        description: asked.maybe("description"),
        metadata: Some(asked.get_at("metadata")),
        setup_future_usage: asked.maybe("setup_future_usage"),
        created: run.seconds(),
    })?;
    intent.put("automatic_payment_methods", json!({ "allow_redirects": "always", "enabled": true }));
    let method = match asked.maybe("payment_method") {
        Some(name) => Some(method_named(run, name, code)?),
        None => None,
    };
    if let Some(method) = &method {
        intent.put("payment_method", method.text("id"));
        intent.put("status", "requires_confirmation");
    }
    run.add(&intent)?;
    run.emit("payment_intent.created", &intent)?;
    match (asked.flag("confirm"), method) {
        (true, Some(method)) => confirmed(run, intent, &method, !asked.flag("off_session")),
        (true, None) => Err(missing("payment_method").into()),
        (false, _) => Ok(intent.into()),
    }
}

/// A payment method by its id, or one of those for tests, which is made anew each time.
fn method_named(run: &mut Run<'_>, name: &str, currency: &str) -> Result<Value, Fault> {
    match Behaviour::of_test_method(name) {
        None => run.named("payment_method", name, "payment_method"),
        Some(behaviour) => {
            let method = method::method(behaviour, currency, method::billing(None, None), run.seconds())?;
            run.add(&method)?;
            Ok(method)
        }
    }
}

/// Tries it; a decline is answered with 402, and what happened stays.
fn confirmed(run: &mut Run<'_>, mut intent: Value, method: &Value, present: bool) -> Answered {
    match engine::attempt(run, &mut intent, method, present)? {
        Came::Failed => {
            let mut error = intent.get_at("last_payment_error").clone();
            error.put("payment_intent", public(&intent));
            Ok(Reply { status: 402, body: json!({ "error": error }) })
        }
        _ => Ok(intent.into()),
    }
}

pub fn confirm(run: &mut Run<'_>, call: &Call) -> Answered {
    let intent = run.named(INTENT, &call.id, "intent")?;
    let status = intent.text("status");
    if !matches!(status, "requires_payment_method" | "requires_confirmation") {
        let said = format!(
            "This PaymentIntent's payment_method could not be updated because it has a status of {status}. You may \
             only update a PaymentIntent with one of the following statuses: requires_payment_method, \
             requires_confirmation, requires_action."
        );
        return Err(unexpected(&said).into());
    }
    let currency = intent.text("currency").to_owned();
    let method = match (call.params.maybe("payment_method"), intent.maybe("payment_method")) {
        (Some(name), _) | (None, Some(name)) => method_named(run, name, &currency)?,
        (None, None) => {
            let said = "You cannot confirm this PaymentIntent because it's missing a payment method.";
            return Err(unexpected(said).into());
        }
    };
    confirmed(run, intent, &method, !call.params.flag("off_session"))
}

fn unexpected(said: &str) -> ApiError {
    ApiError::invalid(said).code("payment_intent_unexpected_state")
}

pub fn cancel(run: &mut Run<'_>, call: &Call) -> Answered {
    let intent = run.named(INTENT, &call.id, "intent")?;
    let status = intent.text("status");
    if matches!(status, "succeeded" | "canceled" | "processing") {
        let said = format!("You cannot cancel this PaymentIntent because it has a status of {status}.");
        return Err(unexpected(&said).into());
    }
    Ok(pay::cancel(run, intent, call.params.text("cancellation_reason"))?.into())
}

pub fn update(run: &mut Run<'_>, call: &Call) -> Answered {
    let mut intent = run.named(INTENT, &call.id, "intent")?;
    if let Some(description) = call.params.maybe("description") {
        intent.put("description", description);
    }
    intent.put("metadata", merged(intent.get_at("metadata"), call.params.get_at("metadata")));
    run.save(&intent)?;
    Ok(intent.into())
}

pub fn retrieve(run: &mut Run<'_>, call: &Call) -> Answered {
    Ok(run.named(INTENT, &call.id, "intent")?.into())
}

pub fn list(run: &mut Run<'_>, call: &Call) -> Answered {
    let page = page(run, call, INTENT, "/v1/payment_intents", |intent| same(intent, "customer", call, "customer"))?;
    Ok(page.into())
}

pub fn charge(run: &mut Run<'_>, call: &Call) -> Answered {
    Ok(run.named("charge", &call.id, "id")?.into())
}

pub fn charges(run: &mut Run<'_>, call: &Call) -> Answered {
    let page = page(run, call, "charge", "/v1/charges", |charge| {
        same(charge, "customer", call, "customer") && same(charge, INTENT, call, INTENT)
    })?;
    Ok(page.into())
}

pub fn refund(run: &mut Run<'_>, call: &Call) -> Answered {
    Ok(refunds_engine::give_back(run, &call.params)?.into())
}

pub fn refund_of_id(run: &mut Run<'_>, call: &Call) -> Answered {
    Ok(run.named("refund", &call.id, "refund")?.into())
}

pub fn refunds(run: &mut Run<'_>, call: &Call) -> Answered {
    let page = page(run, call, "refund", "/v1/refunds", |refund| {
        same(refund, "charge", call, "charge") && same(refund, INTENT, call, INTENT)
    })?;
    Ok(page.into())
}

pub fn method(run: &mut Run<'_>, call: &Call) -> Answered {
    Ok(run.named("payment_method", &call.id, "payment_method")?.into())
}
