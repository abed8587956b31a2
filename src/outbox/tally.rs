//! How many deliveries of a campaign ended in which way, without walking all of them.
//!
//! Each node adds to rows of its own, in the transaction that records the outcomes, so nodes never wait for each other.
//! The deliveries are the truth: whoever changes many of them at once says so ([`moved`]) or has them counted anew.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::upsert::excluded;

use super::DeliveryState;
use crate::db::schema::campaign_tallies;
use crate::db::{Both, Db, dialect};
use crate::values::{At, CampaignId, NodeId};

/// Under this number stands what was counted from the deliveries themselves, and what staff changed; nodes begin at 1.
const COUNTED: NodeId = NodeId(0);

/// Final states and how many deliveries are in each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub sent: i64,
    pub failed: i64,
    pub skipped: i64,
    pub unknown: i64,
}

impl Tally {
    /// What is through, one way or another.
    pub fn all(&self) -> i64 {
        self.sent + self.failed + self.skipped + self.unknown
    }
}

/// `deliveries` more of the campaign ended in `state`, which must be a final one.
///
/// # Errors
/// The database's.
pub fn add(
    db: &mut Db,
    node: NodeId,
    campaign: CampaignId,
    (state, deliveries): (DeliveryState, i64),
    now: At,
) -> QueryResult<()> {
    let insert = diesel::insert_into(campaign_tallies::table)
        .values((
            campaign_tallies::campaign_id.eq(campaign),
            campaign_tallies::node_id.eq(node.0),
            campaign_tallies::state.eq(state),
            campaign_tallies::deliveries.eq(deliveries),
            campaign_tallies::updated_at.eq(now),
        ))
        .on_conflict((campaign_tallies::campaign_id, campaign_tallies::node_id, campaign_tallies::state))
        .do_update()
        .set((
            campaign_tallies::deliveries.eq(campaign_tallies::deliveries + excluded(campaign_tallies::deliveries)),
            campaign_tallies::updated_at.eq(excluded(campaign_tallies::updated_at)),
        ));
    Both(insert).execute(db).map(drop)
}

/// `deliveries` of the campaign were moved from one state to another by hand, and by no node.
///
/// # Errors
/// The database's.
pub fn moved(
    db: &mut Db,
    campaign: CampaignId,
    (from, to): (DeliveryState, DeliveryState),
    deliveries: i64,
    now: At,
) -> QueryResult<()> {
    let mut changes = [(from, -deliveries), (to, deliveries)];
    // In the order in which everybody else adds, so that nobody waits for each other's rows in a circle.
    changes.sort_by_key(|(state, _)| state.as_str());
    for (state, change) in changes {
        if state.is_final() && change != 0 {
            add(db, COUNTED, campaign, (state, change), now)?;
        }
    }
    Ok(())
}

/// Counts the campaign's deliveries anew. Holds off other nodes' additions, forgets, then counts: what another node
/// records meanwhile is either seen by the count or added by that node afterwards.
///
/// # Errors
/// The database's.
pub fn recount(db: &mut Db, campaign: CampaignId) -> QueryResult<()> {
    dialect::lock_table(db, "campaign_tallies")?;
    diesel::delete(campaign_tallies::table.filter(campaign_tallies::campaign_id.eq(campaign))).execute(db)?;
    diesel::sql_query(
        "INSERT INTO campaign_tallies (campaign_id, node_id, state, deliveries, updated_at) \
         SELECT campaign_id, $1, state, COUNT(*), MAX(updated_at) FROM deliveries WHERE campaign_id = $2 \
         AND state IN ('sent', 'failed', 'skipped', 'unknown') GROUP BY campaign_id, state",
    )
    .bind::<BigInt, _>(COUNTED)
    .bind::<BigInt, _>(campaign)
    .execute(db)
    .map(drop)
}

/// # Errors
/// The database's.
pub fn of(db: &mut Db, campaign: CampaignId) -> QueryResult<Tally> {
    let rows: Vec<(DeliveryState, i64)> = campaign_tallies::table
        .filter(campaign_tallies::campaign_id.eq(campaign))
        .select((campaign_tallies::state, campaign_tallies::deliveries))
        .load(db)?;
    let sum = |wanted| rows.iter().filter(|(state, _)| *state == wanted).map(|(_, n)| n).sum();
    Ok(Tally {
        sent: sum(DeliveryState::Sent),
        failed: sum(DeliveryState::Failed),
        skipped: sum(DeliveryState::Skipped),
        unknown: sum(DeliveryState::Unknown),
    })
}

/// When one of its deliveries ended last, by the clock of the node that recorded it.
///
/// # Errors
/// The database's.
pub fn last(db: &mut Db, campaign: CampaignId) -> QueryResult<Option<At>> {
    let rows = campaign_tallies::table.filter(campaign_tallies::campaign_id.eq(campaign));
    rows.order(campaign_tallies::updated_at.desc()).select(campaign_tallies::updated_at).first(db).optional()
}
