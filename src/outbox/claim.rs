//! The engine's statements on `deliveries`: leasing rows, recording outcomes, giving back.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde::Serialize;

use super::{Delivery, DeliveryState};
use crate::db::schema::deliveries;
use crate::db::types::Instant;
use crate::db::{Db, dialect};
use crate::values::{At, CampaignId, DeliveryId, NodeId};

const COLUMNS: &str = "id, mail, campaign_id, variant_id, subscriber_id, address, language, payload, state, attempts, \
                       next_at, code, reply, server, created_at, updated_at";

fn claim_where(db: &mut Db, condition: &str, node: NodeId, now: At, rest: &[i64]) -> QueryResult<Vec<Delivery>> {
    let sql = format!(
        "UPDATE deliveries SET state = 'sending', lease = $1, updated_at = $2 WHERE id IN \
         (SELECT id FROM deliveries WHERE {condition}{}) RETURNING {COLUMNS}",
        dialect::skip_locked(db)
    );
    let mut query = diesel::sql_query(sql).into_boxed().bind::<BigInt, _>(node).bind::<Instant, _>(now);
    for &value in rest {
        query = query.bind::<BigInt, _>(value);
    }
    let mut rows: Vec<Delivery> = query.load(db)?;
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

/// Leases system mails, oldest first: new ones, then those whose wait is over.
pub fn claim_system(db: &mut Db, node: NodeId, now: At, limit: i64) -> QueryResult<Vec<Delivery>> {
    let queued = "campaign_id IS NULL AND state = 'queued' ORDER BY id LIMIT $3";
    let mut rows = claim_where(db, queued, node, now, &[limit])?;
    let left = limit - i64::try_from(rows.len()).unwrap_or(limit);
    if left > 0 {
        let due = format!(
            "campaign_id IS NULL AND state = 'deferred' AND next_at <= {} ORDER BY next_at LIMIT $3",
            literal(now)
        );
        rows.extend(claim_where(db, &due, node, now, &[left])?);
    }
    Ok(rows)
}

/// Leases rows of a campaign that come after the cursor. Keyset: rows that are done pile up before it and are not looked at again.
pub fn claim_queued(
    db: &mut Db,
    campaign: CampaignId,
    after: DeliveryId,
    node: NodeId,
    now: At,
    limit: i64,
) -> QueryResult<Vec<Delivery>> {
    let queued = "campaign_id = $3 AND state = 'queued' AND id > $4 ORDER BY id LIMIT $5";
    claim_where(db, queued, node, now, &[campaign.0, after.0, limit])
}

/// Leases rows of a campaign whose wait is over.
pub fn claim_deferred(
    db: &mut Db,
    campaign: CampaignId,
    node: NodeId,
    now: At,
    limit: i64,
) -> QueryResult<Vec<Delivery>> {
    let due =
        format!("campaign_id = $3 AND state = 'deferred' AND next_at <= {} ORDER BY next_at LIMIT $4", literal(now));
    claim_where(db, &due, node, now, &[campaign.0, limit])
}

/// An instant as a quoted literal, readable by both back ends: a time of our own clock, never input.
fn literal(at: At) -> String {
    format!("'{}'", at.0.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
}

/// Whether anything of a campaign is still to be sent or on its way. Asked again and again, so each part is written such
/// that SQLite, which knows nothing of how many rows are in which state, takes the small partial index (`+` keeps it off
/// the large one).
pub fn is_unfinished(db: &mut Db, campaign: CampaignId) -> QueryResult<bool> {
    const WAITING: &str = "SELECT id FROM deliveries WHERE campaign_id = $1 AND state = 'queued' ORDER BY id LIMIT 1";
    const DEFERRED: &str =
        "SELECT id FROM deliveries WHERE campaign_id = $1 AND state = 'deferred' ORDER BY next_at LIMIT 1";
    const LEASED: &str =
        "SELECT id FROM deliveries WHERE state = 'sending' AND lease > 0 AND +campaign_id = $1 LIMIT 1";
    for sql in [WAITING, DEFERRED, LEASED] {
        if diesel::sql_query(sql).bind::<BigInt, _>(campaign).get_result::<Found>(db).optional()?.is_some() {
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

/// What one row becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    pub id: DeliveryId,
    pub state: DeliveryState,
    /// 1 when an attempt was made, 0 when the row goes back as it was.
    pub tried: i64,
    #[serde(serialize_with = "as_literal")]
    pub next_at: Option<At>,
    pub code: Option<i64>,
    pub reply: Option<String>,
}

fn as_literal<S: serde::Serializer>(at: &Option<At>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.serialize_str(&at.0.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)),
        None => serializer.serialize_none(),
    }
}

/// Records a batch in one statement. Only rows that this node still leases change: a stale token changes nothing.
/// A system mail's payload, which may hold a link with a token, goes with its final state.
pub fn record(db: &mut Db, outcomes: &[Outcome], node: NodeId, now: At) -> QueryResult<usize> {
    let json = serde_json::to_string(outcomes).map_err(|e| diesel::result::Error::SerializationError(Box::new(e)))?;
    let columns = [
        ("id", "bigint"),
        ("state", "text"),
        ("tried", "bigint"),
        ("next_at", "timestamptz"),
        ("code", "bigint"),
        ("reply", "text"),
    ];
    let sql = format!(
        "{}UPDATE deliveries SET state = v.state, attempts = attempts + v.tried, \
         next_at = v.next_at, code = COALESCE(v.code, deliveries.code), reply = COALESCE(v.reply, deliveries.reply), \
         lease = NULL, updated_at = $2, payload = CASE WHEN v.state IN ('sent', 'failed', 'skipped', 'unknown') THEN NULL ELSE payload END \
         FROM v WHERE deliveries.id = v.id AND +deliveries.lease = $3 AND deliveries.state = 'sending'",
        dialect::with_rows(db, &columns)
    );
    diesel::sql_query(sql).bind::<Text, _>(json).bind::<Instant, _>(now).bind::<BigInt, _>(node).execute(db)
}

/// The nodes under whose numbers rows are leased.
///
/// # Errors
/// The database's.
pub fn leases(db: &mut Db) -> QueryResult<Vec<NodeId>> {
    let leased = deliveries::table.filter(deliveries::state.eq(DeliveryState::Sending)).select(deliveries::lease);
    let leases: Vec<Option<i64>> = leased.distinct().load(db)?;
    Ok(leases.into_iter().flatten().map(NodeId).collect())
}

/// Settles what a node that is gone had leased. Whether those mails left is not known: they are sent again with the
/// same Message-ID, or held for staff where the campaign's policy says so.
pub fn release(db: &mut Db, node: NodeId, holding: &[CampaignId], now: At) -> QueryResult<usize> {
    const REPLY: &str = "In doubt: the sending process ended before the server's answer was recorded.";
    let mut held = 0;
    if !holding.is_empty() {
        held = diesel::update(
            deliveries::table
                .filter(deliveries::lease.eq(node.0))
                .filter(deliveries::state.eq(DeliveryState::Sending))
                .filter(deliveries::campaign_id.eq_any(holding.iter().map(|id| Some(*id)).collect::<Vec<_>>())),
        )
        .set((
            deliveries::state.eq(DeliveryState::Unknown),
            deliveries::lease.eq(None::<i64>),
            deliveries::attempts.eq(deliveries::attempts + 1),
            deliveries::reply.eq(REPLY),
            deliveries::updated_at.eq(now),
        ))
        .execute(db)?;
    }
    let again = diesel::update(
        deliveries::table.filter(deliveries::lease.eq(node.0)).filter(deliveries::state.eq(DeliveryState::Sending)),
    )
    .set((
        deliveries::state.eq(DeliveryState::Deferred),
        deliveries::next_at.eq(Some(now)),
        deliveries::lease.eq(None::<i64>),
        deliveries::attempts.eq(deliveries::attempts + 1),
        deliveries::reply.eq(REPLY),
        deliveries::updated_at.eq(now),
    ))
    .execute(db)?;
    Ok(held + again)
}
