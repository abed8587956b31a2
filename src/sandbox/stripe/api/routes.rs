//! Every path of the API.

use actix_web::http::Method;

use super::params::Params;
use super::{Answered, Call, billing, catalog, customers, ledger, payments, sessions};
use crate::sandbox::stripe::run::Run;

/// What answers a path.
pub struct Endpoint {
    pub params: Params,
    /// Takes the parameters of a list too.
    pub lists: bool,
    pub handler: fn(&mut Run<'_>, &Call) -> Answered,
}

/// The endpoint and the id in the path.
pub fn find(method: &Method, path: &str) -> Option<(Endpoint, String)> {
    let parts: Vec<&str> = path.split('/').collect();
    let (verb, id) = (method.as_str(), |id: &str| id.to_owned());
    let one = |params, handler| Endpoint { params, lists: false, handler };
    let all = |params, handler| Endpoint { params, lists: true, handler };
    let none: Params = &[];
    Some(match (verb, parts.as_slice()) {
        ("POST", ["checkout", "sessions"]) => (one(sessions::CREATE, sessions::create), String::new()),
        ("GET", ["checkout", "sessions"]) => (all(sessions::LIST, sessions::list), String::new()),
        ("GET", ["checkout", "sessions", s]) => (one(none, sessions::retrieve), id(s)),
        ("GET", ["checkout", "sessions", s, "line_items"]) => (all(none, sessions::line_items), id(s)),
        ("POST", ["checkout", "sessions", s, "expire"]) => (one(none, sessions::expire), id(s)),

        ("POST", ["payment_intents"]) => (one(payments::CREATE, payments::create), String::new()),
        ("GET", ["payment_intents"]) => (all(payments::LIST, payments::list), String::new()),
        ("GET", ["payment_intents", p]) => (one(none, payments::retrieve), id(p)),
        ("POST", ["payment_intents", p]) => (one(payments::UPDATE, payments::update), id(p)),
        ("POST", ["payment_intents", p, "confirm"]) => (one(payments::CONFIRM, payments::confirm), id(p)),
        ("POST", ["payment_intents", p, "cancel"]) => (one(payments::CANCEL, payments::cancel), id(p)),
        ("GET", ["charges"]) => (all(payments::CHARGES, payments::charges), String::new()),
        ("GET", ["charges", c]) => (one(none, payments::charge), id(c)),
        ("POST", ["refunds"]) => (one(payments::REFUND, payments::refund), String::new()),
        ("GET", ["refunds"]) => (all(payments::REFUNDS, payments::refunds), String::new()),
        ("GET", ["refunds", r]) => (one(none, payments::refund_of_id), id(r)),
        ("GET", ["payment_methods", m]) => (one(none, payments::method), id(m)),

        ("POST", ["customers"]) => (one(customers::FIELDS, customers::create), String::new()),
        ("GET", ["customers"]) => (all(customers::LIST, customers::list), String::new()),
        ("GET", ["customers", c]) => (one(none, customers::retrieve), id(c)),
        ("POST", ["customers", c]) => (one(customers::FIELDS, customers::update), id(c)),

        ("POST", ["products"]) => (one(catalog::PRODUCT, catalog::create_product), String::new()),
        ("GET", ["products"]) => (all(catalog::PRODUCTS, catalog::products), String::new()),
        ("GET", ["products", p]) => (one(none, catalog::product), id(p)),
        ("POST", ["prices"]) => (one(catalog::PRICE, catalog::create_price), String::new()),
        ("GET", ["prices"]) => (all(catalog::PRICES, catalog::prices), String::new()),
        ("GET", ["prices", p]) => (one(none, catalog::price), id(p)),

        ("GET", ["subscriptions"]) => (all(billing::SUBSCRIPTIONS, billing::subscriptions), String::new()),
        ("GET", ["subscriptions", s]) => (one(none, billing::subscription), id(s)),
        ("POST", ["subscriptions", s]) => (one(billing::UPDATE, billing::update), id(s)),
        ("DELETE", ["subscriptions", s]) => (one(billing::CANCEL, billing::cancel), id(s)),
        ("GET", ["invoices"]) => (all(billing::INVOICES, billing::invoices), String::new()),
        ("GET", ["invoices", i]) => (one(none, billing::invoice), id(i)),
        ("GET", ["invoice_payments"]) => (all(billing::INVOICE_PAYMENTS, billing::invoice_payments), String::new()),
        ("GET", ["invoice_payments", i]) => (one(none, billing::invoice_payment), id(i)),

        ("GET", ["balance"]) => (one(none, ledger::balance), String::new()),
        ("GET", ["balance_transactions"]) => (all(ledger::LINES, ledger::lines), String::new()),
        ("GET", ["balance_transactions", l]) => (one(none, ledger::line), id(l)),
        ("GET", ["payouts"]) => (all(ledger::PAYOUTS, ledger::payouts), String::new()),
        ("POST", ["payouts"]) => (one(ledger::PAYOUT, ledger::create_payout), String::new()),
        ("GET", ["payouts", p]) => (one(none, ledger::payout), id(p)),
        ("GET", ["events"]) => (all(ledger::EVENTS, ledger::events), String::new()),
        ("GET", ["events", e]) => (one(none, ledger::event), id(e)),
        ("GET", ["account"]) => (one(none, ledger::account), String::new()),
        _ => return None,
    })
}
