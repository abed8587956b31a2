//! Blocks: the deliveries of a campaign that wait for their first attempt, as ranges of ids.
//!
//! A row in a block is `queued` and has no `next_at`; whatever else waits has one and is claimed by itself (`claim`). A
//! node leases a block, reads its rows, and says with one small update how far it is ([`mark`]) before they leave. So each
//! delivery is written once, with its outcome. What lies between `first` and `sending_until` of a leased block and is still
//! queued may be on the wire: it is shown as being sent, and in doubt when the node is gone ([`give_up`]).

use std::collections::HashSet;

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable};

use super::claim::COLUMNS;
use super::record::Leased;
use super::{Delivery, DeliveryState};
use crate::db::schema::delivery_blocks as table;
use crate::db::{Db, Fixed, dialect, fixed};
use crate::values::{At, CampaignId, DeliveryId, NodeId};

/// The `next_at` of what waits for nothing but its turn: before any time that a node's clock may show.
pub const AT_ONCE: At = At(chrono::DateTime::UNIX_EPOCH);
/// Whether a row of `deliveries` still waits in its block.
const WAITS: &str = "deliveries.state = 'queued' AND deliveries.next_at IS NULL";
/// Whether a row of `deliveries` is in the hands of a node, by its block.
pub const IN_HAND: &str = "deliveries.state = 'queued' AND deliveries.next_at IS NULL AND EXISTS (SELECT 1 FROM delivery_blocks b \
     WHERE b.campaign_id = deliveries.campaign_id AND b.lease IS NOT NULL \
     AND deliveries.id BETWEEN b.first AND b.sending_until)";

/// A range of a campaign's ids; rows of other campaigns may lie in it.
#[derive(QueryableByName, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = BigInt)]
    pub campaign_id: CampaignId,
    #[diesel(sql_type = BigInt)]
    pub first: DeliveryId,
    #[diesel(sql_type = BigInt)]
    pub last: DeliveryId,
    /// Rows up to this one may be on the wire; one less than `first` when none is.
    #[diesel(sql_type = BigInt)]
    pub sending_until: DeliveryId,
}

/// The newest delivery there is: what is inserted afterwards comes behind it.
///
/// # Errors
/// The database's.
pub fn newest(db: &mut Db) -> QueryResult<DeliveryId> {
    use crate::db::schema::deliveries::dsl::{deliveries, id};
    let newest: Option<DeliveryId> = deliveries.select(id).order(id.desc()).first(db).optional()?;
    Ok(newest.unwrap_or(DeliveryId(0)))
}

/// The campaign's rows that were inserted since `newest` wait in a block from now on.
///
/// # Errors
/// The database's.
pub fn cover(db: &mut Db, campaign: CampaignId, since: DeliveryId) -> QueryResult<()> {
    let last = newest(db)?;
    if last > since {
        insert(db, campaign, (DeliveryId(since.0 + 1), last))?;
    }
    Ok(())
}

fn insert(db: &mut Db, campaign: CampaignId, (first, last): (DeliveryId, DeliveryId)) -> QueryResult<()> {
    diesel::insert_into(table::table)
        .values((
            table::campaign_id.eq(campaign),
            table::first.eq(first),
            table::last.eq(last),
            table::sending_until.eq(first.0 - 1),
        ))
        .execute(db)
        .map(drop)
}

/// What came of [`take`].
#[derive(Debug)]
pub enum Taken {
    Block(Block, Vec<Delivery>),
    /// There are free blocks, which another transaction has in hand at this moment.
    Busy,
    /// Nothing waits in any free block.
    Nothing,
}

