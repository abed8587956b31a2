//! Objects of Stripe as the tests' gifts have them: each is right by itself, and a test changes what it is about.

use chrono::Duration;
use pledgepost::stripe::*;
use pledgepost::values::{At, Currency, Money};

/// 2026-03-01T09:00:00Z.
pub const START: i64 = super::app::START;

pub fn eur() -> Currency {
    Currency::parse("EUR").unwrap()
}
pub fn start() -> At {
    At::from_micros(START)
}
fn ours() -> Metadata {
    Metadata::from([("donation".to_owned(), "1".to_owned())])
}

/// A payment of 25.00 EUR that succeeded, without its line of the balance.
pub fn payment(id: &str) -> Payment {
    Payment {
        id: id.into(),
        status: PaymentStatus::Succeeded,
        amount: Money::new(2500, eur()),
        received_minor: 2500,
        customer: None,
        charge: Some(Charge {
            id: id.replace("pi_", "ch_"),
            amount: Money::new(2500, eur()),
            succeeded: true,
            method: Some("card".into()),
            balance: None,
            created_at: start(),
        }),
        failure: None,
        created_at: start(),
        metadata: ours(),
        livemode: false,
    }
}
pub fn balance(id: &str) -> BalanceTransaction {
    BalanceTransaction {
        id: id.into(),
        currency: eur(),
        amount_minor: 2500,
        fee_minor: 63,
        net_minor: 2437,
        fee_details: Vec::new(),
        status: "pending".into(),
        description: None,
        exchange_rate: None,
        kind: "charge".into(),
        reporting_category: "charge".into(),
        source: None,
        available_on: start() + Duration::days(7),
        created_at: start(),
    }
}
pub fn refund(id: &str) -> Refund {
    Refund {
        id: id.into(),
        payment: None,
        charge: None,
        amount: Money::new(2500, eur()),
        status: RefundStatus::Succeeded,
        failure: None,
        balance: None,
        failure_balance: None,
        created_at: start(),
        metadata: ours(),
    }
}
pub fn checkout(id: &str, payment: Option<&str>) -> Checkout {
    Checkout {
        id: id.into(),
        status: if payment.is_some() { CheckoutStatus::Complete } else { CheckoutStatus::Open },
        paid: payment.is_some(),
        total: Some(Money::new(2500, eur())),
        payment: payment.map(str::to_owned),
        subscription: None,
        invoice: None,
        customer: None,
        reference: Some("donation:1".into()),
        url: None,
        expires_at: start() + Duration::minutes(30),
        created_at: start(),
        metadata: ours(),
        livemode: false,
    }
}
pub fn subscription(id: &str) -> Subscription {
    Subscription {
        id: id.into(),
        customer: None,
        status: SubscriptionStatus::Active,
        amount: Some(Money::new(1000, eur())),
        interval: Some("month".into()),
        cancel_at_period_end: false,
        period_ends_at: None,
        ended_at: None,
        created_at: start(),
        metadata: ours(),
        livemode: false,
    }
}
pub fn invoice(id: &str, payment: &str) -> Invoice {
    Invoice {
        id: id.into(),
        subscription: Some("sub_1".into()),
        customer: None,
        status: InvoiceStatus::Paid,
        paid: Money::new(1000, eur()),
        due_minor: 1000,
        payment: Some(payment.into()),
        attempts: 1,
        next_attempt_at: None,
        paid_at: Some(start()),
        created_at: start(),
        metadata: ours(),
        livemode: false,
    }
}
pub fn head(id: &str, kind: &str, object_kind: &str, object_id: &str) -> EventHead {
    EventHead {
        id: id.into(),
        kind: kind.into(),
        object_kind: object_kind.into(),
        object_id: object_id.into(),
        livemode: false,
        created_at: start(),
    }
}
/// A webhook's body with no more in its object than it needs.
pub fn body(head: &EventHead) -> Vec<u8> {
    let object = serde_json::json!({ "object": head.object_kind, "id": head.object_id });
    serde_json::to_vec_pretty(&serde_json::json!({
        "object": "event", "id": head.id, "type": head.kind, "livemode": head.livemode,
        "created": head.created_at.0.timestamp(), "api_version": API_VERSION, "data": { "object": object },
    }))
    .unwrap()
}
