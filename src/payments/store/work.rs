//! What the worker does with rows: leasing, closing, giving back, and the versions of objects.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::super::model::{CommandState, EventState, PaymentCommand, PaymentEvent};
use crate::db::schema::{payment_commands, payment_events, stripe_charges, stripe_objects};
use crate::db::types::Instant;
use crate::db::{Db, dialect};
use crate::values::{At, NodeId, PaymentCommandId, PaymentEventId};

const EVENT_COLUMNS: &str = "id, event_id, account, kind, object_kind, object_id, source, livemode, api_version, state, \
                             outcome, attempts, next_at, happened_at, received_at, processed_at";
const COMMAND_COLUMNS: &str =
    "id, idempotency_key, kind, payload, state, outcome, attempts, next_at, created_at, done_at";

/// Whether anything is due: a read, so that looking every second holds up nobody.
pub(in crate::payments) fn is_due(db: &mut Db, now: At) -> QueryResult<bool> {
    for table in ["payment_events", "payment_commands"] {
        let sql = format!("SELECT id FROM {table} WHERE state = 'pending' AND lease IS NULL AND next_at <= $1 LIMIT 1");
        if diesel::sql_query(sql).bind::<Instant, _>(now).get_result::<Found>(db).optional()?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt, column_name = id)]
    _id: i64,
}

