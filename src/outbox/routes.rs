//! Which mail server takes which row: by weight among those that are well, `backup` ones only while all others are paused.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;

use super::Server;
use super::queue::{Item, Queue};
use crate::values::At;

/// Whether a server's senders hold back: raised by the first that finds it failing, so that the others do not run into
/// the same wall; lowered when the time that the recorder gave it is over. Each process finds out for itself: what one
/// cannot reach another may well reach, and times of two machines' clocks are not compared.
#[derive(Debug, Default)]
pub struct Halt {
    raised: AtomicBool,
    /// By this process's clock, and by the time that passed.
    until: Mutex<Option<(At, Instant)>>,
    /// When it last took a mail, in milliseconds since this process first asked.
    worked: AtomicU64,
    /// A notice to staff stands that it fails, and perhaps it does not any more.
    doubted: AtomicBool,
}

impl Halt {
    pub fn is_raised(&self) -> bool {
        self.raised.load(Ordering::SeqCst)
    }
    /// Answers whether this is the first to say so.
    pub fn raise(&self) -> bool {
        !self.raised.swap(true, Ordering::SeqCst)
    }
    pub fn set_time(&self, now: At, wait: TimeDelta) {
        let until = (now + wait, Instant::now() + wait.to_std().unwrap_or_default());
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }
    /// Lowers it when its time is over.
    fn look(&self, now: At) {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.is_some_and(|(at, then)| at <= now || then <= Instant::now()) {
            *until = None;
            self.raised.store(false, Ordering::SeqCst);
        }
    }
    pub fn works(&self) {
        self.worked.store(millis(), Ordering::Relaxed);
    }
    /// Whether it took a mail on some connection a moment ago.
    pub fn worked_within(&self, time: Duration) -> bool {
        let worked = self.worked.load(Ordering::Relaxed);
        worked > 0 && u128::from(millis().saturating_sub(worked)) <= time.as_millis()
    }
    pub fn doubt(&self) {
        self.doubted.store(true, Ordering::SeqCst);
    }
    pub fn was_doubted(&self) -> bool {
        self.doubted.load(Ordering::Relaxed) && self.doubted.swap(false, Ordering::SeqCst)
    }
}

/// Never 0.
fn millis() -> u64 {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(BEGIN.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
}

/// One server as this process uses it.
pub struct Route {
    pub server: Arc<Server>,
    pub queue: Arc<Queue>,
    pub halt: Arc<Halt>,
    /// The smooth weighted round: who has the most is next.
    credit: i64,
}

impl Route {
    fn is_well(&self) -> bool {
        !self.halt.is_raised()
    }
}

pub struct Routes {
    pub list: Vec<Route>,
}

impl Routes {
    pub fn new(servers: &[Arc<Server>]) -> Self {
        let route = |server: &Arc<Server>| Route {
            server: server.clone(),
            queue: Arc::new(Queue::new()),
            halt: Arc::default(),
            credit: 0,
        };
        Self { list: servers.iter().map(route).collect() }
    }

    /// Lowers the halts whose time is over; `stale` are the servers of which staff read that they fail, and nobody has
    /// said so again for a while.
    pub fn look(&self, stale: &[String], now: At) {
        for route in &self.list {
            route.halt.look(now);
            if stale.contains(&route.server.name) {
                route.halt.doubt();
            }
        }
    }

    /// The places of the servers that may get rows now.
    pub fn usable(&self) -> Vec<usize> {
        let well = |backup: bool| -> Vec<usize> {
            let fits = |route: &Route| route.is_well() && route.server.backup == backup;
            self.list.iter().enumerate().filter(|(_, route)| fits(route)).map(|(place, _)| place).collect()
        };
        let first = well(false);
        if first.is_empty() { well(true) } else { first }
    }

    /// How many of `count` rows each server gets by its weight, within its budget.
    pub fn apportion(&mut self, count: usize, mut budget: HashMap<usize, usize>) -> HashMap<usize, usize> {
        let mut usable: Vec<usize> = budget.keys().copied().collect();
        usable.sort_unstable();
        let mut shares = HashMap::new();
        for _ in 0..count {
            let Some(place) = self.next(&usable, &budget) else { break };
            budget.entry(place).and_modify(|room| *room = room.saturating_sub(1));
            *shares.entry(place).or_default() += 1;
        }
        shares
    }

    /// Hands rows to whoever is well, whatever the limits: system mails, and what waited for a server that fails.
    pub fn hand_out_to_all(&mut self, items: Vec<Item>) -> Vec<Item> {
        let budget = self.usable().into_iter().map(|place| (place, usize::MAX)).collect();
        let shares = self.apportion(items.len(), budget);
        self.hand_out(items, &shares)
    }

    /// Hands rows to servers by their shares (places and mails). Answers what nobody may take: one may fail since.
    pub fn hand_out(&self, mut items: Vec<Item>, shares: &HashMap<usize, usize>) -> Vec<Item> {
        let mut left = Vec::new();
        for place in self.usable() {
            let share = shares.get(&place).copied().unwrap_or(0).min(items.len());
            let rest = items.split_off(share);
            if let Some(route) = self.list.get(place) {
                left.extend(route.queue.push(std::mem::replace(&mut items, rest)));
            }
        }
        left.extend(items);
        left
    }

    fn next(&mut self, usable: &[usize], budget: &HashMap<usize, usize>) -> Option<usize> {
        let (mut best, mut total): (Option<(usize, i64)>, i64) = (None, 0);
        for &place in usable.iter().filter(|place| budget.get(place).is_some_and(|room| *room > 0)) {
            let Some(route) = self.list.get_mut(place) else { continue };
            let weight = i64::from(route.server.weight.max(1));
            route.credit += weight;
            total += weight;
            if best.is_none_or(|(_, credit)| route.credit > credit) {
                best = Some((place, route.credit));
            }
        }
        let (place, _) = best?;
        if let Some(route) = self.list.get_mut(place) {
            route.credit -= total;
        }
        Some(place)
    }

    /// Takes back what waits for servers that fail.
    pub fn strand(&self) -> Vec<Item> {
        let failing = self.list.iter().filter(|route| !route.is_well());
        failing.flat_map(|route| route.queue.take(|_| true)).collect()
    }
}
