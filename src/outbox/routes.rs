//! Which mail server takes which row: by weight among those that are well, `backup` ones only while all others are paused.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::Server;
use super::queue::{Item, Queue};
use crate::values::At;

/// Whether a server's senders hold back: raised by the first that finds it failing, so that the others do not run into
/// the same wall; lowered by the engine when the pause that the recorder wrote is over.
#[derive(Debug, Default)]
pub struct Halt(AtomicU8);

impl Halt {
    const FAILED: u8 = 1;
    const WRITTEN: u8 = 2;

    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst) != 0
    }
    /// Answers whether this is the first to say so.
    pub fn raise(&self) -> bool {
        self.0.compare_exchange(0, Self::FAILED, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
    /// The pause stands in the database.
    pub fn written(&self) {
        self.0.store(Self::WRITTEN, Ordering::SeqCst);
    }
    pub fn is_written(&self) -> bool {
        self.0.load(Ordering::SeqCst) == Self::WRITTEN
    }
    /// The pause is over; one that is not written yet stays.
    pub fn lower(&self) {
        let _ = self.0.compare_exchange(Self::WRITTEN, 0, Ordering::SeqCst, Ordering::SeqCst);
    }
}

/// One server as this process uses it.
pub struct Route {
    pub server: Arc<Server>,
    pub queue: Arc<Queue>,
    pub halt: Arc<Halt>,
    /// As the database says.
    paused: bool,
    /// The smooth weighted round: who has the most is next.
    credit: i64,
}

impl Route {
    fn is_well(&self) -> bool {
        !self.paused && !self.halt.is_raised()
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
            paused: false,
            credit: 0,
        };
        Self { list: servers.iter().map(route).collect() }
    }

    /// Takes over who is paused; `written` says whose halt was known to be written before the database was asked.
    pub fn look(&mut self, paused: &HashMap<String, At>, written: &[bool], now: At) {
        for (route, written) in self.list.iter_mut().zip(written) {
            route.paused = paused.get(&route.server.name).is_some_and(|until| *until > now);
            if *written && !route.paused {
                route.halt.lower();
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

    /// How many of `count` rows each server gets, within its budget.
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
        self.hand_out(items, budget)
    }

    /// Hands rows to servers, to each at most its budget (places and mails). Answers what nobody may take.
    pub fn hand_out(&mut self, items: Vec<Item>, mut budget: HashMap<usize, usize>) -> Vec<Item> {
        let mut usable = self.usable();
        usable.retain(|place| budget.contains_key(place));
        let mut batches: HashMap<usize, Vec<Item>> = HashMap::new();
        let mut left = Vec::new();
        for item in items {
            match self.next(&usable, &budget) {
                Some(place) => {
                    if let Some(room) = budget.get_mut(&place) {
                        *room = room.saturating_sub(1);
                    }
                    batches.entry(place).or_default().push(item);
                }
                None => left.push(item),
            }
        }
        for (place, batch) in batches {
            if let Some(route) = self.list.get(place) {
                route.queue.push(batch);
            }
        }
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
