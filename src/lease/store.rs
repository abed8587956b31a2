//! Rows of `nodes`.

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::nodes;
use crate::values::{At, NodeId};

pub fn register(db: &mut Db, name: &str, now: At) -> QueryResult<NodeId> {
    diesel::insert_into(nodes::table)
        .values((nodes::name.eq(name), nodes::heartbeat.eq(0_i64), nodes::started_at.eq(now)))
        .returning(nodes::id)
        .get_result(db)
        .map(NodeId)
}

/// Moves the counter; `false` when the row is gone: others took this node for dead.
pub fn beat(db: &mut Db, id: NodeId) -> QueryResult<bool> {
    let row = nodes::table.filter(nodes::id.eq(id.0));
    Ok(diesel::update(row).set(nodes::heartbeat.eq(nodes::heartbeat + 1)).execute(db)? > 0)
}

/// Every node and its counter.
///
/// # Errors
/// The database's.
pub fn all(db: &mut Db) -> QueryResult<Vec<(NodeId, i64)>> {
    let rows: Vec<(i64, i64)> = nodes::table.select((nodes::id, nodes::heartbeat)).load(db)?;
    Ok(rows.into_iter().map(|(id, counter)| (NodeId(id), counter)).collect())
}

/// Removes a node whose counter still stands where it was seen; `false` when it moved or someone else was faster.
pub fn bury(db: &mut Db, id: NodeId, counter: i64) -> QueryResult<bool> {
    let row = nodes::table.filter(nodes::id.eq(id.0).and(nodes::heartbeat.eq(counter)));
    Ok(diesel::delete(row).execute(db)? > 0)
}

pub fn remove(db: &mut Db, id: NodeId) -> QueryResult<()> {
    diesel::delete(nodes::table.filter(nodes::id.eq(id.0))).execute(db).map(drop)
}
