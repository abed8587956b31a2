//! What one process has taken from the buckets and not spent yet.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use diesel::QueryResult;

use super::bucket::{Bucket, FRESH, MAIL, block};
use super::{Amount, Key, Limit, store};
use crate::db::{Database, Db, dialect};
use crate::error::Error;

/// An empty bucket is not asked more often than this: at a high rate it fills by many mails meanwhile …
const SHORTEST_WAIT: Duration = Duration::from_millis(50);
/// … and at a slow one not more seldom than this, because staff may change the limit.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What this process has taken from the buckets and not spent yet. One owner: the engine.
#[derive(Debug, Clone, Default)]
pub struct Allowances {
    held: BTreeMap<Key, Held>,
}

#[derive(Debug, Clone)]
struct Held {
    limit: Limit,
    /// Oldest first.
    blocks: VecDeque<Block>,
    /// When to ask the bucket again that had nothing left.
    ask_again: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    tokens: i64,
    /// By the database's clock, for giving it back.
    taken_at: i64,
    /// By this process's, from before it was asked for: never compared with another machine's.
    since: Instant,
}

impl Block {
    fn is_fresh(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < Duration::from_micros(FRESH.unsigned_abs())
    }
}

impl Held {
    fn new(limit: &Limit) -> Self {
        Self { limit: limit.clone(), blocks: VecDeque::new(), ask_again: None }
    }
    fn mails(&self, now: Instant) -> i64 {
        self.blocks.iter().filter(|block| block.is_fresh(now)).map(|block| block.tokens).sum::<i64>() / MAIL
    }
}

impl Allowances {
    /// How many of `wanted` mails may leave now under all of these limits together. Takes what is missing from the
    /// buckets, in the order of their names, in a short transaction of its own: not to be called inside of another.
    /// What is answered is to be spent at once ([`Allowances::spend`]); what lies unspent loses its worth.
    ///
    /// # Errors
    /// The database's; nothing was taken then.
    pub fn room(&mut self, db: &Database, limits: &[Limit], wanted: usize) -> Result<usize, Error> {
        let now = Instant::now();
        let least = self.least(limits, now);
        if least >= wanted || self.is_waiting(limits, now) {
            return Ok(least.min(wanted));
        }
        let limits = in_order(limits);
        let mut next = self.clone();
        *self = db.write_here(|db| {
            let mut buckets = limits.iter().map(|limit| store::lock(db, limit)).collect::<QueryResult<Vec<_>>>()?;
            // Asked with the locks in hand: whoever had them before us looked at an earlier time.
            let clock = dialect::clock_micros(db)?;
            let before = buckets.clone();
            next.take(&limits, &mut buckets, wanted, clock, now);
            put(db, &limits, &before, &buckets, clock)?;
            Ok::<_, Error>(next)
        })?;
        Ok(self.least(&limits, now).min(wanted))
    }

    /// So many mails under these limits are on their way.
    pub fn spend(&mut self, limits: &[Limit], count: usize) {
        for limit in limits {
            let Some(held) = self.held.get_mut(&limit.key) else { continue };
            let mut left = i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(MAIL);
            while left > 0
                && let Some(mut oldest) = held.blocks.pop_front()
            {
                let spent = left.min(oldest.tokens);
                (left, oldest.tokens) = (left - spent, oldest.tokens - spent);
                if oldest.tokens > 0 {
                    held.blocks.push_front(oldest);
                }
            }
        }
    }

    /// Whether anything is held that could be given back.
    pub fn holds_any(&self) -> bool {
        self.held.values().any(|held| !held.blocks.is_empty())
    }

    /// Gives back what was taken and not spent, in a short transaction of its own: when this process stops, and when it
    /// finds nothing to send. Costs nothing when nothing is held.
    ///
    /// # Errors
    /// The database's.
    pub fn give_back(&mut self, db: &Database) -> Result<(), Error> {
        let limits: Vec<Limit> =
            self.held.values().filter(|held| !held.blocks.is_empty()).map(|held| held.limit.clone()).collect();
        if limits.is_empty() {
            return Ok(());
        }
        let limits = in_order(&limits);
        let mut next = self.clone();
        *self = db.write_here(|db| {
            let mut buckets = limits.iter().map(|limit| store::lock(db, limit)).collect::<QueryResult<Vec<_>>>()?;
            let clock = dialect::clock_micros(db)?;
            let before = buckets.clone();
            for (limit, bucket) in limits.iter().zip(&mut buckets) {
                *bucket = bucket.filled(limit, clock);
                next.return_blocks(limit, bucket, clock, |_| true);
            }
            put(db, &limits, &before, &buckets, clock)?;
            Ok::<_, Error>(next)
        })?;
        self.held.clear();
        Ok(())
    }

