//! `/v1/balance`, `/v1/balance_transactions`, `/v1/payouts`, `/v1/events`, `/v1/account`.

use std::collections::HashSet;

use serde_json::json;

use super::lists::{in_range, page, same};
use super::params::{Kind, Params, missing};
use super::{Answered, Call};
use crate::sandbox::stripe::engine::ledger;
use crate::sandbox::stripe::fault::ApiError;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::objects::ledger::balance as balance_of;
use crate::sandbox::stripe::run::Run;
use crate::sandbox::stripe::{ACCOUNT, store};

pub const LINES: Params =
    &[("currency", Kind::Currency), ("payout", Kind::Text), ("source", Kind::Text), ("type", Kind::Text)];
pub const PAYOUTS: Params = &[
    ("arrival_date", Kind::Range),
    ("destination", Kind::Text),
    ("status", Kind::OneOf(&["canceled", "failed", "in_transit", "paid", "pending"])),
];
pub const PAYOUT: Params = &[
    ("amount", Kind::Int),
    ("currency", Kind::Currency),
    ("description", Kind::Text),
    ("metadata", Kind::Metadata),
    ("method", Kind::OneOf(&["standard"])),
    ("statement_descriptor", Kind::Text),
];
pub const EVENTS: Params =
    &[("delivery_success", Kind::Bool), ("type", Kind::Text), ("types", Kind::List(&Kind::Text))];

/// Events are kept for 30 days.
const EVENTS_KEPT: i64 = 30 * 86_400;

pub fn balance(run: &mut Run<'_>, _: &Call) -> Answered {
    Ok(balance_of(&store::all(run.db, "balance_transaction")?).into())
}

pub fn line(run: &mut Run<'_>, call: &Call) -> Answered {
    Ok(run.named("balance_transaction", &call.id, "id")?.into())
}

pub fn lines(run: &mut Run<'_>, call: &Call) -> Answered {
    if let Some(payout) = call.params.maybe("payout")
        && !run.named("payout", payout, "payout")?.flag("automatic")
    {
        let said = "Balance transaction history can only be filtered on automatic transfers, not manual.";
        return Err(ApiError::invalid(said).param("payout").into());
    }
    let page = page(run, call, "balance_transaction", "/v1/balance_transactions", |line| {
        same(line, "_payout", call, "payout")
            && same(line, "source", call, "source")
            && same(line, "type", call, "type")
            && same(line, "currency", call, "currency")
    })?;
    Ok(page.into())
}

pub fn payout(run: &mut Run<'_>, call: &Call) -> Answered {
    Ok(run.named("payout", &call.id, "payout")?.into())
}

pub fn payouts(run: &mut Run<'_>, call: &Call) -> Answered {
    let page = page(run, call, "payout", "/v1/payouts", |payout| {
        same(payout, "status", call, "status")
            && same(payout, "destination", call, "destination")
            && in_range(payout, call.params.get_at("arrival_date"), "arrival_date")
    })?;
    Ok(page.into())
}

pub fn create_payout(run: &mut Run<'_>, call: &Call) -> Answered {
    let amount = call.params.maybe_int("amount").ok_or_else(|| missing("amount"))?;
    call.params.maybe("currency").ok_or_else(|| missing("currency"))?;
    if amount < 1 {
        let said = "Invalid positive integer";
        return Err(ApiError::invalid(said).code("parameter_invalid_integer").param("amount").before().into());
    }
    Ok(ledger::send_by_hand(run, &call.params)?.into())
}

pub fn event(run: &mut Run<'_>, call: &Call) -> Answered {
    let mut event = run.named("event", &call.id, "id")?;
    let on_the_way = store::undelivered(run.db)?;
    event.put("pending_webhooks", i64::from(on_the_way.contains(&call.id)));
    Ok(event.into())
}

pub fn events(run: &mut Run<'_>, call: &Call) -> Answered {
    let types = call.params.list("types");
    if !types.is_empty() && call.params.maybe("type").is_some() {
        return Err(ApiError::invalid("You may only specify one of these parameters: type, types.").before().into());
    }
    let on_the_way = store::undelivered(run.db)?;
    let oldest = run.seconds() - EVENTS_KEPT;
    let mut page = page(run, call, "event", "/v1/events", |event| {
        let delivered = !on_the_way.contains(event.text("id"));
        event.int("created") >= oldest
            && takes(call.params.text("type"), event.text("type"))
            && (types.is_empty()
                || types.iter().filter_map(|kind| kind.as_str()).any(|kind| takes(kind, event.text("type"))))
            && call.params.get_at("delivery_success").as_bool().is_none_or(|asked| asked == delivered)
    })?;
    mark(&mut page, &on_the_way);
    Ok(page.into())
}

fn mark(page: &mut serde_json::Value, on_the_way: &HashSet<String>) {
    let events = page.get_mut("data").and_then(serde_json::Value::as_array_mut);
    for event in events.into_iter().flatten() {
        let pending = on_the_way.contains(event.text("id"));
        event.put("pending_webhooks", i64::from(pending));
    }
}

/// `charge.*` takes all of charges; nothing takes everything.
fn takes(asked: &str, kind: &str) -> bool {
    match asked.strip_suffix(".*") {
        _ if asked.is_empty() => true,
        Some(prefix) => kind.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')),
        None => asked == kind,
    }
}

pub fn account(_: &mut Run<'_>, _: &Call) -> Answered {
    let account = json!({
        "id": ACCOUNT,
        "object": "account",
        "business_profile": null,
        "business_type": "non_profit",
        "capabilities": { "card_payments": "active", "sepa_debit_payments": "active", "transfers": "active" },
        "charges_enabled": true,
        "country": "DE",
        "created": 1_700_000_000,
        "default_currency": "eur",
        "details_submitted": true,
        "email": "sandbox@example.org",
        "metadata": {},
        "payouts_enabled": true,
        "settings": null,
        "type": "standard",
    });
    Ok(account.into())
}
