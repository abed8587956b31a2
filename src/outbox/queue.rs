//! Leased rows between the engine and the senders of one mail server. It holds rows, not mails, and its length is bounded
//! by the doubt window: memory does not grow with the audience.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::Delivery;
use super::window::{Held, Place};
use crate::mail::Message;
use crate::values::NodeId;

/// A leased row and how to make its mail. The mail is made by the sender that takes it, so that no rendered mails pile up.
pub struct Item {
    pub row: Delivery,
    pub hold: bool,
    pub lease: NodeId,
    /// None once it was made, or when there is nothing to make.
    pub mail: Option<Box<dyn Message>>,
    /// Lowered when its campaign was paused or cancelled: what is not on the wire then goes back.
    pub open: Arc<AtomicBool>,
    /// What it takes up, freed when its outcome is recorded.
    #[expect(dead_code, reason = "what counts is that it is dropped with the item")]
    pub held: Held,
    /// The same, of its campaign, its domain and its block.
    #[expect(dead_code, reason = "what counts is that they are dropped with the item")]
    pub places: [Option<Place>; 3],
}

impl Item {
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }
}

#[derive(Default)]
struct Lists {
    system: VecDeque<Item>,
    campaign: VecDeque<Item>,
}

/// One permit for each item; a permit without an item means that it was taken out again.
pub struct Queue {
    lists: Mutex<Lists>,
    any: Semaphore,
    system: Semaphore,
    idle: AtomicUsize,
}

impl Queue {
    pub fn new() -> Self {
        let (any, system) = (Semaphore::new(0), Semaphore::new(0));
        Self { lists: Mutex::default(), any, system, idle: AtomicUsize::new(0) }
    }
    /// Answers what it cannot take any more: it is closed.
    pub fn push(&self, items: Vec<Item>) -> Vec<Item> {
        let (count, mut system) = (items.len(), 0);
        {
            let mut lists = self.lists();
            // Asked with the lists in hand: `close` empties them afterwards.
            if self.any.is_closed() {
                return items;
            }
            for item in items {
                match item.row.campaign_id {
                    None => {
                        system += 1;
                        lists.system.push_back(item);
                    }
                    Some(_) => lists.campaign.push_back(item),
                }
            }
        }
        self.any.add_permits(count);
        self.system.add_permits(system);
        Vec::new()
    }
    /// The next item, system mails first; `None` when the queue is closed.
    pub async fn pop(&self, only_system: bool) -> Option<Item> {
        if !only_system {
            self.idle.fetch_add(1, Ordering::SeqCst);
        }
        let _idle = Idle(&self.idle, only_system);
        let semaphore = if only_system { &self.system } else { &self.any };
        loop {
            semaphore.acquire().await.ok()?.forget();
            let mut lists = self.lists();
            let item = match only_system {
                true => lists.system.pop_front(),
                false => lists.system.pop_front().or_else(|| lists.campaign.pop_front()),
            };
            if item.is_some() {
                return item;
            }
        }
    }
    /// A mail of a campaign to follow the one that leaves now; none while other senders have nothing to do. System mails
    /// do not queue up behind another mail's reply.
    pub fn follower(&self) -> Option<Item> {
        if self.idle.load(Ordering::SeqCst) > 0 {
            return None;
        }
        let mut lists = self.lists();
        if lists.campaign.is_empty() {
            return None;
        }
        // A permit taken without an item would leave an item without a permit.
        self.any.try_acquire().ok()?.forget();
        lists.campaign.pop_front()
    }
    /// Takes out what no sender has taken yet and `wanted` names.
    pub fn take(&self, wanted: impl Fn(&Item) -> bool) -> Vec<Item> {
        let mut lists = self.lists();
        let mut taken = Vec::new();
        let Lists { system, campaign } = &mut *lists;
        for list in [system, campaign] {
            if list.iter().any(&wanted) {
                let (out, stay): (VecDeque<Item>, _) = std::mem::take(list).into_iter().partition(&wanted);
                *list = stay;
                taken.extend(out);
            }
        }
        taken
    }
    /// Waits so long, or until the queue is closed.
    pub async fn rest(&self, time: Duration) {
        // A semaphore tells its end only to who waits for a permit, and no permit is wanted here.
        let end = Instant::now() + time;
        while Instant::now() < end && !self.any.is_closed() {
            tokio::time::sleep(Duration::from_millis(100).min(time)).await;
        }
    }
    /// No more work: senders end, and what is left comes back to be given back.
    pub fn close(&self) -> Vec<Item> {
        self.any.close();
        self.system.close();
        self.take(|_| true)
    }
    fn lists(&self) -> std::sync::MutexGuard<'_, Lists> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Idle<'a>(&'a AtomicUsize, bool);

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }
}
