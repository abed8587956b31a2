//! Tables `sandbox_stripe_objects`, `_keys`, `_webhooks`, `_settings`. Objects are kept as the API answers them, with
//! fields of our own whose names begin with `_` (see [`super::json::public`]).

use std::collections::HashSet;

use diesel::prelude::*;
use serde_json::Value;

use super::json::{Json, public};
use crate::db::schema::{
    sandbox_stripe_keys as keys, sandbox_stripe_objects as objects, sandbox_stripe_settings as settings,
    sandbox_stripe_webhooks as webhooks,
};
use crate::db::{Both, Db, dialect};
use crate::values::At;

fn read(body: &str) -> QueryResult<Value> {
    serde_json::from_str(body).map_err(|e| diesel::result::Error::DeserializationError(Box::new(e)))
}

/// One writer at a time, as on SQLite: the first thing that a transaction of the sandbox does.
///
/// # Errors
/// The back end's.
pub fn lock(db: &mut Db) -> QueryResult<()> {
    dialect::lock_table(db, "sandbox_stripe_objects")
}

/// An object as the API would answer it, without what only the sandbox knows.
///
/// # Errors
/// The back end's.
pub fn find(db: &mut Db, id: &str) -> QueryResult<Option<Value>> {
    Ok(load(db, id)?.map(|value| public(&value)))
}

/// The newest objects of a kind first (`checkout.session`, `charge`, `event` …), at most `limit`.
///
/// # Errors
/// The back end's.
pub fn newest(db: &mut Db, kind: &str, limit: i64) -> QueryResult<Vec<Value>> {
    let rows: Vec<String> = objects::table
        .filter(objects::kind.eq(kind))
        .order(objects::number.desc())
        .limit(limit)
        .select(objects::body)
        .load(db)?;
    rows.iter().map(|body| read(body).map(|value| public(&value))).collect()
}

/// An object with everything that is kept of it.
pub(super) fn load(db: &mut Db, id: &str) -> QueryResult<Option<Value>> {
    let body: Option<String> = objects::table.filter(objects::id.eq(id)).select(objects::body).first(db).optional()?;
    body.map(|body| read(&body)).transpose()
}

/// The number of an object's row: later objects have greater ones.
pub(super) fn number(db: &mut Db, kind: &str, id: &str) -> QueryResult<Option<i64>> {
    let rows = objects::table.filter(objects::id.eq(id)).filter(objects::kind.eq(kind));
    rows.select(objects::number).first(db).optional()
}

/// Objects of a kind with their numbers, next to `from` (which is left out): older ones first, or newer ones.
pub(super) fn next_to(db: &mut Db, kind: &str, from: Option<i64>, newer: bool) -> QueryResult<Vec<(i64, Value)>> {
    const AT_ONCE: i64 = 200;
    let query = objects::table.filter(objects::kind.eq(kind)).select((objects::number, objects::body)).limit(AT_ONCE);
    let rows: Vec<(i64, String)> = match newer {
        false => query.filter(objects::number.lt(from.unwrap_or(i64::MAX))).order(objects::number.desc()).load(db)?,
        true => query.filter(objects::number.gt(from.unwrap_or(0))).order(objects::number.asc()).load(db)?,
    };
    rows.into_iter().map(|(number, body)| Ok((number, read(&body)?))).collect()
}

/// All of a kind, the oldest first. The sandbox is small.
pub(in crate::sandbox) fn all(db: &mut Db, kind: &str) -> QueryResult<Vec<Value>> {
    let query = objects::table.filter(objects::kind.eq(kind)).order(objects::number.asc());
    let rows: Vec<String> = query.select(objects::body).load(db)?;
    rows.iter().map(|body| read(body)).collect()
}

pub(super) fn insert(db: &mut Db, kind: &str, value: &Value) -> QueryResult<()> {
    let row = (objects::id.eq(value.text("id")), objects::kind.eq(kind), objects::body.eq(value.to_string()));
    diesel::insert_into(objects::table).values(row).execute(db).map(drop)
}

