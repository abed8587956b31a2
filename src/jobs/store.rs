//! Rows of `jobs` and `schedules`.

use chrono::Duration;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde::Serialize;

use crate::db::schema::{jobs, schedules};
use crate::db::types::Instant;
use crate::db::{Both, Db, MultiBackend, dialect};
use crate::values::{At, JobId, NodeId};

/// A job that failed this often is left for people to look at.
const MOST_ATTEMPTS: i64 = 12;

/// A leased job.
#[derive(QueryableByName, Debug, Clone)]
#[diesel(table_name = jobs)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Job {
    pub id: JobId,
    pub kind: String,
    pub payload: String,
    pub attempts: i64,
}

/// Enqueues a job in the caller's transaction. With a `dedup_key` at most one such job waits at a time; the first one stays.
///
/// # Errors
/// The database's, or `SerializationError` when the payload cannot be written.
pub fn enqueue(
    db: &mut Db,
    kind: &str,
    payload: &impl Serialize,
    run_at: At,
    dedup_key: Option<&str>,
    now: At,
) -> QueryResult<()> {
    let payload = serde_json::to_string(payload).map_err(|e| diesel::result::Error::SerializationError(Box::new(e)))?;
    let insert = diesel::insert_into(jobs::table).values((
        jobs::kind.eq(kind),
        jobs::payload.eq(payload),
        jobs::dedup_key.eq(dedup_key),
        jobs::run_at.eq(run_at),
        jobs::attempts.eq(0_i64),
        jobs::created_at.eq(now),
    ));
    Both(insert.on_conflict_do_nothing()).execute(db).map(drop)
}

/// Takes the oldest job that is due.
pub(super) fn claim(db: &mut Db, node: NodeId, now: At) -> QueryResult<Option<Job>> {
    let sql = format!(
        "UPDATE jobs SET lease = $1, attempts = attempts + 1 WHERE id IN (SELECT id FROM jobs \
         WHERE lease IS NULL AND failed_at IS NULL AND run_at <= $2 ORDER BY run_at, id LIMIT 1{}) \
         RETURNING id, kind, payload, attempts",
        dialect::skip_locked(db)
    );
    diesel::sql_query(sql).bind::<BigInt, _>(node).bind::<Instant, _>(now).get_result(db).optional()
}

/// The job is done: its row goes. A stale lease changes nothing.
pub(super) fn done(db: &mut Db, job: JobId, node: NodeId) -> QueryResult<()> {
    diesel::delete(jobs::table.filter(jobs::id.eq(job).and(jobs::lease.eq(node.0)))).execute(db).map(drop)
}

/// The job failed: tried again later with growing waits, or left for people after the last try.
pub(super) fn failed_once(db: &mut Db, job: &Job, node: NodeId, error: &str, now: At) -> QueryResult<()> {
    let wait = Duration::seconds(5 * 2_i64.pow(job.attempts.clamp(0, 10).try_into().unwrap_or(10)));
    let given_up = (job.attempts >= MOST_ATTEMPTS).then_some(now);
    diesel::update(jobs::table.filter(jobs::id.eq(job.id).and(jobs::lease.eq(node.0))))
        .set((
            jobs::lease.eq(None::<i64>),
            jobs::run_at.eq(now + wait),
            jobs::failed_at.eq(given_up),
            jobs::last_error.eq(error),
        ))
        .execute(db)
        .map(drop)
}

/// The nodes under whose numbers jobs are leased.
///
/// # Errors
/// The database's.
pub fn leases(db: &mut Db) -> QueryResult<Vec<NodeId>> {
    let leases: Vec<Option<i64>> = jobs::table.select(jobs::lease).distinct().load(db)?;
    Ok(leases.into_iter().flatten().map(NodeId).collect())
}

/// Gives back what a node that is gone had leased.
///
/// # Errors
/// The database's.
pub fn give_back(db: &mut Db, node: NodeId) -> QueryResult<()> {
    diesel::update(jobs::table.filter(jobs::lease.eq(node.0))).set(jobs::lease.eq(None::<i64>)).execute(db).map(drop)
}

/// Jobs that were given up, with their last error: shown on the staff home page.
///
/// # Errors
/// The database's.
pub fn failed(db: &mut Db) -> QueryResult<Vec<(JobId, String, Option<String>)>> {
    jobs::table
        .filter(jobs::failed_at.is_not_null())
        .order(jobs::id)
        .select((jobs::id, jobs::kind, jobs::last_error))
        .load(db)
}

/// Whether a recurring task is due; if so, it is this node's to run, and the next time is set.
pub(super) fn take_due(db: &mut Db, name: &str, every: Duration, now: At) -> QueryResult<bool> {
    let insert = diesel::insert_into(schedules::table).values((schedules::name.eq(name), schedules::next_at.eq(now)));
    Both(insert.on_conflict_do_nothing()).execute(db)?;
    let sql = "UPDATE schedules SET next_at = $1 WHERE name = $2 AND next_at <= $3";
    let changed = diesel::sql_query(sql)
        .bind::<Instant, _>(now + every)
        .bind::<Text, _>(name)
        .bind::<Instant, _>(now)
        .execute(db)?;
    Ok(changed > 0)
}

/// Sets when a recurring task is due next, for tests and for "run it now".
///
/// # Errors
/// The database's.
pub fn leave_schedule_to(db: &mut Db, name: &str, next_at: At) -> QueryResult<()> {
    diesel::update(schedules::table.filter(schedules::name.eq(name)))
        .set(schedules::next_at.eq(next_at))
        .execute(db)
        .map(drop)
}
