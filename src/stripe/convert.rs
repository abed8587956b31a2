//! The library's types into ours. What cannot be understood is an error: a gift must not be booked by half.

use std::str::FromStr;

use chrono::DateTime;
use stripe_shared as wire;
use stripe_types::{Expandable, List, Object};

use super::api::{Failure, Listed};
use super::model::{
    BalanceTransaction, Charge, Checkout, CheckoutStatus, FeeDetail, Invoice, InvoiceStatus, Metadata, Payment,
    PaymentStatus, Payout, PayoutStatus, Reconciliation, Refund, RefundStatus, Subscription, SubscriptionStatus,
};
use crate::values::{At, Currency, Day, Money};

type Result<T> = std::result::Result<T, Failure>;

pub(super) fn unreadable(what: &str) -> Failure {
    Failure::Unreadable(what.to_owned())
}

/// A page whose items are all understood, or an error: none is passed over.
pub(super) fn listed<W, T>(list: List<W>, convert: impl Fn(W) -> Result<T>) -> Result<Listed<T>> {
    let items = list.data.into_iter().map(convert).collect::<Result<_>>()?;
    Ok(Listed { items, more: list.has_more })
}

pub(super) fn checkout(session: wire::CheckoutSession) -> Result<Checkout> {
    let total = session.amount_total.zip(session.currency.as_ref()).map(|(minor, currency)| money(minor, currency));
    Ok(Checkout {
        id: session.id.as_str().to_owned(),
        status: session.status.map_or(CheckoutStatus::Unknown, |s| word(s.as_str(), CheckoutStatus::Unknown)),
        paid: session.payment_status == wire::CheckoutSessionPaymentStatus::Paid,
        total: total.transpose()?,
        payment: session.payment_intent.map(id_of),
        subscription: session.subscription.map(id_of),
        invoice: session.invoice.map(invoice_id_of).transpose()?,
        customer: session.customer.map(id_of),
        reference: session.client_reference_id,
        url: session.url,
        expires_at: at(session.expires_at)?,
        created_at: at(session.created)?,
        metadata: session.metadata.map(metadata).unwrap_or_default(),
        livemode: session.livemode,
    })
}

pub(super) fn payment(intent: wire::PaymentIntent) -> Result<Payment> {
    Ok(Payment {
        id: intent.id.as_str().to_owned(),
        status: word(intent.status.as_str(), PaymentStatus::Unknown),
        amount: money(intent.amount, &intent.currency)?,
        received_minor: intent.amount_received,
        customer: intent.customer.map(id_of),
        charge: intent
            .latest_charge
            .map(|charge| expanded(charge, "latest_charge").and_then(self::charge))
            .transpose()?,
        failure: intent.last_payment_error.as_deref().map(reason),
        created_at: at(intent.created)?,
        metadata: metadata(intent.metadata),
        livemode: intent.livemode,
    })
}

fn charge(charge: wire::Charge) -> Result<Charge> {
    Ok(Charge {
        id: charge.id.as_str().to_owned(),
        amount: money(charge.amount, &charge.currency)?,
        succeeded: charge.status == wire::ChargeStatus::Succeeded,
        method: charge.payment_method_details.map(|details| details.type_),
        balance: charge.balance_transaction.map(balance).transpose()?,
        created_at: at(charge.created)?,
    })
}

fn balance(transaction: Expandable<wire::BalanceTransaction>) -> Result<BalanceTransaction> {
    line(expanded(transaction, "balance_transaction")?)
}

pub(super) fn line(transaction: wire::BalanceTransaction) -> Result<BalanceTransaction> {
    let details = transaction.fee_details.into_iter().map(|detail| {
        Ok(FeeDetail {
            kind: detail.type_,
            amount_minor: detail.amount,
            currency: currency(&detail.currency)?,
            description: detail.description,
        })
    });
    Ok(BalanceTransaction {
        fee_details: details.collect::<Result<_>>()?,
        status: transaction.status,
        description: transaction.description,
        id: transaction.id.as_str().to_owned(),
        currency: currency(&transaction.currency)?,
        amount_minor: transaction.amount,
        fee_minor: transaction.fee,
        net_minor: transaction.net,
        // The shortest decimal that means the same number: what the API wrote.
        exchange_rate: transaction.exchange_rate.map(|rate| rate.to_string()),
        kind: transaction.type_.as_str().to_owned(),
        reporting_category: transaction.reporting_category,
        source: transaction.source.map(|source| source.id().to_string()),
        available_on: at(transaction.available_on)?,
        created_at: at(transaction.created)?,
    })
}

pub(super) fn payout(payout: wire::Payout) -> Result<Payout> {
    let words = [payout.failure_message, payout.failure_code].into_iter().flatten().next();
    Ok(Payout {
        id: payout.id.as_str().to_owned(),
        amount: money(payout.amount, &payout.currency)?,
        status: word(&payout.status, PayoutStatus::Unknown),
        automatic: payout.automatic,
        reconciliation: word(payout.reconciliation_status.as_str(), Reconciliation::Unknown),
        // Midnight UTC of the day.
        arrives_on: Day(at(payout.arrival_date)?.0.date_naive()),
        trace: payout.trace_id.and_then(|trace| trace.value),
        descriptor: payout.statement_descriptor,
        failure: words,
        balance: payout.balance_transaction.map(balance).transpose()?,
        failure_balance: payout.failure_balance_transaction.map(balance).transpose()?,
        original: payout.original_payout.map(id_of),
        reversed_by: payout.reversed_by.map(id_of),
        created_at: at(payout.created)?,
        livemode: payout.livemode,
        lines: None,
    })
}