pub(super) fn save(db: &mut Db, value: &Value) -> QueryResult<()> {
    diesel::update(objects::table.filter(objects::id.eq(value.text("id"))))
        .set(objects::body.eq(value.to_string()))
        .execute(db)
        .map(drop)
}

pub(super) fn delete(db: &mut Db, id: &str) -> QueryResult<()> {
    diesel::delete(objects::table.filter(objects::id.eq(id))).execute(db).map(drop)
}

pub(super) fn count(db: &mut Db, kind: &str) -> QueryResult<i64> {
    objects::table.filter(objects::kind.eq(kind)).count().get_result(db)
}

/// How far the sandbox's clock is ahead, in seconds.
///
/// # Errors
/// The back end's.
pub fn ahead(db: &mut Db) -> QueryResult<i64> {
    let ahead = settings::table.filter(settings::id.eq(1)).select(settings::ahead_seconds).first(db).optional()?;
    Ok(ahead.unwrap_or(0))
}

pub(super) fn set_ahead(db: &mut Db, seconds: i64) -> QueryResult<()> {
    let first = (settings::id.eq(1), settings::ahead_seconds.eq(0), settings::mischief.eq("none"));
    Both(diesel::insert_into(settings::table).values(first).on_conflict_do_nothing()).execute(db)?;
    let row = settings::table.filter(settings::id.eq(1));
    diesel::update(row).set(settings::ahead_seconds.eq(seconds)).execute(db).map(drop)
}

/// What was answered to an idempotency key: the hash of the request, status, body.
pub(super) fn answer(db: &mut Db, key: &str) -> QueryResult<Option<(String, i64, String)>> {
    let row = keys::table.filter(keys::idempotency_key.eq(key));
    row.select((keys::request_hash, keys::status, keys::body)).first(db).optional()
}

pub(super) fn keep_answer(db: &mut Db, key: &str, hash: &str, status: i64, body: &str) -> QueryResult<()> {
    let row =
        (keys::idempotency_key.eq(key), keys::request_hash.eq(hash), keys::status.eq(status), keys::body.eq(body));
    diesel::insert_into(keys::table).values(row).execute(db).map(drop)
}

pub(super) fn add_webhook(db: &mut Db, event: &str, due: At) -> QueryResult<()> {
    let row =
        (webhooks::event_id.eq(event), webhooks::due_at.eq(due), webhooks::attempts.eq(0), webhooks::answer.eq(""));
    diesel::insert_into(webhooks::table).values(row).execute(db).map(drop)
}

/// Events of which a webhook is still on its way or was given up.
pub(super) fn undelivered(db: &mut Db) -> QueryResult<HashSet<String>> {
    let rows: Vec<String> =
        webhooks::table.filter(webhooks::delivered_at.is_null()).select(webhooks::event_id).distinct().load(db)?;
    Ok(rows.into_iter().collect())
}

/// The id of something to be done, so that the order of ids is the order of time.
pub(super) fn due_id(at: i64, letters: &str) -> String {
    format!("due_{at:012}_{letters}")
}

/// What is to be done next, of what is due by `until` (seconds); what was noted first goes first.
pub(super) fn next_due(db: &mut Db, until: i64) -> QueryResult<Option<Value>> {
    let dues = || objects::table.filter(objects::kind.eq("due")).select(objects::body);
    let bound = |at: i64| format!("due_{at:012}");
    let first: Option<String> =
        dues().filter(objects::id.lt(bound(until + 1))).order(objects::id.asc()).first(db).optional()?;
    let Some(first) = first else { return Ok(None) };
    let at = read(&first)?.int("at");
    let same = dues().filter(objects::id.ge(bound(at))).filter(objects::id.lt(bound(at + 1)));
    let body: String = same.order(objects::number.asc()).first(db)?;
    read(&body).map(Some)
}