/// Leases a block of up to `size` ids and reads its rows, in the caller's transaction. It goes by ids, not by rows, so that
/// no planner can think of reading all that are left. It never waits: whoever holds a block may hold it for long, as when
/// a campaign of a million is cancelled.
///
/// # Errors
/// The database's.
pub fn take(db: &mut Db, campaign: CampaignId, node: NodeId, size: i64) -> QueryResult<Taken> {
    const ANY: &str = "campaign_id = ? AND lease IS NULL LIMIT 1";
    let free = format!("campaign_id = ? AND lease IS NULL ORDER BY first LIMIT 1{}", dialect::skip_locked(db));
    loop {
        let Some(mut block) = select(db, &free, |sql| sql.int(campaign.0))?.first().copied() else {
            let none = select(db, ANY, |sql| sql.int(campaign.0))?.is_empty();
            return Ok(if none { Taken::Nothing } else { Taken::Busy });
        };
        let end = DeliveryId((block.first.0 + size - 1).min(block.last.0));
        let rows = read(db, &Block { last: end, ..block })?;
        if rows.is_empty() {
            pass_over(db, &block, end)?;
            continue;
        }
        if end < block.last {
            let rest = end.0 + 1;
            diesel::update(table::table.find(block.id))
                .set((table::first.eq(rest), table::sending_until.eq(end)))
                .execute(db)?;
            block.last = end;
            const LEASED: &str = "INSERT INTO delivery_blocks (campaign_id, first, last, sending_until, lease) \
                 VALUES (?, ?, ?, ?, ?) RETURNING id, campaign_id, first, last, sending_until";
            let ends = fixed(LEASED).int(campaign.0).int(block.first.0).int(end.0).int(block.first.0 - 1);
            block = ends.int(node.0).get_result(db)?;
        } else {
            diesel::update(table::table.find(block.id)).set(table::lease.eq(Some(node.0))).execute(db)?;
        }
        return Ok(Taken::Block(block, rows));
    }
}

/// Nothing waits at the beginning of a block, up to `end`: it begins later, or is not needed any more.
fn pass_over(db: &mut Db, block: &Block, end: DeliveryId) -> QueryResult<()> {
    #[derive(QueryableByName)]
    struct Next {
        #[diesel(sql_type = Nullable<BigInt>)]
        id: Option<DeliveryId>,
    }
    let sql = format!("SELECT MIN(id) AS id FROM deliveries WHERE id > ? AND id <= ? AND +campaign_id = ? AND {WAITS}");
    let next: Next = fixed(&sql).int(end.0).int(block.last.0).int(block.campaign_id.0).get_result(db)?;
    match next.id {
        None => diesel::delete(table::table.find(block.id)).execute(db),
        Some(next) => diesel::update(table::table.find(block.id))
            .set((table::first.eq(next), table::sending_until.eq(next.0 - 1)))
            .execute(db),
    }
    .map(drop)
}

/// The rows of a block that are not marked and still wait, in order. (`+` keeps the planners on the primary key.)
///
/// # Errors
/// The database's.
pub fn read(db: &mut Db, block: &Block) -> QueryResult<Vec<Delivery>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM deliveries WHERE id > ? AND id <= ? AND +campaign_id = ? AND {WAITS} ORDER BY id"
    );
    fixed(&sql).int(block.sending_until.0).int(block.last.0).int(block.campaign_id.0).load(db)
}

/// Rows up to `until` are about to leave. `false` when the block is this node's no longer, when it was cut off before
/// there, or when another transaction has it in hand.
///
/// # Errors
/// The database's.
pub fn mark(db: &mut Db, block: &Block, node: NodeId, until: DeliveryId) -> QueryResult<bool> {
    let sql = format!(
        "UPDATE delivery_blocks SET sending_until = ? WHERE id IN \
         (SELECT id FROM delivery_blocks WHERE id = ? AND lease = ? AND last >= ?{})",
        dialect::skip_locked(db)
    );
    Ok(fixed(&sql).int(until.0).int(block.id).int(node.0).int(until.0).execute(db)? == 1)
}

/// These rows wait by themselves from now on: for a domain that is sent to apart.
///
/// # Errors
/// The database's.
pub fn set_aside(db: &mut Db, rows: &[DeliveryId]) -> QueryResult<()> {
    use crate::db::schema::deliveries::dsl::{deliveries, id, next_at, state};
    if rows.is_empty() {
        return Ok(());
    }
    let waiting = deliveries.filter(id.eq_any(rows)).filter(state.eq(DeliveryState::Queued)).filter(next_at.is_null());
    diesel::update(waiting).set(next_at.eq(Some(AT_ONCE))).execute(db).map(drop)
}

/// Of a block that is sent from no longer: what is not marked is free for anybody.
///
/// # Errors
/// The database's.
pub fn leave(db: &mut Db, id: i64, node: NodeId) -> QueryResult<()> {
    let of = format!("id = ? AND lease = ?{}", dialect::skip_locked(db));
    for block in select(db, &of, |sql| sql.int(id).int(node.0))? {
        cut(db, &block)?;
    }
    Ok(())
}

