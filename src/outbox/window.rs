//! The doubt window: how many rows this process holds at any moment, from their claim until their outcome is committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Counts the rows held. System mails have a share of their own, so that a campaign never stands in their way.
#[derive(Debug)]
pub struct Window {
    size: usize,
    reserve: usize,
    campaign: Arc<AtomicUsize>,
    system: Arc<AtomicUsize>,
    /// Rung when rows were recorded.
    pub freed: Notify,
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

impl Window {
    pub fn new(size: usize) -> Self {
        let reserve = if size > 1 { (size / 10).max(1) } else { 0 };
        Self { size, reserve, campaign: Arc::default(), system: Arc::default(), freed: Notify::new() }
    }
    pub fn held(&self) -> usize {
        self.campaign.load(Ordering::SeqCst) + self.system.load(Ordering::SeqCst)
    }
    /// A fraction of the window, such that the wire is busy while the next rows are claimed and the last ones recorded.
    pub fn batch(&self) -> usize {
        ((self.size - self.reserve) / 4).max(1)
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
    pub fn place(&self, is_system: bool) -> Place {
        Place::of(if is_system { &self.system } else { &self.campaign })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_leaves_room_for_system_mails_and_both_stay_in_the_window() {
        let window = Window::new(20);
        let campaign: Vec<Place> = (0..window.campaign_room()).map(|_| window.place(false)).collect();
        assert_eq!((campaign.len(), window.campaign_room(), window.system_room()), (18, 0, 2));
        let system: Vec<Place> = (0..2).map(|_| window.place(true)).collect();
        assert_eq!((window.held(), window.system_room()), (20, 0));
        drop((campaign, system));
        assert_eq!(window.held(), 0);
        let smallest = Window::new(1);
        let one = smallest.place(false);
        assert_eq!((smallest.campaign_room(), smallest.system_room()), (0, 0));
        drop(one);
        assert_eq!((smallest.campaign_room(), smallest.system_room()), (1, 1));
    }
}
