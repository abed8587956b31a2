//! Subscriptions: how they begin, how an invoice of theirs is paid or not, how they end.

use chrono::{DateTime, Months};
use serde_json::{Value, json};

use super::charge;
use crate::sandbox::stripe::fault::{ApiError, Fault};
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::objects::billing::subscription;
use crate::sandbox::stripe::objects::charge::Came;
use crate::sandbox::stripe::objects::invoice::{invoice, invoice_payment};
use crate::sandbox::stripe::objects::payment::{NewPayment, payment};
use crate::sandbox::stripe::run::Run;
use crate::sandbox::stripe::store;

/// After so many tries an invoice is given up and its subscription canceled (a setting of real accounts).
const TRIES: i64 = 3;
/// Seconds between the tries.
const BETWEEN_TRIES: i64 = 3 * 86_400;

/// The subscription of a session with its first invoice, paid by `method`. Session fields are set, nothing is completed.
pub fn begin(run: &mut Run<'_>, session: &mut Value, customer: &Value, method: &Value) -> Result<Came, Fault> {
    let (price, quantity) = (session.get_at("_lines.0.price").clone(), session.int("_lines.0.quantity"));
    let end = after(run.seconds(), &price, 1);
    let ids = (customer.text("id"), method.text("id"));
    let data = session.get_at("_subscription").clone();
    let mut made = subscription(&price, quantity, ids.0, ids.1, &data, (run.seconds(), end))?;
    run.add(&made)?;
    run.emit("customer.subscription.created", &made)?;
    run.schedule(end, "renew", made.text("id"))?;
    let (mut invoice, mut intent) = bill(run, &mut made, customer, "subscription_create", session.int("amount_total"))?;
    intent.put("_session", session.text("id"));
    session.put("subscription", made.text("id"));
    session.put("invoice", invoice.text("id"));
    collect(run, &mut made, &mut invoice, &mut intent, method, true)
}

/// A final invoice for the current period and the PaymentIntent that is to pay it; it carries none of our metadata.
pub fn bill(
    run: &mut Run<'_>,
    subscription: &mut Value,
    customer: &Value,
    reason: &str,
    amount: i64,
) -> Result<(Value, Value), Fault> {
    let mut made = invoice(subscription, customer, reason, amount, run.seconds())?;
    run.add(&made)?;
    run.emit("invoice.created", &made)?;
    let number = store::count(run.db, "invoice")?;
    made.put("number", format!("{}-{number:04}", customer.text("invoice_prefix")));
    made.put("status", "open");
    made.put("status_transitions.finalized_at", run.seconds());
    made.put("effective_at", run.seconds());
    made.put("hosted_invoice_url", format!("https://invoice.stripe.com/i/acct_1/test_{}", made.text("id")));
    made.put("invoice_pdf", format!("https://pay.stripe.com/invoice/acct_1/test_{}/pdf", made.text("id")));
    run.save(&made)?;
    run.emit("invoice.finalized", &made)?;
    subscription.put("latest_invoice", made.text("id"));
    run.save(subscription)?;
    let said = match reason {
        "subscription_create" => "Subscription creation",
        _ => "Subscription update",
    };
    let mut intent = payment(&NewPayment {
        amount,
        currency: made.text("currency"),
        customer: made.maybe("customer"),
        description: Some(said),
        setup_future_usage: Some("off_session").filter(|_| reason == "subscription_create"),
        created: run.seconds(),
        ..NewPayment::default()
    })?;
    intent.put("_invoice", made.text("id"));
    run.add(&intent)?;
    run.add(&invoice_payment(&made, intent.text("id"), run.seconds())?)?;
    run.emit("payment_intent.created", &intent)?;
    Ok((made, intent))
}

/// Tries to have an invoice paid, and says what that means for invoice and subscription.
pub fn collect(
    run: &mut Run<'_>,
    subscription: &mut Value,
    invoice: &mut Value,
    intent: &mut Value,
    method: &Value,
    present: bool,
) -> Result<Came, Fault> {
    let came = charge::attempt(run, intent, method, present)?;
    match came {
        Came::Succeeded => paid(run, subscription, invoice)?,
        Came::Pending => {
            tried(invoice);
            run.save(invoice)?;
            becomes(run, subscription, "active")?;
        }
        Came::Failed => unpaid(run, subscription, invoice)?,
    }
    Ok(came)
}

fn tried(invoice: &mut Value) {
    invoice.put("attempted", true);
    invoice.put("attempt_count", invoice.int("attempt_count") + 1);
    invoice.put("next_payment_attempt", Value::Null);
}