    /// The least that is held under any of these limits, in mails.
    fn least(&self, limits: &[Limit], now: Instant) -> usize {
        let held = |limit: &Limit| self.held.get(&limit.key).map_or(0, |held| held.mails(now));
        limits.iter().map(held).min().map_or(usize::MAX, |mails| usize::try_from(mails).unwrap_or(0))
    }

    /// The limit that lets the fewest mails leave now.
    pub fn tightest<'a>(&self, limits: &'a [Limit]) -> Option<&'a Key> {
        let now = Instant::now();
        limits.iter().map(|limit| &limit.key).min_by_key(|key| self.held.get(key).map_or(0, |held| held.mails(now)))
    }

    fn is_waiting(&self, limits: &[Limit], now: Instant) -> bool {
        let waits =
            |limit: &Limit| self.held.get(&limit.key).and_then(|held| held.ask_again).is_some_and(|at| at > now);
        limits.iter().any(waits)
    }

    /// Takes from the buckets for `wanted` mails: as many from each, so that nothing is taken that another limit forbids.
    fn take(&mut self, limits: &[Limit], buckets: &mut [Bucket], wanted: usize, clock: i64, now: Instant) {
        for (limit, bucket) in limits.iter().zip(buckets.iter_mut()) {
            *bucket = bucket.filled(limit, clock);
            self.return_blocks(limit, bucket, clock, |block| !block.is_fresh(now));
        }
        let there = |this: &Self, limit: &Limit, bucket: &Bucket| {
            this.held.get(&limit.key).map_or(0, |held| held.mails(now)) + (bucket.tokens / MAIL).max(0)
        };
        let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
        let a_block = limits.iter().map(|limit| block(limit) / MAIL).min().unwrap_or(0);
        let least = limits.iter().zip(buckets.iter()).map(|(limit, bucket)| there(self, limit, bucket)).min();
        let mails = least.unwrap_or(0).min(wanted.max(a_block));
        for (limit, bucket) in limits.iter().zip(buckets.iter_mut()) {
            let empty = there(self, limit, bucket) <= mails && mails < wanted;
            let held = self.held.entry(limit.key.clone()).or_insert_with(|| Held::new(limit));
            held.limit = limit.clone();
            let tokens = (mails - held.mails(now)).max(0) * MAIL;
            if tokens > 0 {
                bucket.tokens -= tokens;
                held.blocks.push_back(Block { tokens, taken_at: clock, since: now });
            }
            held.ask_again = empty.then(|| now + wait(limit, bucket.tokens));
        }
    }

    /// Puts those blocks back into the bucket that `which` says.
    fn return_blocks(&mut self, limit: &Limit, bucket: &mut Bucket, clock: i64, which: impl Fn(&Block) -> bool) {
        let Some(held) = self.held.get_mut(&limit.key) else { return };
        let (back, stay): (VecDeque<Block>, VecDeque<Block>) =
            std::mem::take(&mut held.blocks).into_iter().partition(which);
        held.blocks = stay;
        for block in back {
            *bucket = bucket.give_back(limit, block.tokens, block.taken_at, clock);
        }
    }
}

/// In the one order in which every node locks them.
fn in_order(limits: &[Limit]) -> Vec<Limit> {
    let mut limits = limits.to_vec();
    limits.sort_by_key(|limit| limit.key.to_string());
    limits.dedup_by(|a, b| a.key == b.key);
    limits
}

/// A bucket from which nothing was taken stays as it is: it fills by itself. (One that was empty, filled up and was emptied
/// again holds what it held, and did not stay as it was.)
fn put(db: &mut Db, limits: &[Limit], before: &[Bucket], after: &[Bucket], clock: i64) -> QueryResult<()> {
    for ((limit, before), after) in limits.iter().zip(before).zip(after) {
        if before.filled(limit, clock).tokens != after.tokens {
            store::put(db, &limit.key.to_string(), *after)?;
        }
    }
    Ok(())
}

/// When it is worth asking again: when there is one more mail.
fn wait(limit: &Limit, tokens: i64) -> Duration {
    let missing = (MAIL - tokens).max(0);
    match limit.amount {
        Amount::PerMinute(rate) => {
            let micros = missing.saturating_mul(60) / rate.max(1) + 1;
            Duration::from_micros(micros.unsigned_abs()).clamp(SHORTEST_WAIT, LONGEST_WAIT)
        }
        Amount::Warmup(_) => LONGEST_WAIT,
    }
}
