//! Stripe's objects, events and webhooks as lines of a table.

use chrono::DateTime;
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::Value;

use crate::i18n::Texts;
use crate::sandbox::stripe::look;
use crate::sandbox::stripe::webhooks::store::Webhook;
use crate::values::{At, Language, Money};
use crate::web::staff::moment;

#[derive(Debug, Serialize)]
pub(super) struct ObjectRow {
    id: String,
    what: String,
    amount: Option<String>,
    state: Option<String>,
    state_kind: &'static str,
    at: String,
    time: String,
}

#[derive(Debug, Serialize)]
pub(super) struct EventRow {
    id: String,
    kind: String,
    about: String,
    at: String,
    time: String,
    webhooks: Vec<WebhookRow>,
}

/// A payout, where finance sees it, and whether it can still fail.
#[derive(Debug, Serialize)]
pub(super) struct PayoutRow {
    id: String,
    way: &'static str,
    amount: Option<String>,
    state: Option<String>,
    state_kind: &'static str,
    at: String,
    time: String,
    arrives: String,
    finance_href: String,
    can_fail: bool,
}

/// One way of an event to us.
#[derive(Debug, Serialize)]
pub(super) struct WebhookRow {
    state: &'static str,
    state_kind: &'static str,
    attempts: String,
    /// The newest answer, and all of them.
    answer: String,
    answers: Vec<String>,
    next: Option<String>,
}

pub(super) fn money(money: &Money) -> String {
    Texts::get().money(&Language::english(), money)
}

/// `checkout.session` → `Checkout session`.
pub(super) fn words(kind: &str) -> String {
    let words = kind.replace(['.', '_'], " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

fn times(value: &Value, zone: Tz) -> (String, String) {
    let at = look::created(value).unwrap_or_else(|| At::from_micros(0));
    (at.rfc3339(), moment(at, zone))
}

/// The state in Stripe's word, and how it is coloured.
pub(super) fn state(object: &Value) -> (Option<String>, &'static str) {
    let word = match (text(object, "/status"), text(object, "/payment_status")) {
        ("complete", "unpaid") => "complete, unpaid",
        (status, _) => status,
    };
    let kind = match word {
        "succeeded" | "paid" | "active" | "complete" | "available" => "ok",
        "failed" | "canceled" | "uncollectible" | "unpaid" | "requires_payment_method" => "danger",
        "past_due" | "incomplete" | "expired" | "incomplete_expired" => "warn",
        "open" | "processing" | "pending" | "complete, unpaid" | "in_transit" => "info",
        _ => "neutral",
    };
    ((!word.is_empty()).then(|| word.replace('_', " ")), kind)
}

pub(super) fn object(value: &Value, zone: Tz) -> ObjectRow {
    let (at, time) = times(value, zone);
    let (state, state_kind) = state(value);
    ObjectRow {
        id: text(value, "/id").to_owned(),
        what: words(text(value, "/object")),
        amount: look::amount(value).as_ref().map(money),
        state,
        state_kind,
        at,
        time,
    }
}

pub(super) fn payout(value: &Value, zone: Tz) -> PayoutRow {
    let ObjectRow { id, amount, state, state_kind, at, time, .. } = object(value, zone);
    let arrives = value["arrival_date"].as_i64().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    PayoutRow {
        way: if value["automatic"] == true { "automatic" } else { "manual" },
        arrives: arrives.map(|day| Texts::get().date(&Language::english(), day.date_naive())).unwrap_or_default(),
        finance_href: format!("/staff/finance/payouts/{id}"),
        can_fail: matches!(text(value, "/status"), "in_transit" | "paid" | "pending"),
        id,
        amount,
        state,
        state_kind,
        at,
        time,
    }
}

pub(super) fn event(value: &Value, webhooks: &[Webhook], zone: Tz) -> EventRow {
    let (at, time) = times(value, zone);
    let id = text(value, "/id").to_owned();
    EventRow {
        kind: text(value, "/type").to_owned(),
        about: text(value, "/data/object/id").to_owned(),
        webhooks: webhooks.iter().filter(|way| way.event_id == id).map(|way| webhook(way, zone)).collect(),
        id,
        at,
        time,
    }
}

fn webhook(way: &Webhook, zone: Tz) -> WebhookRow {
    let (state, state_kind) = match (way.delivered_at, way.given_up_at, way.attempts) {
        (Some(_), ..) => ("delivered", "ok"),
        (None, Some(_), 0) => ("lost", "danger"),
        (None, Some(_), _) => ("given up", "danger"),
        (None, None, 0) => ("waiting", "info"),
        (None, None, _) => ("to be tried again", "warn"),
    };
    let answers: Vec<String> = way.answer.lines().map(str::to_owned).collect();
    WebhookRow {
        state,
        state_kind,
        attempts: match way.attempts {
            0 => "not sent".into(),
            1 => "sent once".into(),
            2 => "sent twice".into(),
            more => format!("sent {more} times"),
        },
        answer: answers.last().cloned().unwrap_or_default(),
        // Of what was never tried it says nothing that people wait for.
        next: (state_kind == "warn" || (state_kind == "info" && !answers.is_empty())).then(|| moment(way.due_at, zone)),
        answers,
    }
}
