//! What the record of a process that is gone says about the rows it had leased.

use diesel::QueryResult;

use super::Place;
use super::file;
use crate::db::Db;
use crate::outbox::record::{self, Outcome};
use crate::outbox::{DeliveryState, blocks, release};
use crate::values::{At, NodeId};

/// The nodes of this machine that are known to be gone: their rows need not wait for others to lose patience.
pub fn gone(place: &Place) -> Vec<NodeId> {
    file::ownerless(place)
}

/// Settles what is certain about a gone node's rows, in the transaction that buries it: sent, or never left. What stays
/// leased is in doubt.
///
/// # Errors
/// The database's.
pub fn settle(db: &mut Db, place: &Place, node: NodeId, now: At) -> QueryResult<()> {
    if !file::is_ownerless(place, node) {
        return Ok(());
    }
    let entries = file::read(place, node);
    blocks::give_up(db, node)?;
    let leased = release::leased_by(db, node)?;
    let mut outcomes = Vec::new();
    for row in leased {
        let (id, attempts, as_it_was) = (row.0, row.2, Outcome::as_it_was(row));
        if let Some((code, server, reply)) = entries.took.get(&id) {
            outcomes.push(Outcome {
                state: DeliveryState::Sent,
                tried: 1,
                next_at: None,
                code: Some(i64::from(*code)),
                reply: Some(reply.clone()),
                server: Some(server.clone()),
                noted: attempts > 0,
                ..as_it_was
            });
        } else if entries.complete && !entries.left.contains(&id) {
            outcomes.push(as_it_was);
        }
    }
    if !outcomes.is_empty() {
        tracing::info!(%node, rows = outcomes.len(), "settled by the record of accepted mails");
        record::record(db, &outcomes, node, now)?;
    }
    Ok(())
}

/// The node's rows are settled and it is buried: its files are done with.
pub fn forget(place: &Place, node: NodeId) {
    if file::is_ownerless(place, node) {
        file::remove(place, node);
    }
}
