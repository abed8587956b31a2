//! What the engine does beside claiming: it ends blocks, finds what was lost, gives back what it does not need.

use std::collections::HashSet;
use std::time::Instant;

use super::Engine;
use crate::outbox::source::Source;
use crate::values::NodeId;

impl Engine {
    /// Ends the blocks of which everything is recorded.
    pub(super) async fn settle_blocks(&mut self) -> anyhow::Result<()> {
        self.leaving.retain(Source::is_spent);
        let now = Instant::now();
        self.plan.lanes.iter_mut().for_each(|plan| plan.source.rest(now));
        let lanes = self.plan.lanes.iter_mut().map(|plan| &mut plan.source);
        for source in lanes.chain(&mut self.leaving).filter(|source| source.is_spent()) {
            let (outbox, mut taken) = (self.outbox.clone(), std::mem::take(source));
            let work = move || (outbox.settle_blocks(&mut taken), taken);
            let (settled, taken) = tokio::task::spawn_blocking(work).await?;
            *source = taken;
            settled?;
        }
        Ok(())
    }

    /// Gives back rows and blocks that are leased by this node though nobody here holds them.
    pub(super) async fn find_lost(&mut self, lease: NodeId, now: Instant) -> anyhow::Result<()> {
        let (outbox, window, mut lost) = (self.outbox.clone(), self.window.clone(), self.lost.clone());
        let lanes = self.plan.lanes.iter().map(|plan| &plan.source);
        let blocks: HashSet<i64> = lanes.chain(&self.leaving).flat_map(Source::blocks).collect();
        let work = move || outbox.find_lost(&mut lost, (&window, &blocks), lease, now).map(|()| lost);
        self.lost = tokio::task::spawn_blocking(work).await??;
        Ok(())
    }

    /// Nothing is there to be sent: what was taken for it is for other nodes, and a warm-up's day does not fill up again.
    pub(super) async fn give_back(&mut self) -> anyhow::Result<()> {
        if !self.allowances.holds_any() {
            return Ok(());
        }
        let (outbox, mut allowances) = (self.outbox.clone(), std::mem::take(&mut self.allowances));
        let work = move || (allowances.give_back(&outbox.db), allowances);
        let (given, allowances) = tokio::task::spawn_blocking(work).await?;
        self.allowances = allowances;
        Ok(given?)
    }
}
