//! What happens to subscriptions as time goes by.

use serde_json::{Value, json};

use super::subscribe::{after, bill, cancel, collect, payments_of};
use crate::sandbox::stripe::fault::Fault;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::run::Run;

/// A period is over: the next one begins with an invoice, or the subscription ends as somebody asked.
///
/// Stripe leaves a renewal's invoice as a draft for an hour; here it is final at once.
pub fn renew(run: &mut Run<'_>, id: &str) -> Result<(), Fault> {
    let mut subscription = run.get(id)?;
    if !matches!(subscription.text("status"), "active" | "past_due" | "trialing") {
        return Ok(());
    }
    if subscription.flag("cancel_at_period_end") {
        return cancel(run, subscription, Some("cancellation_requested")).map(drop);
    }
    let price = subscription.get_at("items.data.0.price").clone();
    let start = subscription.int("items.data.0.current_period_end");
    // Counted from the beginning: a subscription of the 31st comes back to the 31st after a short month.
    let periods = subscription.maybe_int("_periods").unwrap_or(1) + 1;
    let end = after(subscription.int("billing_cycle_anchor"), &price, periods);
    let before = subscription.get_at("items").clone();
    set_period(&mut subscription, start, end);
    subscription.put("_periods", periods);
    run.save(&subscription)?;
    run.emit_change("customer.subscription.updated", &subscription, json!({ "items": before }))?;
    run.schedule(end, "renew", id)?;
    let customer = run.get(subscription.text("customer"))?;
    let method = run.get(subscription.text("default_payment_method"))?;
    let amount = price.int("unit_amount") * subscription.int("quantity");
    let (mut invoice, mut intent) = bill(run, &mut subscription, &customer, "subscription_cycle", amount)?;
    collect(run, &mut subscription, &mut invoice, &mut intent, &method, false).map(drop)
}

fn set_period(subscription: &mut Value, start: i64, end: i64) {
    let mut item = subscription.get_at("items.data.0").clone();
    item.put("current_period_start", start);
    item.put("current_period_end", end);
    subscription.put("items.data", vec![item]);
}

/// Tries an unpaid invoice again.
pub fn retry(run: &mut Run<'_>, id: &str) -> Result<(), Fault> {
    let mut invoice = run.get(id)?;
    let mut subscription = run.get(invoice.text("parent.subscription_details.subscription"))?;
    if invoice.text("status") != "open" || subscription.text("status") == "canceled" {
        return Ok(());
    }
    let Some(payment) = payments_of(run, id)?.into_iter().next() else { return Ok(()) };
    let mut intent = run.get(payment.text("payment.payment_intent"))?;
    let method = run.get(subscription.text("default_payment_method"))?;
    collect(run, &mut subscription, &mut invoice, &mut intent, &method, false).map(drop)
}