/// The money of an invoice is there.
pub fn paid(run: &mut Run<'_>, subscription: &mut Value, invoice: &mut Value) -> Result<(), Fault> {
    tried(invoice);
    settled(run, invoice)?;
    becomes(run, subscription, "active")
}

/// Marks an invoice and its payment as paid, and tells of it.
pub fn settled(run: &mut Run<'_>, invoice: &mut Value) -> Result<(), Fault> {
    let now = run.seconds();
    invoice.put("status", "paid");
    invoice.put("amount_paid", invoice.int("amount_due"));
    invoice.put("amount_remaining", 0);
    invoice.put("auto_advance", false);
    invoice.put("ending_balance", 0);
    invoice.put("next_payment_attempt", Value::Null);
    invoice.put("status_transitions.paid_at", now);
    run.save(invoice)?;
    run.emit("invoice.paid", invoice)?;
    run.emit("invoice.payment_succeeded", invoice)?;
    for mut payment in payments_of(run, invoice.text("id"))? {
        payment.put("status", "paid");
        payment.put("amount_paid", invoice.int("amount_paid"));
        payment.put("status_transitions.paid_at", now);
        run.save(&payment)?;
        run.emit("invoice_payment.paid", &payment)?;
    }
    Ok(())
}

/// The invoice payments of an invoice.
pub fn payments_of(run: &mut Run<'_>, invoice: &str) -> Result<Vec<Value>, Fault> {
    let all = store::all(run.db, "invoice_payment")?;
    Ok(all.into_iter().filter(|payment| payment.text("invoice") == invoice).collect())
}

/// A try has failed: another one later, or the end of the subscription.
pub fn unpaid(run: &mut Run<'_>, subscription: &mut Value, invoice: &mut Value) -> Result<(), Fault> {
    tried(invoice);
    let last = invoice.int("attempt_count") >= TRIES;
    match last {
        true => invoice.put("auto_advance", false),
        false => {
            let next = run.seconds() + BETWEEN_TRIES;
            invoice.put("next_payment_attempt", next);
            run.schedule(next, "retry", invoice.text("id"))?;
        }
    }
    run.save(invoice)?;
    run.emit("invoice.payment_failed", invoice)?;
    match last {
        true => cancel(run, subscription.clone(), Some("payment_failed")).map(|ended| *subscription = ended),
        false => becomes(run, subscription, "past_due"),
    }
}

/// Changes the state of a subscription that lives, and tells of it.
fn becomes(run: &mut Run<'_>, subscription: &mut Value, status: &str) -> Result<(), Fault> {
    let before = subscription.text("status").to_owned();
    if before == status || before == "canceled" {
        return run.save(subscription);
    }
    subscription.put("status", status);
    run.save(subscription)?;
    run.emit_change("customer.subscription.updated", subscription, json!({ "status": before }))
}

/// Ends a subscription now; nothing is paid back and nothing is tried again.
pub fn cancel(run: &mut Run<'_>, mut subscription: Value, reason: Option<&str>) -> Result<Value, Fault> {
    let id = subscription.text("id").to_owned();
    if subscription.text("status") == "canceled" {
        return Err(ApiError::missing("subscription", &id, "id").into());
    }
    subscription.put("status", "canceled");
    subscription.put("canceled_at", run.seconds());
    subscription.put("ended_at", run.seconds());
    subscription.put("cancellation_details.reason", reason);
    run.save(&subscription)?;
    run.unschedule("renew", &id)?;
    for mut invoice in store::all(run.db, "invoice")? {
        let its = invoice.text("parent.subscription_details.subscription") == id;
        if its && invoice.text("status") == "open" {
            run.unschedule("retry", invoice.text("id"))?;
            invoice.put("auto_advance", false);
            invoice.put("next_payment_attempt", Value::Null);
            run.save(&invoice)?;
        }
    }
    run.emit("customer.subscription.deleted", &subscription)?;
    Ok(subscription)
}

/// The end of the `periods`th period of a price that began at `from`; the 31st becomes the last day of a shorter month.
pub fn after(from: i64, price: &Value, periods: i64) -> i64 {
    let count = price.int("recurring.interval_count").max(1).saturating_mul(periods);
    let months = |months: i64| {
        let from = DateTime::from_timestamp(from, 0).unwrap_or_default();
        let months = Months::new(u32::try_from(months).unwrap_or(12));
        from.checked_add_months(months).unwrap_or(from).timestamp()
    };
    match price.text("recurring.interval") {
        "day" => from + count * 86_400,
        "week" => from + count * 7 * 86_400,
        "year" => months(count * 12),
        _ => months(count),
    }
}
