//! What a node that is gone had leased.

use std::collections::HashMap;

use diesel::prelude::*;

use super::attempts::{self, NewAttempt};
use super::record::Leased;
use super::{DeliveryState, blocks, tally};
use crate::db::Db;
use crate::db::schema::deliveries;
use crate::values::{At, CampaignId, DeliveryId, NodeId};

/// The nodes under whose numbers rows are leased.
///
/// # Errors
/// The database's.
pub fn leases(db: &mut Db) -> QueryResult<Vec<NodeId>> {
    let leased = deliveries::table.filter(deliveries::lease.is_not_null()).select(deliveries::lease);
    let leases: Vec<Option<i64>> = leased.distinct().load(db)?;
    let mut nodes: Vec<NodeId> = leases.into_iter().flatten().map(NodeId).collect();
    nodes.extend(blocks::leases(db)?);
    Ok(nodes)
}

/// The rows that are leased under this number.
///
/// # Errors
/// The database's.
pub fn leased_by(db: &mut Db, node: NodeId) -> QueryResult<Vec<Leased>> {
    deliveries::table
        .filter(deliveries::lease.eq(node.0))
        .filter(deliveries::state.eq(DeliveryState::Sending))
        .select((deliveries::id, deliveries::campaign_id, deliveries::attempts, deliveries::next_at))
        .load(db)
}

/// Settles what a node that is gone had leased. Whether those mails left is not known: they are sent again with the
/// same Message-ID, or held for staff where the campaign's policy says so.
///
/// # Errors
/// The database's.
pub fn release(db: &mut Db, node: NodeId, holding: &[CampaignId], now: At) -> QueryResult<usize> {
    const REPLY: &str = "In doubt: the sending process ended before the server's answer was recorded.";
    blocks::give_up(db, node)?;
    let mut history = Vec::new();
    let mut line = |delivery, state| {
        history.push(NewAttempt { delivery, state, server: None, code: None, reply: REPLY.to_owned() });
    };
    if !holding.is_empty() {
        let held: Vec<(DeliveryId, Option<CampaignId>)> = diesel::update(
            deliveries::table
                .filter(deliveries::lease.eq(node.0))
                .filter(deliveries::state.eq(DeliveryState::Sending))
                .filter(deliveries::campaign_id.eq_any(holding.iter().map(|id| Some(*id)).collect::<Vec<_>>())),
        )
        .set((
            deliveries::state.eq(DeliveryState::Unknown),
            deliveries::lease.eq(None::<i64>),
            deliveries::next_at.eq(None::<At>),
            deliveries::attempts.eq(deliveries::attempts + 1),
            deliveries::code.eq(None::<i64>),
            deliveries::reply.eq(REPLY),
            deliveries::updated_at.eq(now),
        ))
        .returning((deliveries::id, deliveries::campaign_id))
        .get_results(db)?;
        let mut sums: HashMap<CampaignId, i64> = HashMap::new();
        for (delivery, campaign) in held {
            line(delivery, DeliveryState::Unknown);
            if let Some(campaign) = campaign {
                *sums.entry(campaign).or_default() += 1;
            }
        }
        for (campaign, rows) in sums {
            tally::add(db, node, campaign, (DeliveryState::Unknown, rows), now)?;
        }
    }
    let again: Vec<DeliveryId> = diesel::update(
        deliveries::table.filter(deliveries::lease.eq(node.0)).filter(deliveries::state.eq(DeliveryState::Sending)),
    )
    .set((
        deliveries::state.eq(DeliveryState::Deferred),
        deliveries::next_at.eq(Some(now)),
        deliveries::lease.eq(None::<i64>),
        deliveries::attempts.eq(deliveries::attempts + 1),
        deliveries::code.eq(None::<i64>),
        deliveries::reply.eq(REPLY),
        deliveries::updated_at.eq(now),
    ))
    .returning(deliveries::id)
    .get_results(db)?;
    again.into_iter().for_each(|delivery| line(delivery, DeliveryState::Deferred));
    attempts::note(db, &history, now)?;
    Ok(history.len())
}
