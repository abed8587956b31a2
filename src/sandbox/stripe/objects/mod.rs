//! Stripe's objects in full shape: every field that Stripe answers is there, because clients that are generated from
//! Stripe's description refuse objects with holes. Fields that begin with `_` are ours and never leave the sandbox.

pub mod billing;
pub mod catalog;
pub mod charge;
pub mod customer;
pub mod invoice;
pub mod ledger;
pub mod method;
pub mod payment;
pub mod refund;
pub mod session;

use serde_json::{Value, json};

/// A list inside an object, or a page of a list.
pub fn list(data: Vec<Value>, more: bool, url: &str) -> Value {
    json!({ "object": "list", "data": data, "has_more": more, "url": url })
}