/// The block is done with, if it is: nothing in it waits any more.
///
/// # Errors
/// The database's.
pub fn done(db: &mut Db, id: i64, node: NodeId) -> QueryResult<bool> {
    let sql = format!(
        "DELETE FROM delivery_blocks WHERE id IN (SELECT id FROM delivery_blocks WHERE id = ? AND lease = ?{}) \
         AND NOT EXISTS (SELECT 1 FROM deliveries \
         WHERE deliveries.id BETWEEN delivery_blocks.first AND delivery_blocks.last \
         AND +deliveries.campaign_id = delivery_blocks.campaign_id AND {WAITS})",
        dialect::skip_locked(db)
    );
    Ok(fixed(&sql).int(id).int(node.0).execute(db)? == 1)
}

/// What a node that is gone had in hand is leased row by row, so that it can be settled row by row; the rest is free.
///
/// # Errors
/// The database's.
pub fn give_up(db: &mut Db, node: NodeId) -> QueryResult<()> {
    let sql = format!(
        "UPDATE deliveries SET state = 'sending', lease = ?, next_at = ? \
         WHERE id >= ? AND id <= ? AND +campaign_id = ? AND {WAITS}"
    );
    let of = format!("lease = ? ORDER BY id{}", dialect::for_update(db));
    for block in select(db, &of, |sql| sql.int(node.0))? {
        let ends = fixed(&sql).int(node.0).at(AT_ONCE).int(block.first.0).int(block.sending_until.0);
        ends.int(block.campaign_id.0).execute(db)?;
        cut(db, &block)?;
        diesel::delete(table::table.find(block.id)).execute(db)?;
    }
    Ok(())
}

/// What is not marked becomes a block of its own.
fn cut(db: &mut Db, block: &Block) -> QueryResult<()> {
    if block.sending_until < block.last {
        insert(db, block.campaign_id, (DeliveryId(block.sending_until.0 + 1), block.last))?;
        diesel::update(table::table.find(block.id)).set(table::last.eq(block.sending_until)).execute(db)?;
    }
    Ok(())
}

/// The campaign is over: what waits may be changed by hand. Nodes that have a block send no more of it than they have
/// marked, from now until the end of the caller's transaction and afterwards.
///
/// # Errors
/// The database's.
pub fn close(db: &mut Db, campaign: CampaignId) -> QueryResult<()> {
    hold_off(db, &[campaign])?;
    let of = table::table.filter(table::campaign_id.eq(campaign));
    diesel::update(of).set(table::last.eq(table::sending_until)).execute(db)?;
    diesel::delete(of.filter(table::lease.is_null())).execute(db).map(drop)
}

/// Holds off the nodes from leasing blocks of these campaigns and from marking rows, until the end of the caller's
/// transaction. To be called before it changes any delivery: whoever has a block goes on to its rows.
///
/// # Errors
/// The database's.
pub fn hold_off(db: &mut Db, campaigns: &[CampaignId]) -> QueryResult<()> {
    let of = format!("campaign_id = ? ORDER BY id{}", dialect::for_update(db));
    for campaign in campaigns {
        // A new block is cut off one that its maker has in hand. While we waited for that, one may have come that the
        // statement did not see: until all are known.
        let mut known: HashSet<i64> = HashSet::new();
        loop {
            let held = select(db, &of, |sql| sql.int(campaign.0))?;
            if held.iter().all(|block| known.contains(&block.id)) {
                break;
            }
            known.extend(held.iter().map(|block| block.id));
        }
    }
    Ok(())
}

