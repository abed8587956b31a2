//! The doubt window: how many rows this process holds at any moment, from their claim until their outcome is committed.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::values::DeliveryId;

/// Counts the rows held. System mails have a share of their own, so that a campaign never stands in their way.
#[derive(Debug)]
pub struct Window {
    size: usize,
    reserve: usize,
    campaign: Arc<AtomicUsize>,
    system: Arc<AtomicUsize>,
    /// Which rows: what the database says is leased by us and is not among them was lost on its way here.
    rows: Arc<Rows>,
    /// Rung when rows were recorded.
    pub freed: Notify,
}

#[derive(Debug, Default)]
struct Rows(Mutex<HashSet<DeliveryId>>);

impl Rows {
    fn lock(&self) -> MutexGuard<'_, HashSet<DeliveryId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A row's place; it becomes free when this is dropped.
#[derive(Debug)]
pub struct Place(Arc<AtomicUsize>);

impl Place {
    pub fn of(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A row that is held, and its place in the window.
#[derive(Debug)]
pub struct Held {
    rows: Arc<Rows>,
    id: DeliveryId,
    _place: Place,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.rows.lock().remove(&self.id);
    }
}

impl Window {
    pub fn new(size: usize) -> Self {
        let reserve = if size > 1 { (size / 10).max(1) } else { 0 };
        let (campaign, system, rows) = (Arc::default(), Arc::default(), Arc::default());
        Self { size, reserve, campaign, system, rows, freed: Notify::new() }
    }
    pub fn size(&self) -> usize {
        self.size
    }
    pub fn held(&self) -> usize {
        self.campaign.load(Ordering::SeqCst) + self.system.load(Ordering::SeqCst)
    }
    /// A fraction of the window, such that the wire is busy while the next rows are claimed and the last ones recorded.
    pub fn batch(&self) -> usize {
        ((self.size - self.reserve) / 3).max(1)
    }
    /// How many rows of campaigns may be claimed now.
    pub fn campaign_room(&self) -> usize {
        let own = (self.size - self.reserve).saturating_sub(self.campaign.load(Ordering::SeqCst));
        own.min(self.size.saturating_sub(self.held()))
    }
    /// How many system mails may be claimed now: at most the reserve, and what campaigns leave free.
    pub fn system_room(&self) -> usize {
        let own = self.reserve.max(1).saturating_sub(self.system.load(Ordering::SeqCst));
        own.min(self.size.saturating_sub(self.held()))
    }
    pub fn hold(&self, id: DeliveryId, is_system: bool) -> Held {
        self.rows.lock().insert(id);
        let place = Place::of(if is_system { &self.system } else { &self.campaign });
        Held { rows: self.rows.clone(), id, _place: place }
    }
    /// Those of the rows that are not held.
    pub fn missing(&self, rows: impl Iterator<Item = DeliveryId>) -> HashSet<DeliveryId> {
        let held = self.rows.lock();
        rows.filter(|id| !held.contains(id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_leaves_room_for_system_mails_and_both_stay_in_the_window() {
        let (window, mut ids) = (Window::new(20), (1..).map(DeliveryId));
        let mut hold = |window: &Window, is_system| window.hold(ids.next().unwrap(), is_system);
        let campaign: Vec<Held> = (0..window.campaign_room()).map(|_| hold(&window, false)).collect();
        assert_eq!((campaign.len(), window.campaign_room(), window.system_room()), (18, 0, 2));
        let system: Vec<Held> = (0..2).map(|_| hold(&window, true)).collect();
        assert_eq!((window.held(), window.system_room()), (20, 0));
        assert_eq!(window.missing([5, 21].map(DeliveryId).into_iter()), [DeliveryId(21)].into());
        drop((campaign, system));
        assert_eq!(window.held(), 0);
        assert_eq!(window.missing([5].map(DeliveryId).into_iter()).len(), 1);
        let smallest = Window::new(1);
        let one = hold(&smallest, false);
        assert_eq!((smallest.campaign_room(), smallest.system_room()), (0, 0));
        drop(one);
        assert_eq!((smallest.campaign_room(), smallest.system_room()), (1, 1));
    }
}
