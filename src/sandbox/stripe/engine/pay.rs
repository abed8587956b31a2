//! A visit to the hosted page.

use serde_json::{Value, json};

use super::{charge, subscribe};
use crate::sandbox::stripe::fault::{ApiError, Fault};
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::objects::charge::Came;
use crate::sandbox::stripe::objects::customer;
use crate::sandbox::stripe::objects::method::{self, Behaviour};
use crate::sandbox::stripe::objects::payment::{NewPayment, payment};
use crate::sandbox::stripe::run::Run;

/// The name that the hosted page fills in.
const PAYER: &str = "Sandbox Payer";

/// Tries to pay a session, with another amount than asked when a test wants it.
pub fn visit(run: &mut Run<'_>, id: &str, behaviour: Behaviour, tampered: Option<i64>) -> Result<(), Fault> {
    let mut session = run.named("checkout.session", id, "session")?;
    if session.text("status") != "open" || session.int("expires_at") <= run.seconds() {
        return Err(ApiError::invalid("This Checkout Session is no longer open.").into());
    }
    if let Some(minor) = tampered {
        session.put("amount_total", minor);
        session.put("amount_subtotal", minor);
    }
    let email = session.maybe("customer_email").unwrap_or("payer@example.com").to_owned();
    let billing = method::billing(Some(&email), Some(PAYER));
    let mut method = method::method(behaviour, session.text("currency"), billing, run.seconds())?;
    run.add(&method)?;
    let recurring = session.text("mode") == "subscription";
    let refused = matches!(behaviour, Behaviour::Declined | Behaviour::NoFunds | Behaviour::Expired);
    // A subscription begins with its first payment: a try that fails leaves a PaymentIntent alone.
    if recurring && !refused {
        let customer = payer(run, &mut session, &email)?;
        method.put("customer", customer.text("id"));
        run.save(&method)?;
        run.emit("payment_method.attached", &method)?;
        let came = subscribe::begin(run, &mut session, &customer, &method)?;
        return complete(run, session, came, &email);
    }
    if !recurring && session.text("customer_creation") == "always" && !refused {
        payer(run, &mut session, &email)?;
    }
    let mut intent = intent(run, &session)?;
    intent.put("amount", session.int("amount_total"));
    intent.put("customer", session.get_at("customer").clone());
    let came = charge::attempt(run, &mut intent, &method, true)?;
    if !recurring {
        session.put("payment_intent", intent.text("id"));
    }
    match came {
        Came::Failed => run.save(&session),
        came => complete(run, session, came, &email),
    }
}

/// The PaymentIntent of an earlier try, or a new one. Session metadata is not copied to it.
fn intent(run: &mut Run<'_>, session: &Value) -> Result<Value, Fault> {
    if let Some(earlier) = session.maybe("payment_intent") {
        return run.get(earlier);
    }
    let mut intent = payment(&NewPayment {
        amount: session.int("amount_total"),
        currency: session.text("currency"),
        customer: session.maybe("customer"),
        description: session.maybe("_payment.description"),
        metadata: Some(session.get_at("_payment.metadata")),
        setup_future_usage: session.maybe("_payment.setup_future_usage"),
        created: run.seconds(),
    })?;
    if session.text("mode") == "payment" {
        intent.put("_session", session.text("id"));
    }
    run.add(&intent)?;
    run.emit("payment_intent.created", &intent)?;
    Ok(intent)
}

/// A payment that somebody made by hand in Stripe's dashboard: no session, no customer, no metadata.
pub fn by_hand(run: &mut Run<'_>, amount: i64, currency: &str, description: &str) -> Result<Value, Fault> {
    let method = method::method(Behaviour::Works, currency, method::billing(None, None), run.seconds())?;
    run.add(&method)?;
    let description = Some(description).filter(|words| !words.is_empty());
    let new = NewPayment { amount, currency, description, created: run.seconds(), ..NewPayment::default() };
    let mut intent = payment(&new)?;
    run.add(&intent)?;
    run.emit("payment_intent.created", &intent)?;
    charge::attempt(run, &mut intent, &method, true)?;
    Ok(intent)
}

/// The session's customer, made when there is none.
fn payer(run: &mut Run<'_>, session: &mut Value, email: &str) -> Result<Value, Fault> {
    if let Some(known) = session.maybe("customer") {
        return run.get(known);
    }
    let customer = customer::customer(&json!({ "email": email, "name": PAYER }), run.seconds())?;
    run.add(&customer)?;
    run.emit("customer.created", &customer)?;
    session.put("customer", customer.text("id"));
    Ok(customer)
}

fn complete(run: &mut Run<'_>, mut session: Value, came: Came, email: &str) -> Result<(), Fault> {
    session.put("status", "complete");
    session.put("payment_status", if came == Came::Succeeded { "paid" } else { "unpaid" });
    session.put("url", Value::Null);
    session.put(
        "customer_details",
        json!({
            "address": method::billing(None, None).get_at("address"), "business_name": null, "email": email,
            "individual_name": null, "name": PAYER, "phone": null, "tax_exempt": "none", "tax_ids": [],
        }),
    );
    run.save(&session)?;
    run.unschedule("expire", session.text("id"))?;
    run.emit("checkout.session.completed", &session)
}

/// Closes an open session; a PaymentIntent of a failed try is canceled with it.
pub fn expire(run: &mut Run<'_>, id: &str) -> Result<Value, Fault> {
    let mut session = run.named("checkout.session", id, "session")?;
    if session.text("status") != "open" {
        let said = format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of \
             {}.",
            session.text("status")
        );
        return Err(ApiError::invalid(said).into());
    }
    session.put("status", "expired");
    session.put("url", Value::Null);
    run.save(&session)?;
    run.unschedule("expire", id)?;
    if let Some(intent) = session.maybe("payment_intent").map(str::to_owned) {
        let intent = run.get(&intent)?;
        cancel(run, intent, "automatic")?;
    }
    run.emit("checkout.session.expired", &session)?;
    Ok(session)
}

/// Gives a PaymentIntent up.
pub fn cancel(run: &mut Run<'_>, mut intent: Value, reason: &str) -> Result<Value, Fault> {
    intent.put("status", "canceled");
    intent.put("canceled_at", run.seconds());
    intent.put("cancellation_reason", Some(reason).filter(|reason| !reason.is_empty()));
    run.save(&intent)?;
    run.emit("payment_intent.canceled", &intent)?;
    Ok(intent)
}
