//! What a bank says of a debit, days later.

use super::{charge, subscribe};
use crate::sandbox::stripe::fault::Fault;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::objects::charge::refusal;
use crate::sandbox::stripe::objects::method::Behaviour;
use crate::sandbox::stripe::run::Run;

/// The debit of a PaymentIntent comes through or is refused.
pub fn debit(run: &mut Run<'_>, id: &str) -> Result<(), Fault> {
    let mut intent = run.get(id)?;
    if intent.text("status") != "processing" {
        return Ok(());
    }
    let mut made = run.get(intent.text("latest_charge"))?;
    let method = run.get(intent.text("payment_method"))?;
    let refused = Behaviour::of(&method) == Behaviour::BadDebit;
    match refused {
        false => {
            made.put("status", "succeeded");
            made.put("paid", true);
            run.save(&made)?;
            charge::succeeded(run, &mut intent, &made)?;
        }
        true => {
            let (code, reason, message) = refusal(Behaviour::BadDebit);
            made.put("status", "failed");
            made.put("captured", false);
            made.put("amount_captured", 0);
            made.put("failure_code", code);
            made.put("failure_message", message);
            made.put("outcome.reason", reason);
            run.save(&made)?;
            charge::failed(run, &mut intent, &made, &method)?;
        }
    }
    if let Some(invoice) = intent.maybe("_invoice") {
        bill(run, invoice, refused)?;
    }
    match intent.maybe("_session") {
        // Only the first payment answers for the session, and only once.
        Some(session) => tell(run, session, refused),
        None => Ok(()),
    }
}

fn bill(run: &mut Run<'_>, invoice: &str, refused: bool) -> Result<(), Fault> {
    let mut invoice = run.get(invoice)?;
    let mut subscription = run.get(invoice.text("parent.subscription_details.subscription"))?;
    // The try was counted when the debit was sent.
    invoice.put("attempt_count", (invoice.int("attempt_count") - 1).max(0));
    match refused {
        true => subscribe::unpaid(run, &mut subscription, &mut invoice),
        false => subscribe::paid(run, &mut subscription, &mut invoice),
    }
}

fn tell(run: &mut Run<'_>, session: &str, refused: bool) -> Result<(), Fault> {
    let mut session = run.get(session)?;
    if session.text("payment_status") == "paid" || session.flag("_told") {
        return Ok(());
    }
    session.put("_told", true);
    if !refused {
        session.put("payment_status", "paid");
    }
    run.save(&session)?;
    let kind =
        if refused { "checkout.session.async_payment_failed" } else { "checkout.session.async_payment_succeeded" };
    run.emit(kind, &session)
}
