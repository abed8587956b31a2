//! What this node has in store of a campaign: a leased block and its rows, read ahead so that a claim is one small update.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::blocks::{self, Block, Taken};
use super::{Delivery, Outbox};
use crate::values::{CampaignId, DeliveryId, NodeId};

/// Rows that were read longer ago are read again before they leave.
const FRESH: Duration = Duration::from_secs(2);
/// A block that is sent in less time is followed by one of twice the size …
const QUICK: Duration = Duration::from_millis(250);
/// … and one that takes longer by a smaller one: others shall not wait for this node at the end.
const SLOW: Duration = Duration::from_secs(1);
/// The largest; its rows are in memory, about half a kilobyte each.
const LARGEST: usize = 2_000;
/// A block that nothing was drawn from for so long is left: this node cannot send just now, and others may.
const IDLE: Duration = Duration::from_secs(5);
/// How long to wait when another transaction has the free blocks in hand.
const BUSY: Duration = Duration::from_millis(5);
/// Blocks of which all rows are set aside that are walked through in one go.
const PASSES: usize = 4;

/// A leased block and how many of its rows are held here.
#[derive(Debug, Clone)]
pub struct Open {
    pub block: Block,
    pub held: Arc<AtomicUsize>,
    node: NodeId,
}

#[derive(Debug, Default)]
pub struct Source {
    open: Option<Open>,
    rows: VecDeque<Delivery>,
    /// When the block was taken, when its rows were read, and when some were drawn.
    taken: Option<Instant>,
    read: Option<Instant>,
    drawn: Option<Instant>,
    size: usize,
    /// Blocks of which everything left; each is done with when nothing of it is held.
    spent: Vec<Open>,
}

/// Rows that may leave now.
#[derive(Default)]
pub struct Drawn {
    pub rows: Vec<Delivery>,
    /// Counts those of their block that are held.
    pub held: Option<Arc<AtomicUsize>>,
    /// Nothing more waits in any free block.
    pub empty: bool,
}

enum Filled {
    Rows,
    Busy,
    Nothing,
}

impl Source {
    /// The blocks that this node knows to be its own.
    pub fn blocks(&self) -> impl Iterator<Item = i64> {
        self.open.iter().chain(&self.spent).map(|open| open.block.id)
    }
    pub fn is_spent(&self) -> bool {
        !self.spent.is_empty()
    }
    /// Leaves its block if nothing was drawn from it for long.
    pub fn rest(&mut self, now: Instant) {
        if self.open.is_some() && self.drawn.is_none_or(|drawn| now.saturating_duration_since(drawn) > IDLE) {
            self.close();
        }
    }
    /// Nothing more is drawn from it: what it has read is given up.
    pub fn close(&mut self) {
        self.rows.clear();
        self.spent.extend(self.open.take());
    }
    /// Blocks of which everything left are over when all is recorded. Of one that was closed before its end, the rest is
    /// free before that: what is on the wire may hang for minutes.
    fn to_be_left(&self) -> Vec<Open> {
        let unfinished = |open: &&Open| open.block.sending_until < open.block.last;
        self.spent.iter().filter(unfinished).cloned().collect()
    }
    fn settled(&mut self) -> Vec<Open> {
        let (held, settled) =
            std::mem::take(&mut self.spent).into_iter().partition(|open| open.held.load(Ordering::SeqCst) > 0);
        self.spent = held;
        settled
    }
    fn next_size(&self, batch: usize, now: Instant) -> usize {
        match self.taken.map(|taken| now.saturating_duration_since(taken)) {
            Some(took) if took < QUICK => (self.size * 2).clamp(batch, LARGEST.max(batch)),
            Some(took) if took > SLOW => (self.size / 2).max(batch),
            Some(_) => self.size.max(batch),
            None => batch,
        }
    }
}

