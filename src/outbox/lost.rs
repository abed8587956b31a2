//! Rows that are leased by this node though nobody here holds them: the claim was committed and its answer lost, or whoever
//! held them is gone. This node goes on living, so nobody else gives them back.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::record::{self, Outcome};
use super::window::Window;
use super::{Outbox, blocks, release};
use crate::values::{DeliveryId, NodeId};

/// How often to look.
const USUAL: Duration = Duration::from_secs(10);
/// … and when something was lost, perhaps.
const SOON: Duration = Duration::from_secs(2);

/// Which rows were missing at the last look: one look alone may come between a commit and the end of holding.
#[derive(Debug, Clone, Default)]
pub struct Lost {
    missing: HashSet<DeliveryId>,
    blocks: HashSet<i64>,
    next: Option<Instant>,
    suspect: bool,
}

impl Lost {
    /// Something went wrong that may have lost rows.
    pub fn suspect(&mut self) {
        if !self.suspect {
            (self.suspect, self.next) = (true, None);
        }
    }
    pub fn is_due(&self, now: Instant) -> bool {
        self.next.is_none_or(|next| next <= now)
    }
}

impl Outbox {
    /// Gives back what is missing for the second time. Such rows were never handed to a sender: they go back as they were.
    pub(super) fn find_lost(
        &self,
        lost: &mut Lost,
        (window, known): (&Window, &HashSet<i64>),
        lease: NodeId,
        now: Instant,
    ) -> anyhow::Result<()> {
        let (leased, blocks) = self.db.read_here(|db| -> anyhow::Result<_> {
            let mut rows = release::leased_by(db, lease)?;
            let blocks = blocks::of_node(db, lease)?;
            rows.extend(blocks::marked(db, lease)?);
            Ok((rows, blocks))
        })?;
        let missing = window.missing(leased.iter().map(|row| row.0));
        let unknown: HashSet<i64> = blocks.iter().map(|block| block.id).filter(|id| !known.contains(id)).collect();
        let at = self.clock.now();
        let twice = leased.into_iter().filter(|row| missing.contains(&row.0) && lost.missing.contains(&row.0));
        let outcomes: Vec<Outcome> = twice.map(Outcome::as_it_was).collect();
        let ended: Vec<i64> = unknown.intersection(&lost.blocks).copied().collect();
        if !outcomes.is_empty() || !ended.is_empty() {
            let rows = self.db.write_here(|db| -> anyhow::Result<_> {
                for &id in &ended {
                    blocks::leave(db, id, lease)?;
                }
                let rows = record::record(db, &outcomes, lease, at)?;
                for &id in &ended {
                    blocks::done(db, id, lease)?;
                }
                Ok(rows)
            })?;
            tracing::warn!(rows, blocks = ended.len(), "what was claimed and then lost on its way was given back");
        }
        let again = !missing.is_empty() || !unknown.is_empty() || lost.suspect;
        let next = Some(now + if again { SOON } else { USUAL });
        *lost = Lost { missing, blocks: unknown, next, suspect: false };
        Ok(())
    }
}