fn select(db: &mut Db, condition: &str, bind: impl FnOnce(Fixed<'_>) -> Fixed<'_>) -> QueryResult<Vec<Block>> {
    let sql = format!("SELECT id, campaign_id, first, last, sending_until FROM delivery_blocks WHERE {condition}");
    bind(fixed(&sql)).load(db)
}

/// The blocks of a node.
///
/// # Errors
/// The database's.
pub fn of_node(db: &mut Db, node: NodeId) -> QueryResult<Vec<Block>> {
    select(db, "lease = ?", |sql| sql.int(node.0))
}

/// The rows that a node has in hand by its blocks.
///
/// # Errors
/// The database's.
pub fn marked(db: &mut Db, node: NodeId) -> QueryResult<Vec<Leased>> {
    use crate::db::schema::deliveries::dsl::{attempts, campaign_id, deliveries, id, next_at, state};
    let mut rows = Vec::new();
    for block in of_node(db, node)? {
        let inside = deliveries.filter(id.between(block.first, block.sending_until));
        let waiting = inside.filter(state.eq(DeliveryState::Queued)).filter(next_at.is_null());
        let of_campaign = waiting.select((id, campaign_id, attempts, next_at)).load::<Leased>(db)?;
        rows.extend(of_campaign.into_iter().filter(|row| row.1 == Some(block.campaign_id)));
    }
    Ok(rows)
}

/// The nodes that have blocks.
///
/// # Errors
/// The database's.
pub fn leases(db: &mut Db) -> QueryResult<Vec<NodeId>> {
    let leases: Vec<Option<i64>> =
        table::table.filter(table::lease.is_not_null()).select(table::lease).distinct().load(db)?;
    Ok(leases.into_iter().flatten().map(NodeId).collect())
}

/// How many rows are in the hands of nodes by their blocks: of one campaign, or of all.
///
/// # Errors
/// The database's.
pub fn in_hand(db: &mut Db, campaign: Option<CampaignId>) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let blocks = match campaign {
        Some(id) => select(db, "campaign_id = ? AND lease IS NOT NULL", |sql| sql.int(id.0))?,
        None => select(db, "lease IS NOT NULL", |sql| sql)?,
    };
    // One by one, by bound ends: a join might be planned as a walk through all deliveries.
    let sql =
        format!("SELECT COUNT(*) AS n FROM deliveries WHERE id >= ? AND id <= ? AND +campaign_id = ? AND {WAITS}");
    let mut rows = 0;
    for block in blocks {
        let ends = fixed(&sql).int(block.first.0).int(block.sending_until.0).int(block.campaign_id.0);
        rows += ends.get_result::<Count>(db)?.n;
    }
    Ok(rows)
}

/// Whether a row of `deliveries` is shown in this state, as SQL.
pub fn is_in(state: DeliveryState) -> SqlLiteral<Bool> {
    let word = state.as_str();
    sql::<Bool>(&match state {
        DeliveryState::Sending => format!("(deliveries.state = '{word}' OR ({IN_HAND}))"),
        DeliveryState::Queued => format!("(deliveries.state = '{word}' AND NOT ({IN_HAND}))"),
        _ => format!("deliveries.state = '{word}'"),
    })
}

/// Says `sending` of those rows that are in the hands of a node by their block.
///
/// # Errors
/// The database's.
pub fn show(db: &mut Db, rows: &mut [Delivery]) -> QueryResult<()> {
    let waits = |row: &Delivery| row.state == DeliveryState::Queued && row.next_at.is_none();
    let mut campaigns: Vec<CampaignId> =
        rows.iter().filter(|row| waits(row)).filter_map(|row| row.campaign_id).collect();
    campaigns.sort();
    campaigns.dedup();
    for campaign in campaigns {
        let blocks = select(db, "campaign_id = ? AND lease IS NOT NULL", |sql| sql.int(campaign.0))?;
        let inside = |id| blocks.iter().any(|block| block.first <= id && id <= block.sending_until);
        let of_this = rows.iter_mut().filter(|row| row.campaign_id == Some(campaign) && waits(row));
        of_this.filter(|row| inside(row.id)).for_each(|row| row.state = DeliveryState::Sending);
    }
    Ok(())
}

/// When the first row that waits in a block was made.
///
/// # Errors
/// The database's.
pub fn oldest(db: &mut Db, campaign: CampaignId) -> QueryResult<Option<At>> {
    // All rows of a block were made at one moment: any of them tells.
    const AHEAD: i64 = 100;
    for block in select(db, "campaign_id = ? AND sending_until < last ORDER BY first", |sql| sql.int(campaign.0))? {
        let last = DeliveryId((block.sending_until.0 + AHEAD).min(block.last.0));
        if let Some(row) = read(db, &Block { last, ..block })?.first() {
            return Ok(Some(row.created_at));
        }
    }
    Ok(None)
}
