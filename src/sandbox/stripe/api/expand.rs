//! `expand[]`: ids in an answer become the objects themselves.

use serde_json::Value;

use super::form::items;
use crate::sandbox::stripe::fault::{ApiError, Fault};
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::objects;
use crate::sandbox::stripe::run::Run;
use crate::sandbox::stripe::{engine, store};

/// Stripe's limit.
const DEEPEST: usize = 4;

/// Fields that hold the id of another object, by the object that has them (`payment`: of an invoice payment).
const EXPANDABLE: &[(&str, &[&str])] = &[
    ("checkout.session", &["customer", "invoice", "payment_intent", "subscription", "setup_intent", "payment_link"]),
    ("payment_intent", &["customer", "latest_charge", "payment_method", "review"]),
    ("charge", &["balance_transaction", "customer", "failure_balance_transaction", "payment_intent", "review"]),
    ("refund", &["balance_transaction", "charge", "failure_balance_transaction", "payment_intent", "payment_method"]),
    ("customer", &["default_source"]),
    ("subscription", &["customer", "default_payment_method", "latest_invoice", "pending_setup_intent"]),
    ("invoice", &["customer", "default_payment_method"]),
    ("invoice_payment", &["invoice"]),
    ("balance_transaction", &["source"]),
    ("payout", &["balance_transaction", "failure_balance_transaction", "original_payout", "reversed_by"]),
    ("price", &["product"]),
    ("product", &["default_price"]),
    ("payment_method", &["customer"]),
    ("line_item", &["subscription"]),
];

/// Takes `expand` out of the parameters.
pub fn take(given: &mut Value) -> Result<Vec<String>, ApiError> {
    let Some(asked) = given.as_object_mut().and_then(|map| map.remove("expand")) else { return Ok(Vec::new()) };
    let invalid = || ApiError::invalid("Invalid array").code("parameter_invalid_array").param("expand").before();
    let paths = asked.as_object().and_then(items).ok_or_else(invalid)?;
    let paths: Vec<String> = paths.iter().filter_map(|path| path.as_str().map(str::to_owned)).collect();
    match paths.iter().find(|path| path.split('.').filter(|part| *part != "data").count() > DEEPEST) {
        Some(path) => Err(ApiError::invalid(format!(
            "You cannot expand more than {DEEPEST} levels of a property. The property '{path}' is too deep."
        ))
        .param("expand")
        .before()),
        None => Ok(paths),
    }
}

/// Expands one path in an answer.
pub fn expand(run: &mut Run<'_>, value: &mut Value, path: &str) -> Result<(), Fault> {
    walk(run, value, path, path, "")
}

fn walk(run: &mut Run<'_>, value: &mut Value, path: &str, whole: &str, within: &str) -> Result<(), Fault> {
    let (field, rest) = path.split_once('.').unwrap_or((path, ""));
    if value.text("object") == "list" && field == "data" {
        if let Some(items) = value.get_mut("data").and_then(Value::as_array_mut) {
            for item in items {
                if !rest.is_empty() {
                    walk(run, item, rest, whole, "")?;
                }
            }
        }
        return Ok(());
    }
    if let Some(included) = included(run, value, field)? {
        value.put(field, included);
    }
    let object = if within.is_empty() { value.text("object").to_owned() } else { within.to_owned() };
    let expandable = EXPANDABLE.iter().any(|(kind, fields)| *kind == object && fields.contains(&field))
        // Objects inside objects that hold ids: what pays an invoice, and where an invoice comes from.
        || matches!((object.as_str(), field), ("payment", "payment_intent") | ("subscription_details", "subscription"));
    if expandable
        && let Some(id) = value.maybe(field).map(str::to_owned)
        && let Some(found) = store::load(run.db, &id)?
    {
        value.put(field, found);
    }
    let inside = value.get_at(field);
    if rest.is_empty() {
        let fine = expandable || inside.text("object") == "list";
        return if fine { Ok(()) } else { Err(refused(whole).into()) };
    }
    match inside {
        Value::Null if expandable => Ok(()),
        Value::Object(_) => {
            let within = if inside.is_nothing("object") { field } else { "" };
            let mut taken = inside.clone();
            walk(run, &mut taken, rest, whole, within)?;
            value.put(field, taken);
            Ok(())
        }
        // The parent of an invoice without a subscription, and the like.
        Value::Null => Ok(()),
        _ => Err(refused(whole).into()),
    }
}

fn refused(path: &str) -> ApiError {
    ApiError::invalid(format!("This property cannot be expanded ({path}).")).param("expand")
}

/// Lists that are only there when they are asked for.
fn included(run: &mut Run<'_>, value: &Value, field: &str) -> Result<Option<Value>, Fault> {
    let id = value.text("id");
    Ok(match (value.text("object"), field) {
        ("checkout.session", "line_items") => {
            let lines = value.list("_lines").to_vec();
            Some(objects::list(lines, false, &format!("/v1/checkout/sessions/{id}/line_items")))
        }
        ("charge", "refunds") => {
            let mut refunds = store::all(run.db, "refund")?;
            refunds.retain(|refund| refund.text("charge") == id);
            refunds.reverse();
            Some(objects::list(refunds, false, &format!("/v1/charges/{id}/refunds")))
        }
        ("invoice", "payments") => {
            let payments = engine::subscribe::payments_of(run, id)?;
            Some(objects::list(payments, false, &format!("/v1/invoice_payments?invoice={id}")))
        }
        _ => None,
    })
}
