//! Rows of the inbox and of the commands: leasing, closing, giving back; what staff see of them.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::model::{CommandState, EventState, PaymentCommand, PaymentEvent};
use crate::db::schema::{payment_commands, payment_events, stripe_charges, stripe_objects};
use crate::db::types::Instant;
use crate::db::{Db, dialect};
use crate::error::Error;
use crate::values::{At, NodeId, Page, PageRequest, PaymentCommandId, PaymentEventId};

const EVENT_COLUMNS: &str = "id, event_id, account, kind, object_kind, object_id, source, livemode, api_version, state, \
                             outcome, attempts, next_at, happened_at, received_at, processed_at";
const COMMAND_COLUMNS: &str =
    "id, idempotency_key, kind, payload, state, outcome, attempts, next_at, created_at, done_at";

/// Whether anything is due: a read, so that looking every second holds up nobody.
pub(super) fn is_due(db: &mut Db, now: At) -> QueryResult<bool> {
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
pub(super) fn claim_events(db: &mut Db, node: NodeId, now: At, limit: i64) -> QueryResult<Vec<PaymentEvent>> {
    let mut rows: Vec<PaymentEvent> = claim(db, "payment_events", EVENT_COLUMNS, node, now, limit)?;
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

/// Leases the commands that are due, oldest first.
pub(super) fn claim_commands(db: &mut Db, node: NodeId, now: At, limit: i64) -> QueryResult<Vec<PaymentCommand>> {
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
pub(super) fn payments_of(db: &mut Db, charges: &[String]) -> QueryResult<HashMap<String, String>> {
    if charges.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = stripe_charges::table.filter(stripe_charges::id.eq_any(charges));
    Ok(rows.select((stripe_charges::id, stripe_charges::payment)).load::<(String, String)>(db)?.into_iter().collect())
}

/// How often each object was written; those that are missing, never.
pub(super) fn versions(db: &mut Db, ids: &[String]) -> QueryResult<HashMap<String, i64>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = stripe_objects::table.filter(stripe_objects::id.eq_any(ids));
    Ok(rows.select((stripe_objects::id, stripe_objects::version)).load::<(String, i64)>(db)?.into_iter().collect())
}

pub(super) fn version(db: &mut Db, id: &str) -> QueryResult<i64> {
    Ok(stripe_objects::table.find(id).select(stripe_objects::version).first(db).optional()?.unwrap_or(0))
}

/// Counts a write of the object and locks it until the transaction ends; `false` when somebody wrote since `seen`.
pub(super) fn advance(db: &mut Db, id: &str, seen: i64) -> QueryResult<bool> {
    // `WHERE`-less INSERTs race on PostgreSQL only as far as the unique key: the second waits, then compares.
    let sql = "INSERT INTO stripe_objects (id, version) VALUES ($1, 1) \
               ON CONFLICT (id) DO UPDATE SET version = stripe_objects.version + 1 WHERE stripe_objects.version = $2";
    Ok(diesel::sql_query(sql).bind::<Text, _>(id).bind::<BigInt, _>(seen).execute(db)? > 0)
}

/// Closes leased rows; answers how many were still this node's.
pub(super) fn close(
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
pub(super) fn settle_failed(db: &mut Db, objects: &[&str], now: At) -> QueryResult<()> {
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
pub(super) fn put_back(
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
pub(super) fn close_command(
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

pub(super) fn put_back_command(
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

/// Which events staff look at.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<EventState>,
    /// The beginning of Stripe's type (`invoice`), or `look`.
    pub kind: String,
    /// An id of an object or of an event.
    pub object: String,
}

/// Newest first.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, filter: &Filter, request: PageRequest) -> QueryResult<Page<PaymentEvent>> {
    let (mut rows, mut count) = (PaymentEvent::query().into_boxed(), payment_events::table.into_boxed());
    if let Some(state) = filter.state {
        rows = rows.filter(payment_events::state.eq(state));
        count = count.filter(payment_events::state.eq(state));
    }
    if !filter.kind.is_empty() {
        // A range instead of LIKE, which regards case on one back end only.
        let range = payment_events::kind.ge(filter.kind.clone());
        let end = payment_events::kind.lt(format!("{}\u{7f}", filter.kind));
        rows = rows.filter(range.clone().and(end.clone()));
        count = count.filter(range.and(end));
    }
    if !filter.object.is_empty() {
        let named = payment_events::object_id.eq(filter.object.clone());
        let event = payment_events::event_id.eq(Some(filter.object.clone()));
        rows = rows.filter(named.clone().nullable().or(event.clone()));
        count = count.filter(named.nullable().or(event));
    }
    let total = count.count().get_result(db)?;
    let rows = rows.order(payment_events::id.desc()).limit(request.size).offset(request.offset()).load(db)?;
    Ok(Page { rows, total, request })
}

/// # Errors
/// `NotFound`, or the database's.
pub fn find(db: &mut Db, id: PaymentEventId) -> Result<PaymentEvent, Error> {
    let row = PaymentEvent::query().filter(payment_events::id.eq(id)).first(db).optional()?;
    row.ok_or(Error::NotFound("payment event"))
}

/// What Stripe sent, byte for byte.
///
/// # Errors
/// The database's.
pub fn payload(db: &mut Db, id: PaymentEventId) -> QueryResult<Option<Vec<u8>>> {
    payment_events::table.filter(payment_events::id.eq(id)).select(payment_events::payload).first(db)
}

/// Commands that Stripe refused, newest first.
///
/// # Errors
/// The database's.
pub fn refused_commands(db: &mut Db, limit: i64) -> QueryResult<Vec<PaymentCommand>> {
    let failed = PaymentCommand::query().filter(payment_commands::state.eq(CommandState::Failed));
    failed.order(payment_commands::id.desc()).limit(limit).load(db)
}

/// What staff should look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attention {
    pub failed_events: i64,
    /// Of the last two weeks: there is nothing to press, only to know.
    pub refused_commands: i64,
    /// Events that wait for longer than a quarter of an hour.
    pub late_events: i64,
}

/// # Errors
/// The database's.
pub fn attention(db: &mut Db, now: At) -> QueryResult<Attention> {
    let state = |state: EventState| payment_events::table.filter(payment_events::state.eq(state));
    let refused = payment_commands::table.filter(payment_commands::state.eq(CommandState::Failed));
    let recent = refused.filter(payment_commands::done_at.gt(Some(now - chrono::Duration::days(14))));
    let late = payment_events::received_at.lt(now - chrono::Duration::minutes(15));
    Ok(Attention {
        failed_events: state(EventState::Failed).count().get_result(db)?,
        refused_commands: recent.count().get_result(db)?,
        late_events: state(EventState::Pending).filter(late).count().get_result(db)?,
    })
}

/// The oldest event that waits, and the newest that Stripe sent or listed.
///
/// # Errors
/// The database's.
pub fn ends(db: &mut Db) -> QueryResult<(Option<At>, Option<At>)> {
    let pending = payment_events::table.filter(payment_events::state.eq(EventState::Pending));
    let oldest = pending.select(payment_events::received_at).order(payment_events::id.asc()).first(db).optional()?;
    let told = payment_events::table.filter(payment_events::event_id.is_not_null());
    let newest = told.select(payment_events::received_at).order(payment_events::id.desc()).first(db).optional()?;
    Ok((oldest, newest))
}

/// What staff may do about a failed event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    TryAgain,
    /// It is understood and needs nothing.
    SetAside,
}

/// # Errors
/// `Conflict` when the event is not a failed one (any more), or has nothing to look at.
pub fn decide(db: &mut Db, id: PaymentEventId, decision: Decision, by: &str, now: At) -> Result<PaymentEvent, Error> {
    let event = find(db, id)?;
    let failed = payment_events::table.filter(payment_events::id.eq(id));
    let failed = failed.filter(payment_events::state.eq(EventState::Failed));
    let changed = match decision {
        Decision::TryAgain if event.object_id.is_empty() => {
            return Err(Error::conflict("This cannot be read, so there is nothing to try again."));
        }
        Decision::TryAgain => {
            let waits = payment_events::table
                .filter(payment_events::object_id.eq(&event.object_id))
                .filter(payment_events::event_id.is_null())
                .filter(payment_events::state.eq(EventState::Pending));
            if event.event_id.is_none() && waits.count().get_result::<i64>(db)? > 0 {
                return Err(Error::conflict("A look at the same object waits already."));
            }
            diesel::update(failed)
                .set((
                    payment_events::state.eq(EventState::Pending),
                    payment_events::attempts.eq(0_i64),
                    payment_events::next_at.eq(now),
                    payment_events::processed_at.eq(None::<At>),
                ))
                .execute(db)?
        }
        Decision::SetAside => diesel::update(failed)
            .set((
                payment_events::state.eq(EventState::Ignored),
                payment_events::outcome.eq(format!("set aside by {by}; before: {}", event.outcome)),
                payment_events::processed_at.eq(Some(now)),
            ))
            .execute(db)?,
    };
    match changed {
        0 => Err(Error::conflict("This event has not failed, or not any more.")),
        _ => Ok(event),
    }
}

/// Whether a row about the object waits to be leased.
pub(super) fn waits(db: &mut Db, object: &str) -> QueryResult<bool> {
    let waiting = payment_events::table
        .filter(payment_events::object_id.eq(object))
        .filter(payment_events::state.eq(EventState::Pending))
        .filter(payment_events::lease.is_null());
    Ok(waiting.select(payment_events::id).limit(1).first::<i64>(db).optional()?.is_some())
}

/// Whether something about the object was booked, or staff were told that it cannot be.
pub(super) fn was_booked(db: &mut Db, object: &str) -> QueryResult<bool> {
    let ended = [EventState::Done, EventState::Failed];
    let rows = payment_events::table.filter(payment_events::object_id.eq(object));
    let rows = rows.filter(payment_events::state.eq_any(ended));
    Ok(rows.select(payment_events::id).limit(1).first::<i64>(db).optional()?.is_some())
}

/// Whether staff were told of the object and did nothing yet.
pub(super) fn has_failed(db: &mut Db, object: &str) -> QueryResult<bool> {
    let failed = payment_events::table
        .filter(payment_events::object_id.eq(object))
        .filter(payment_events::state.eq(EventState::Failed));
    Ok(failed.select(payment_events::id).limit(1).first::<i64>(db).optional()?.is_some())
}
