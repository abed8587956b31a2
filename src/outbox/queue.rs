//! Leased rows between the engine and the senders: system mails go first. Its length is bounded by the doubt window.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::Delivery;
use crate::mail::Message;
use crate::values::NodeId;

/// A leased row and how to make its mail. The mail is made by the sender that takes it, so that no rendered mails pile up.
pub struct Item {
    pub row: Delivery,
    pub hold: bool,
    pub lease: NodeId,
    /// None once it was made, or when there is nothing to make.
    pub mail: Option<Box<dyn Message>>,
}

pub struct Queue {
    lists: Mutex<(VecDeque<Item>, VecDeque<Item>)>,
    waiting: Semaphore,
}

impl Queue {
    pub fn new() -> Self {
        Self { lists: Mutex::default(), waiting: Semaphore::new(0) }
    }
    pub fn push(&self, items: Vec<Item>) {
        let count = items.len();
        {
            let mut lists = self.lists();
            for item in items {
                match item.row.campaign_id {
                    None => lists.0.push_back(item),
                    Some(_) => lists.1.push_back(item),
                }
            }
        }
        self.waiting.add_permits(count);
    }
    /// The next item; `None` when the queue is closed.
    pub async fn pop(&self) -> Option<Item> {
        loop {
            self.waiting.acquire().await.ok()?.forget();
            let mut lists = self.lists();
            if let Some(item) = lists.0.pop_front().or_else(|| lists.1.pop_front()) {
                return Some(item);
            }
        }
    }
    /// Takes out the campaign's rows that no sender has taken yet: it was paused or cancelled.
    pub fn take_campaigns(&self, wanted: impl Fn(crate::values::CampaignId) -> bool) -> Vec<Item> {
        let mut lists = self.lists();
        let (out, stay) =
            std::mem::take(&mut lists.1).into_iter().partition(|item| item.row.campaign_id.is_some_and(&wanted));
        lists.1 = stay;
        Vec::from_iter::<VecDeque<Item>>(out)
    }
    /// Takes out everything: the mail server is failing.
    pub fn take_all(&self) -> Vec<Item> {
        let mut lists = self.lists();
        let mut all: Vec<Item> = std::mem::take(&mut lists.0).into();
        all.extend(std::mem::take(&mut lists.1));
        all
    }
    /// No more work: senders end, and what is left comes back to be given back.
    pub fn close(&self) -> Vec<Item> {
        self.waiting.close();
        self.take_all()
    }
    fn lists(&self) -> std::sync::MutexGuard<'_, (VecDeque<Item>, VecDeque<Item>)> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
