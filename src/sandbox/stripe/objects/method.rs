//! `payment_method`, and how it looks in a charge's `payment_method_details`.

use serde_json::{Value, json};

use crate::sandbox::stripe::fault::Fault;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::run::{id, letters};

/// What a payment method does when it is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Works,
    /// Works for the visitor who is there; every later charge is declined.
    WorksOnce,
    Declined,
    NoFunds,
    Expired,
    /// A bank debit that settles some days later.
    Debit,
    /// A bank debit that the bank refuses some days later.
    BadDebit,
    /// Works; refunds to it fail later.
    NoRefunds,
}

impl Behaviour {
    const ALL: [(Behaviour, &'static str); 8] = [
        (Self::Works, "works"),
        (Self::WorksOnce, "works_once"),
        (Self::Declined, "declined"),
        (Self::NoFunds, "no_funds"),
        (Self::Expired, "expired"),
        (Self::Debit, "debit"),
        (Self::BadDebit, "bad_debit"),
        (Self::NoRefunds, "no_refunds"),
    ];
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(one, _)| *one == self).map_or("works", |(_, word)| word)
    }
    pub fn of(method: &Value) -> Self {
        let word = method.text("_behaviour");
        Self::ALL.iter().find(|(_, one)| *one == word).map_or(Self::Works, |(one, _)| *one)
    }
    pub fn is_debit(self) -> bool {
        matches!(self, Self::Debit | Self::BadDebit)
    }
    /// Stripe's payment methods for tests (docs.stripe.com/testing), older spellings too.
    pub fn of_test_method(name: &str) -> Option<Self> {
        match name {
            "pm_card_visa" | "pm_card_mastercard" | "pm_card_amex" | "pm_card_visa_debit" | "pm_card_us"
            | "pm_card_de" | "pm_card_gb" => Some(Self::Works),
            "pm_card_chargeDeclined" | "pm_card_visa_chargeDeclined" => Some(Self::Declined),
            "pm_card_chargeDeclinedInsufficientFunds" | "pm_card_visa_chargeDeclinedInsufficientFunds" => {
                Some(Self::NoFunds)
            }
            "pm_card_chargeDeclinedExpiredCard" | "pm_card_visa_chargeDeclinedExpiredCard" => Some(Self::Expired),
            "pm_card_chargeCustomerFail" | "pm_card_visa_chargeCustomerFail" => Some(Self::WorksOnce),
            "pm_card_refundFail" => Some(Self::NoRefunds),
            "pm_sepaDebit" => Some(Self::Debit),
            _ => None,
        }
    }
}

fn card(behaviour: Behaviour, currency: &str) -> (&'static str, &'static str) {
    let country = match currency {
        "eur" => "DE",
        "jpy" => "JP",
        "gbp" => "GB",
        _ => "US",
    };
    let last4 = match behaviour {
        Behaviour::Declined => "0002",
        Behaviour::NoFunds => "9995",
        Behaviour::Expired => "0069",
        Behaviour::WorksOnce => "0341",
        Behaviour::NoRefunds => "5126",
        _ => "4242",
    };
    (country, last4)
}

pub fn billing(email: Option<&str>, name: Option<&str>) -> Value {
    let address =
        json!({ "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null });
    json!({ "address": address, "email": email, "name": name, "phone": null, "tax_id": null })
}

/// A payment method as somebody typed it in on the hosted page, or one of the test methods.
pub fn method(behaviour: Behaviour, currency: &str, billing: Value, created: i64) -> Result<Value, Fault> {
    let (country, last4) = card(behaviour, currency);
    let mut method = json!({
        "id": id("pm")?,
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": billing,
        "created": created,
        "customer": null,
        "customer_account": null,
        "livemode": false,
        "metadata": {},
        "type": if behaviour.is_debit() { "sepa_debit" } else { "card" },
        "_behaviour": behaviour.word(),
    });
    match behaviour.is_debit() {
        true => method.put(
            "sepa_debit",
            json!({
                "bank_code": "37040044", "branch_code": "", "country": "DE", "fingerprint": letters(16)?,
                "generated_from": { "charge": null, "setup_attempt": null }, "last4": "3000",
            }),
        ),
        false => method.put(
            "card",
            json!({
                "brand": "visa",
                "checks": { "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass" },
                "country": country, "display_brand": "visa", "exp_month": 12, "exp_year": 2034,
                "fingerprint": letters(16)?, "funding": "credit", "generated_from": null, "last4": last4,
                "networks": { "available": ["visa"], "preferred": null }, "regulated_status": "unregulated",
                "three_d_secure_usage": { "supported": true }, "wallet": null,
            }),
        ),
    }
    Ok(method)
}

/// `payment_method_details` of a charge.
pub fn details(method: &Value, amount: i64) -> Value {
    match method.text("type") {
        "sepa_debit" => json!({
            "type": "sepa_debit",
            "sepa_debit": {
                "bank_code": method.get_at("sepa_debit.bank_code"), "branch_code": "", "country": "DE",
                "expected_debit_date": null, "fingerprint": method.get_at("sepa_debit.fingerprint"),
                "last4": "3000", "mandate": null,
            },
        }),
        _ => json!({
            "type": "card",
            "card": {
                "amount_authorized": amount, "authorization_code": "123456", "brand": "visa",
                "checks": method.get_at("card.checks"), "country": method.get_at("card.country"),
                "exp_month": 12, "exp_year": 2034, "extended_authorization": { "status": "disabled" },
                "fingerprint": method.get_at("card.fingerprint"), "funding": "credit",
                "incremental_authorization": { "status": "unavailable" }, "installments": null,
                "last4": method.get_at("card.last4"), "mandate": null,
                "multicapture": { "status": "unavailable" }, "network": "visa",
                "network_token": { "used": false }, "network_transaction_id": null,
                "overcapture": { "maximum_amount_capturable": amount, "status": "unavailable" },
                "regulated_status": "unregulated", "three_d_secure": null, "wallet": null,
            },
        }),
    }
}