pub(super) fn refund(refund: wire::Refund) -> Result<Refund> {
    Ok(Refund {
        id: refund.id.as_str().to_owned(),
        payment: refund.payment_intent.map(id_of),
        charge: refund.charge.map(id_of),
        amount: money(refund.amount, &refund.currency)?,
        status: refund.status.map_or(RefundStatus::Unknown, |status| word(&status, RefundStatus::Unknown)),
        failure: refund.failure_reason,
        balance: refund.balance_transaction.map(balance).transpose()?,
        failure_balance: refund.failure_balance_transaction.map(balance).transpose()?,
        created_at: at(refund.created)?,
        metadata: refund.metadata.map(metadata).unwrap_or_default(),
    })
}

pub(super) fn subscription(subscription: wire::Subscription) -> Result<Subscription> {
    let items = &subscription.items;
    let only = match (items.data.as_slice(), items.has_more) {
        ([item], false) => Some(item),
        _ => None,
    };
    let amount = only.and_then(|item| {
        let quantity = i64::try_from(item.quantity.unwrap_or(1)).ok()?;
        Some(money(item.price.unit_amount?.checked_mul(quantity)?, &item.price.currency))
    });
    // Every three months is `3 month`: no word of ours, so it is not taken for monthly.
    let interval = only.and_then(|item| item.price.recurring.as_ref()).map(|recurring| {
        let unit = recurring.interval.as_str();
        if recurring.interval_count == 1 { unit.to_owned() } else { format!("{} {unit}", recurring.interval_count) }
    });
    let period_ends_at = items.data.iter().map(|item| item.current_period_end).min();
    Ok(Subscription {
        id: subscription.id.as_str().to_owned(),
        customer: Some(id_of(subscription.customer)),
        status: word(subscription.status.as_str(), SubscriptionStatus::Unknown),
        amount: amount.transpose()?,
        interval,
        cancel_at_period_end: subscription.cancel_at_period_end,
        period_ends_at: period_ends_at.map(at).transpose()?,
        ended_at: subscription.ended_at.map(at).transpose()?,
        created_at: at(subscription.created)?,
        metadata: metadata(subscription.metadata),
        livemode: subscription.livemode,
    })
}

pub(super) fn invoice(invoice: wire::Invoice) -> Result<Invoice> {
    let payment = paid_by(invoice.payments.as_ref().ok_or_else(|| unreadable("an invoice came without `payments`"))?)?;
    let details = invoice.parent.and_then(|parent| parent.subscription_details);
    let (subscription, snapshot) = match details {
        Some(details) => (Some(id_of(details.subscription)), details.metadata),
        None => (None, None),
    };
    Ok(Invoice {
        id: invoice.id.ok_or_else(|| unreadable("an invoice without an id"))?.as_str().to_owned(),
        subscription,
        customer: invoice.customer.map(id_of),
        status: invoice.status.map_or(InvoiceStatus::Unknown, |s| word(s.as_str(), InvoiceStatus::Unknown)),
        paid: money(invoice.amount_paid, &invoice.currency)?,
        due_minor: invoice.amount_due,
        payment,
        attempts: i64::try_from(invoice.attempt_count).unwrap_or(i64::MAX),
        next_attempt_at: invoice.next_payment_attempt.map(at).transpose()?,
        paid_at: invoice.status_transitions.paid_at.map(at).transpose()?,
        created_at: at(invoice.created)?,
        metadata: snapshot.map(metadata).unwrap_or_default(),
        livemode: invoice.livemode,
    })
}

/// The PaymentIntent of the payment that went through: an invoice keeps those that did not, too.
fn paid_by(payments: &List<wire::InvoicePayment>) -> Result<Option<String>> {
    let paid = payments.data.iter().filter(|payment| payment.status == "paid");
    let found = paid.filter_map(|payment| payment.payment.payment_intent.as_ref()).next();
    match found {
        None if payments.has_more => Err(unreadable("an invoice with more payments than fit on a page")),
        found => Ok(found.map(|intent| intent.id().to_string())),
    }
}

/// Why a payment failed, as staff see it: Stripe's codes and words.
fn reason(error: &wire::ApiErrors) -> String {
    let codes = error.code.as_ref().map(|code| code.as_str()).into_iter().chain(error.decline_code.as_deref());
    let codes = codes.collect::<Vec<_>>().join(", ");
    match error.message.as_deref() {
        Some(message) if codes.is_empty() => message.to_owned(),
        Some(message) => format!("{message} ({codes})"),
        None => codes,
    }
}

/// What was asked for as a whole must not have come as an id only: null and "not asked" mean different things.
fn expanded<T: Object>(value: Expandable<T>, field: &str) -> Result<T> {
    value.into_object().ok_or_else(|| unreadable(&format!("{field} came as an id, not as an object")))
}

fn id_of<T: Object>(value: Expandable<T>) -> String
where
    T::Id: ToString,
{
    value.into_id().to_string()
}

fn invoice_id_of(value: Expandable<wire::Invoice>) -> Result<String> {
    value.into_id().map(|id| id.to_string()).ok_or_else(|| unreadable("an invoice without an id"))
}

fn word<T: FromStr>(text: &str, unknown: T) -> T {
    text.parse().unwrap_or(unknown)
}

pub(super) fn at(seconds: i64) -> Result<At> {
    DateTime::from_timestamp(seconds, 0).map(At).ok_or_else(|| unreadable("a time that no calendar has"))
}

fn currency(currency: &stripe_types::Currency) -> Result<Currency> {
    Currency::parse(&currency.to_string()).map_err(|_| unreadable("a currency that is not three letters"))
}

fn money(minor: i64, code: &stripe_types::Currency) -> Result<Money> {
    Ok(Money::new(minor, currency(code)?))
}

fn metadata(map: std::collections::HashMap<String, String>) -> Metadata {
    map.into_iter().collect()
}

#[cfg(test)]
mod tests;