/// Leases the events that are due, oldest first.
pub(in crate::payments) fn claim_events(
    db: &mut Db,
    node: NodeId,
    now: At,
    limit: i64,
) -> QueryResult<Vec<PaymentEvent>> {
    let mut rows: Vec<PaymentEvent> = claim(db, "payment_events", EVENT_COLUMNS, node, now, limit)?;
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

/// Leases the commands that are due, oldest first.
pub(in crate::payments) fn claim_commands(
    db: &mut Db,
    node: NodeId,
    now: At,
    limit: i64,
) -> QueryResult<Vec<PaymentCommand>> {
    let mut rows: Vec<PaymentCommand> = claim(db, "payment_commands", COMMAND_COLUMNS, node, now, limit)?;
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

fn claim<T>(db: &mut Db, table: &str, columns: &str, node: NodeId, now: At, limit: i64) -> QueryResult<Vec<T>>
where
    T: diesel::deserialize::QueryableByName<crate::db::MultiBackend> + 'static,
{
    let sql = format!(
        "UPDATE {table} SET lease = $1 WHERE id IN (SELECT id FROM {table} \
         WHERE state = 'pending' AND lease IS NULL AND next_at <= $2 ORDER BY next_at, id LIMIT $3{}) RETURNING {columns}",
        dialect::skip_locked(db)
    );
    let query = diesel::sql_query(sql).bind::<BigInt, _>(node).bind::<Instant, _>(now).bind::<BigInt, _>(limit);
    query.load(db)
}

/// The payments that these charges belong to, as far as the mirror knows.
pub(in crate::payments) fn payments_of(db: &mut Db, charges: &[String]) -> QueryResult<HashMap<String, String>> {
    if charges.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = stripe_charges::table.filter(stripe_charges::id.eq_any(charges));
    Ok(rows.select((stripe_charges::id, stripe_charges::payment)).load::<(String, String)>(db)?.into_iter().collect())
}

/// How often each object was written; those that are missing, never.
pub(in crate::payments) fn versions(db: &mut Db, ids: &[String]) -> QueryResult<HashMap<String, i64>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = stripe_objects::table.filter(stripe_objects::id.eq_any(ids));
    Ok(rows.select((stripe_objects::id, stripe_objects::version)).load::<(String, i64)>(db)?.into_iter().collect())
}

pub(in crate::payments) fn version(db: &mut Db, id: &str) -> QueryResult<i64> {
    Ok(stripe_objects::table.find(id).select(stripe_objects::version).first(db).optional()?.unwrap_or(0))
}

/// Counts a write of the object and locks it until the transaction ends; `false` when somebody wrote since `seen`.
pub(in crate::payments) fn advance(db: &mut Db, id: &str, seen: i64) -> QueryResult<bool> {
    // `WHERE`-less INSERTs race on PostgreSQL only as far as the unique key: the second waits, then compares.
    let sql = "INSERT INTO stripe_objects (id, version) VALUES ($1, 1) \
               ON CONFLICT (id) DO UPDATE SET version = stripe_objects.version + 1 WHERE stripe_objects.version = $2";
    Ok(diesel::sql_query(sql).bind::<Text, _>(id).bind::<BigInt, _>(seen).execute(db)? > 0)
}

/// Closes leased rows; answers how many were still this node's.
pub(in crate::payments) fn close(
    db: &mut Db,
    ids: &[PaymentEventId],
    node: NodeId,
    account: Option<&str>,
    (state, outcome): (EventState, &str),
    now: At,
) -> QueryResult<usize> {
    let ours = payment_events::table.filter(payment_events::id.eq_any(ids)).filter(payment_events::lease.eq(node.0));
    diesel::update(ours.filter(payment_events::state.eq(EventState::Pending)))
        .set((
            payment_events::state.eq(state),
            payment_events::outcome.eq(outcome),
            payment_events::account.eq(account),
            payment_events::attempts.eq(payment_events::attempts + 1),
            payment_events::lease.eq(None::<i64>),
            payment_events::processed_at.eq(Some(now)),
        ))
        .execute(db)
}

/// What failed about these objects before is settled by what was seen now.
pub(in crate::payments) fn settle_failed(db: &mut Db, objects: &[&str], now: At) -> QueryResult<()> {
    let failed = payment_events::table.filter(payment_events::object_id.eq_any(objects));
    diesel::update(failed.filter(payment_events::state.eq(EventState::Failed)))
        .set((
            payment_events::state.eq(EventState::Ignored),
            payment_events::outcome.eq("settled by a later look at the same object"),
            payment_events::processed_at.eq(Some(now)),
        ))
        .execute(db)
        .map(drop)
}

/// Puts a leased row back for later. A look for which another one waits already is closed instead.
pub(in crate::payments) fn put_back(
    db: &mut Db,
    id: PaymentEventId,
    node: NodeId,
    (next_at, words): (At, &str),
    counts: bool,
) -> QueryResult<()> {
    close_doubles(db, node, Some(id))?;
    let row = payment_events::table.filter(payment_events::id.eq(id)).filter(payment_events::lease.eq(node.0));
    diesel::update(row)
        .set((
            payment_events::lease.eq(None::<i64>),
            payment_events::next_at.eq(next_at),
            payment_events::outcome.eq(words),
            payment_events::attempts.eq(payment_events::attempts + i64::from(counts)),
        ))
        .execute(db)
        .map(drop)
}

/// At most one look waits per object (a unique index): of those that this node is about to give back, the ones for which
/// another waits, or comes back too, are closed.
fn close_doubles(db: &mut Db, node: NodeId, only: Option<PaymentEventId>) -> QueryResult<()> {
    let which = only.map(|id| format!("AND payment_events.id = {id} ")).unwrap_or_default();
    let also = if only.is_some() { "" } else { "OR (other.lease = $2 AND other.id > payment_events.id)" };
    let sql = format!(
        "UPDATE payment_events SET state = 'ignored', lease = NULL, outcome = 'another look at it waits' \
         WHERE lease = $1 AND event_id IS NULL AND state = 'pending' {which}AND EXISTS (SELECT 1 FROM payment_events other \
         WHERE other.object_id = payment_events.object_id AND other.event_id IS NULL AND other.state = 'pending' \
         AND other.id <> payment_events.id AND (other.lease IS NULL {also}))"
    );
    let query = diesel::sql_query(sql).bind::<BigInt, _>(node);
    match only {
        Some(_) => query.execute(db),
        None => query.bind::<BigInt, _>(node).execute(db),
    }
    .map(drop)
}

/// Ends a command; `false` when it was not this node's any more.
pub(in crate::payments) fn close_command(
    db: &mut Db,
    id: PaymentCommandId,
    node: NodeId,
    (state, outcome): (CommandState, &str),
    now: At,
) -> QueryResult<bool> {
    let row = payment_commands::table.filter(payment_commands::id.eq(id)).filter(payment_commands::lease.eq(node.0));
    let closed = diesel::update(row)
        .set((
            payment_commands::state.eq(state),
            payment_commands::outcome.eq(outcome),
            payment_commands::attempts.eq(payment_commands::attempts + 1),
            payment_commands::lease.eq(None::<i64>),
            payment_commands::done_at.eq(Some(now)),
        ))
        .execute(db)?;
    Ok(closed > 0)
}

pub(in crate::payments) fn put_back_command(
    db: &mut Db,
    id: PaymentCommandId,
    node: NodeId,
    next_at: At,
    words: &str,
) -> QueryResult<()> {
    let row = payment_commands::table.filter(payment_commands::id.eq(id)).filter(payment_commands::lease.eq(node.0));
    diesel::update(row)
        .set((
            payment_commands::lease.eq(None::<i64>),
            payment_commands::next_at.eq(next_at),
            payment_commands::outcome.eq(words),
            payment_commands::attempts.eq(payment_commands::attempts + 1),
        ))
        .execute(db)
        .map(drop)
}

/// The nodes under whose numbers events or commands are leased.
///
/// # Errors
/// The database's.
pub fn leases(db: &mut Db) -> QueryResult<Vec<NodeId>> {
    let events = payment_events::table.filter(payment_events::lease.is_not_null()).select(payment_events::lease);
    let mut nodes: Vec<Option<i64>> = events.distinct().load(db)?;
    let commands = payment_commands::table.filter(payment_commands::lease.is_not_null());
    nodes.extend(commands.select(payment_commands::lease).distinct().load::<Option<i64>>(db)?);
    Ok(nodes.into_iter().flatten().map(NodeId).collect())
}

/// Gives back what a node that is gone had leased. Doing it twice is harmless: objects are fetched again, and commands
/// carry their idempotency keys.
///
/// # Errors
/// The database's.
pub fn give_back(db: &mut Db, node: NodeId) -> QueryResult<()> {
    close_doubles(db, node, None)?;
    diesel::update(payment_events::table.filter(payment_events::lease.eq(node.0)))
        .set(payment_events::lease.eq(None::<i64>))
        .execute(db)?;
    diesel::update(payment_commands::table.filter(payment_commands::lease.eq(node.0)))
        .set(payment_commands::lease.eq(None::<i64>))
        .execute(db)
        .map(drop)
}

/// Whether a row about the object waits to be leased.
pub(in crate::payments) fn waits(db: &mut Db, object: &str) -> QueryResult<bool> {
    let waiting = payment_events::table
        .filter(payment_events::object_id.eq(object))
        .filter(payment_events::state.eq(EventState::Pending))
        .filter(payment_events::lease.is_null());
    Ok(waiting.select(payment_events::id).limit(1).first::<i64>(db).optional()?.is_some())
}

/// Those of these objects that a row was ever about, whatever came of it.
pub(in crate::payments) fn heard_of(db: &mut Db, objects: &[String]) -> QueryResult<HashSet<String>> {
    let rows = payment_events::table.filter(payment_events::object_id.eq_any(objects));
    Ok(rows.select(payment_events::object_id).distinct().load::<String>(db)?.into_iter().collect())
}

/// Whether something about the object was booked, or staff were told that it cannot be.
pub(in crate::payments) fn was_booked(db: &mut Db, object: &str) -> QueryResult<bool> {
    let ended = [EventState::Done, EventState::Failed];
    let rows = payment_events::table.filter(payment_events::object_id.eq(object));
    let rows = rows.filter(payment_events::state.eq_any(ended));
    Ok(rows.select(payment_events::id).limit(1).first::<i64>(db).optional()?.is_some())
}

/// Whether staff were told of the object and did nothing yet.
pub(in crate::payments) fn has_failed(db: &mut Db, object: &str) -> QueryResult<bool> {
    let failed = payment_events::table
        .filter(payment_events::object_id.eq(object))
        .filter(payment_events::state.eq(EventState::Failed));
    Ok(failed.select(payment_events::id).limit(1).first::<i64>(db).optional()?.is_some())
}