impl Outbox {
    /// Up to `wanted` rows of the campaign, marked as being sent. Those of the domains `apart` are set aside.
    pub(super) fn draw(
        &self,
        source: &mut Source,
        (campaign, apart): (CampaignId, &[String]),
        node: NodeId,
        wanted: usize,
    ) -> anyhow::Result<Drawn> {
        if source.open.as_ref().is_some_and(|open| open.node != node) {
            // Leased under a number that is gone; whoever buried it has settled the block.
            *source = Source::default();
        }
        for _ in 0..PASSES {
            match self.fill(source, campaign, node, wanted)? {
                Filled::Rows => {}
                Filled::Busy => {
                    std::thread::sleep(BUSY);
                    break;
                }
                Filled::Nothing => return Ok(Drawn { empty: true, ..Drawn::default() }),
            }
            let Some(open) = source.open.clone() else { continue };
            let (mut rows, mut aside, mut until) = (Vec::with_capacity(wanted), Vec::new(), None::<DeliveryId>);
            while rows.len() < wanted
                && let Some(row) = source.rows.pop_front()
            {
                until = Some(row.id);
                match apart.iter().any(|domain| domain == row.address.domain()) {
                    true => aside.push(row.id),
                    false => rows.push(row),
                }
            }
            let Some(until) = until else { continue };
            if !self.leaves(&open.block, node, until, &aside)? {
                // It is another's now, or the campaign was cancelled.
                source.close();
                continue;
            }
            if let Some(open) = &mut source.open {
                open.block.sending_until = until;
            }
            source.drawn = Some(Instant::now());
            if !rows.is_empty() {
                return Ok(Drawn { rows, held: Some(open.held), empty: false });
            }
        }
        Ok(Drawn::default())
    }

    /// Marks them, and sets others aside.
    fn leaves(&self, block: &Block, node: NodeId, until: DeliveryId, aside: &[DeliveryId]) -> anyhow::Result<bool> {
        if aside.is_empty() {
            return self.db.statement_here(|db| Ok(blocks::mark(db, block, node, until)?));
        }
        self.db.write_here(|db| {
            let marked = blocks::mark(db, block, node, until)?;
            if marked {
                blocks::set_aside(db, aside)?;
            }
            Ok(marked)
        })
    }

    /// Sees to it that there are rows, fresh ones.
    fn fill(&self, source: &mut Source, campaign: CampaignId, node: NodeId, batch: usize) -> anyhow::Result<Filled> {
        let now = Instant::now();
        if source.rows.is_empty() {
            source.close();
            let size = source.next_size(batch, now);
            let limit = i64::try_from(size)?;
            let taken =
                self.db.write_here(|db| -> anyhow::Result<_> { Ok(blocks::take(db, campaign, node, limit)?) })?;
            let (block, rows) = match taken {
                Taken::Block(block, rows) => (block, rows),
                Taken::Busy => return Ok(Filled::Busy),
                Taken::Nothing => return Ok(Filled::Nothing),
            };
            let held = Arc::default();
            source.open = Some(Open { block, held, node });
            (source.rows, source.size) = (rows.into(), size);
            (source.taken, source.read, source.drawn) = (Some(now), Some(now), Some(now));
        } else if source.read.is_none_or(|read| now.saturating_duration_since(read) > FRESH)
            && let Some(open) = &source.open
        {
            let block = open.block;
            source.rows = self.db.read_here(|db| -> anyhow::Result<_> { Ok(blocks::read(db, &block)?) })?.into();
            source.read = Some(now);
        }
        Ok(Filled::Rows)
    }

    /// Frees what was not drawn of blocks that were closed, and ends those of which everything is recorded.
    pub(super) fn settle_blocks(&self, source: &mut Source) -> anyhow::Result<()> {
        for left in source.to_be_left() {
            let (id, node) = (left.block.id, left.node);
            self.db.write_here(|db| -> anyhow::Result<()> { Ok(blocks::leave(db, id, node)?) })?;
            if let Some(open) = source.spent.iter_mut().find(|open| open.block.id == id) {
                open.block.last = open.block.sending_until;
            }
        }
        for open in source.settled() {
            let (id, node) = (open.block.id, open.node);
            let ended = self.db.statement_here(|db| -> anyhow::Result<bool> { Ok(blocks::done(db, id, node)?) });
            if ended.is_err() {
                source.spent.push(open);
            }
            ended?;
        }
        Ok(())
    }
}
