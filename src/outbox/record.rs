//! Outcomes: one transaction for a whole group of rows, with history and tallies.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::Serialize;

use super::attempts::{self, NewAttempt};
use super::blocks::AT_ONCE;
use super::{DeliveryState, tally};
use crate::db::{Db, dialect, fixed};
use crate::values::{At, CampaignId, DeliveryId, NodeId};

/// What one row becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    pub id: DeliveryId,
    #[serde(skip)]
    pub campaign: Option<CampaignId>,
    pub state: DeliveryState,
    /// 1 when an attempt was made, 0 when the row goes back as it was.
    pub tried: i64,
    #[serde(serialize_with = "as_literal")]
    pub next_at: Option<At>,
    pub code: Option<i64>,
    pub reply: Option<String>,
    pub server: Option<String>,
    /// Whether the history gets a line: an attempt that did not simply succeed the first time.
    #[serde(skip)]
    pub noted: bool,
}

impl Outcome {
    /// The row goes back as it was before it was leased.
    pub fn as_it_was((id, campaign, attempts, next_at): Leased) -> Self {
        Self {
            id,
            campaign,
            state: if attempts > 0 { DeliveryState::Deferred } else { DeliveryState::Queued },
            tried: 0,
            // It waits by itself now, also when it came from a block.
            next_at: Some(next_at.unwrap_or(AT_ONCE)),
            code: None,
            reply: None,
            server: None,
            noted: false,
        }
    }
}

/// A leased row: its campaign, its attempts, and what it waited for.
pub type Leased = (DeliveryId, Option<CampaignId>, i64, Option<At>);

fn as_literal<S: serde::Serializer>(at: &Option<At>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.serialize_str(&at.0.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)),
        None => serializer.serialize_none(),
    }
}

#[derive(QueryableByName)]
struct Changed {
    #[diesel(sql_type = BigInt)]
    id: DeliveryId,
    /// 1 when its reader was erased meanwhile: what a mail server says may quote the address.
    #[diesel(sql_type = BigInt)]
    gone: i64,
}

/// Records a batch in the caller's transaction. Only rows that this node still leases change: a stale token changes
/// nothing, and is neither tallied nor written into the history. A row of a block has no token of its own, and needs none:
/// when a node is taken for gone, each row that it may have sent is changed (`blocks::give_up`), and what still is queued
/// and waits for no time is as it was when the node read it.
pub fn record(db: &mut Db, outcomes: &[Outcome], node: NodeId, now: At) -> QueryResult<usize> {
    let changed = change(db, outcomes, node, now)?;
    let gone: HashSet<DeliveryId> = changed.iter().filter(|(_, gone)| **gone).map(|(id, _)| *id).collect();
    let changed: Vec<&Outcome> = match changed.len() == outcomes.len() {
        true => outcomes.iter().collect(),
        false => outcomes.iter().filter(|outcome| changed.contains_key(&outcome.id)).collect(),
    };
    let history: Vec<NewAttempt> = changed
        .iter()
        .filter(|outcome| outcome.noted)
        .map(|outcome| line(outcome, gone.contains(&outcome.id)))
        .collect();
    attempts::note(db, &history, now)?;
    let mut sums: HashMap<(CampaignId, DeliveryState), i64> = HashMap::new();
    for outcome in &changed {
        if let Some(campaign) = outcome.campaign.filter(|_| outcome.state.is_final()) {
            *sums.entry((campaign, outcome.state)).or_default() += 1;
        }
    }
    // In one order for all, so that nobody waits for each other's rows in a circle.
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|((campaign, state), _)| (*campaign, state.as_str()));
    for ((campaign, state), rows) in sums {
        tally::add(db, node, campaign, (state, rows), now)?;
    }
    Ok(changed.len())
}

fn line(outcome: &Outcome, gone: bool) -> NewAttempt {
    NewAttempt {
        delivery: outcome.id,
        state: outcome.state,
        server: outcome.server.clone(),
        code: outcome.code,
        reply: outcome.reply.clone().filter(|_| !gone).unwrap_or_default(),
    }
}

/// A system mail's payload, which may hold a link with a token, goes with its final state.
fn change(db: &mut Db, outcomes: &[Outcome], node: NodeId, now: At) -> QueryResult<HashMap<DeliveryId, bool>> {
    let json = serde_json::to_string(outcomes).map_err(|e| diesel::result::Error::SerializationError(Box::new(e)))?;
    let columns = [
        ("id", "bigint"),
        ("state", "text"),
        ("tried", "bigint"),
        ("next_at", "timestamptz"),
        ("code", "bigint"),
        ("reply", "text"),
        ("server", "text"),
    ];
    let sql = format!(
        "{}UPDATE deliveries SET state = v.state, attempts = attempts + v.tried, next_at = v.next_at, \
         code = CASE WHEN v.tried = 1 THEN v.code ELSE COALESCE(v.code, deliveries.code) END, \
         reply = CASE WHEN deliveries.address = '' THEN NULL ELSE COALESCE(v.reply, deliveries.reply) END, \
         server = COALESCE(v.server, deliveries.server), \
         lease = NULL, updated_at = ?, \
         payload = CASE WHEN v.state IN ('sent', 'failed', 'skipped', 'unknown') THEN NULL ELSE payload END \
         FROM v WHERE deliveries.id = v.id AND ((deliveries.state = 'sending' AND +deliveries.lease = ?) \
         OR (deliveries.state = 'queued' AND deliveries.next_at IS NULL)) \
         RETURNING deliveries.id AS id, CAST(CASE WHEN deliveries.address = '' THEN 1 ELSE 0 END AS BIGINT) AS gone",
        dialect::with_rows(db, &columns).replace("$1", "?")
    );
    let changed: Vec<Changed> = fixed(&sql).text(json).at(now).int(node.0).load(db)?;
    Ok(changed.into_iter().map(|row| (row.id, row.gone == 1)).collect())
}
