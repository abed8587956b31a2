//! What the sandbox's own pages show: read only, over whatever objects there are.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::Value;

use super::json::Json;
use super::store;
use crate::db::Db;
use crate::db::schema::sandbox_stripe_objects::dsl as objects;
use crate::db::schema::sandbox_stripe_webhooks::dsl as webhooks;
use crate::values::{At, Currency, Money};

/// How many lines of the balance are added up, and how many events are searched. The sandbox is small.
const MANY: i64 = 100_000;

/// The newest objects that people look at: all but events and lines of the balance, which are many, and the agenda,
/// which is no object of Stripe.
///
/// # Errors
/// The back end's.
pub fn recent(db: &mut Db, limit: i64) -> QueryResult<Vec<Value>> {
    const OTHERS: [&str; 7] =
        ["due", "event", "balance_transaction", "product", "price", "invoice_payment", "payment_method"];
    let ids: Vec<String> = objects::sandbox_stripe_objects
        .filter(objects::kind.ne_all(OTHERS.map(str::to_owned).to_vec()))
        .order(objects::number.desc())
        .limit(limit)
        .select(objects::id)
        .load(db)?;
    let mut found = Vec::new();
    for id in ids {
        found.extend(store::find(db, &id)?);
    }
    Ok(found)
}

/// How many objects there are of each kind.
///
/// # Errors
/// The back end's.
pub fn counts(db: &mut Db) -> QueryResult<BTreeMap<String, i64>> {
    let kinds: Vec<String> =
        objects::sandbox_stripe_objects.filter(objects::kind.ne("due")).select(objects::kind).distinct().load(db)?;
    let mut counts = BTreeMap::new();
    for kind in kinds {
        let count = objects::sandbox_stripe_objects.filter(objects::kind.eq(&kind)).count().get_result(db)?;
        counts.insert(kind, count);
    }
    Ok(counts)
}

/// How many webhooks are on their way, and how many were given up or lost.
///
/// # Errors
/// The back end's.
pub fn waiting(db: &mut Db) -> QueryResult<(i64, i64)> {
    let rows = || webhooks::sandbox_stripe_webhooks.filter(webhooks::delivered_at.is_null()).count();
    let waiting = rows().filter(webhooks::given_up_at.is_null()).get_result(db)?;
    Ok((waiting, rows().filter(webhooks::given_up_at.is_not_null()).get_result(db)?))
}

/// The events about one object, the newest first.
///
/// # Errors
/// The back end's.
pub fn events_about(db: &mut Db, id: &str) -> QueryResult<Vec<Value>> {
    let mut events = store::newest(db, "event", MANY)?;
    events.retain(|event| event.pointer("/data/object/id").and_then(Value::as_str) == Some(id));
    Ok(events)
}

/// What the account holds in each currency: available by `now`, and still to come.
///
/// # Errors
/// The back end's.
pub fn balance(db: &mut Db, now: At) -> QueryResult<Vec<(Money, Money)>> {
    let mut sums: BTreeMap<Currency, (i64, i64)> = BTreeMap::new();
    for line in store::newest(db, "balance_transaction", MANY)? {
        let Some(currency) = Currency::parse(line.text("currency")).ok() else { continue };
        let net = line.int("net");
        let sum = sums.entry(currency).or_default();
        match line.int("available_on") <= now.0.timestamp() {
            true => sum.0 += net,
            false => sum.1 += net,
        }
    }
    let both = |(currency, (there, coming)): (Currency, (i64, i64))| {
        (Money::new(there, currency.clone()), Money::new(coming, currency))
    };
    Ok(sums.into_iter().map(both).collect())
}

/// The amount that an object is about, whatever its kind calls it.
pub fn amount(object: &Value) -> Option<Money> {
    let currency = object["currency"].as_str().and_then(|code| Currency::parse(code).ok())?;
    let of_its_item = object.pointer("/items/data/0/price/unit_amount");
    let named = ["amount_total", "amount", "total", "unit_amount"].iter().filter_map(|name| object.get(*name));
    let minor = named.chain(of_its_item).find_map(Value::as_i64)?;
    Some(Money::new(minor, currency))
}

/// When an object was made.
pub fn created(object: &Value) -> Option<At> {
    object["created"].as_i64().map(|seconds| At::from_micros(seconds.saturating_mul(1_000_000)))
}

/// A Checkout Session as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: String,
    pub status: String,
    pub payment_status: String,
    /// What is paid for, line by line.
    pub lines: Vec<String>,
    pub total: Option<Money>,
    /// `month`, `year` …; none for a one-off payment.
    pub interval: Option<String>,
    pub email: String,
    /// A language, `auto`, or empty.
    pub locale: String,
    pub donate: bool,
    /// With the session's id filled in.
    pub success_url: String,
    pub cancel_url: Option<String>,
    pub expires_at: At,
}

/// The session of that id.
///
/// # Errors
/// The back end's.
pub fn session(db: &mut Db, id: &str) -> QueryResult<Option<Session>> {
    // With what only the sandbox knows: its lines.
    let row = objects::sandbox_stripe_objects.filter(objects::id.eq(id).and(objects::kind.eq("checkout.session")));
    let Some(body) = row.select(objects::body).first::<String>(db).optional()? else { return Ok(None) };
    let session: Value = serde_json::from_str(&body).unwrap_or_default();
    let text = |name: &str| session.text(name).to_owned();
    let lines = session.list("_lines");
    let words = |line: &Value| line.text("description").to_owned();
    let interval = lines.iter().find_map(|line| line.pointer("/price/recurring/interval").and_then(Value::as_str));
    Ok(Some(Session {
        status: text("status"),
        payment_status: text("payment_status"),
        lines: lines.iter().map(words).collect(),
        total: amount(&session),
        interval: interval.map(str::to_owned),
        email: session.pointer("/customer_details/email").and_then(Value::as_str).unwrap_or_default().to_owned(),
        locale: text("locale"),
        donate: session.text("submit_type") == "donate",
        success_url: text("success_url").replace("{CHECKOUT_SESSION_ID}", id),
        cancel_url: session.maybe("cancel_url").map(str::to_owned),
        expires_at: At::from_micros(session.int("expires_at").saturating_mul(1_000_000)),
        id: id.to_owned(),
    }))
}
