//! What to claim from next: open campaigns in turn, each with its parts and how far they were claimed.
//!
//! A batch comes from one part, the next batch from the next: a campaign of a million does not hold up one of ten.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::Lane;
use super::claim::Part;
use super::limits::{DomainLimit, Limit};
use crate::values::DeliveryId;

/// Rows that were skipped or given back lie behind the cursor: every so often it begins anew.
const SWEEP: Duration = Duration::from_secs(30);

/// A campaign that is open.
pub struct LanePlan {
    pub lane: Lane,
    /// Lowered when it is paused or cancelled.
    pub open: Arc<AtomicBool>,
    /// Rows of it that this process holds.
    pub held: Arc<AtomicUsize>,
    pub parts: Vec<PartPlan>,
    swept: Instant,
}

/// A part of a campaign, with a cursor of its own.
pub struct PartPlan {
    pub part: Part,
    pub limit: Option<Limit>,
    /// How many rows may be held at once: a slow domain's share of the connections.
    pub quota: Option<usize>,
    /// Rows of this domain that are held, whatever their campaign.
    pub held: Arc<AtomicUsize>,
    pub cursor: DeliveryId,
    /// Nothing was found from the start: nothing to do until the next look.
    pub done: bool,
    /// Rows wait whose time has come.
    pub due: bool,
}

impl PartPlan {
    fn new(part: Part, limit: Option<Limit>, quota: Option<usize>) -> Self {
        Self { part, limit, quota, held: Arc::default(), cursor: DeliveryId(0), done: false, due: false }
    }
    /// How many rows may be claimed of it beside those that are held.
    pub fn room(&self, wanted: usize) -> usize {
        self.quota.map_or(wanted, |quota| wanted.min(quota.saturating_sub(self.held.load(Ordering::SeqCst))))
    }
}

#[derive(Default)]
pub struct Plan {
    pub lanes: Vec<LanePlan>,
    turn: usize,
}

impl Plan {
    /// Takes over which campaigns are open (and whether rows of each wait whose time has come), which domains are limited
    /// and which are slow. Answers whether a campaign was closed.
    pub fn look(
        &mut self,
        open: &[(Lane, bool)],
        limited: &[DomainLimit],
        (slow, quota): (&[String], usize),
        now: Instant,
    ) -> bool {
        let before = self.lanes.len();
        self.lanes.retain(|plan| {
            let stays = open.iter().any(|(lane, _)| lane.campaign == plan.lane.campaign);
            if !stays {
                plan.open.store(false, Ordering::SeqCst);
            }
            stays
        });
        let closed = self.lanes.len() < before;
        for (lane, due) in open {
            let known = self.lanes.iter().position(|plan| plan.lane.campaign == lane.campaign);
            let place = known.unwrap_or_else(|| {
                let (open, held) = (Arc::new(AtomicBool::new(true)), Arc::default());
                self.lanes.push(LanePlan { lane: *lane, open, held, parts: Vec::new(), swept: now });
                self.lanes.len() - 1
            });
            if let Some(plan) = self.lanes.get_mut(place) {
                plan.lane = *lane;
                plan.divide(limited, slow, quota);
                let sweep = now.saturating_duration_since(plan.swept) >= SWEEP;
                if sweep {
                    plan.swept = now;
                }
                for part in &mut plan.parts {
                    (part.done, part.due) = (false, *due);
                    if sweep {
                        part.cursor = DeliveryId(0);
                    }
                }
            }
        }
        closed
    }

    /// The next part to claim from: places of lane and part.
    pub fn next(&mut self, wanted: usize) -> Option<(usize, usize)> {
        let all: Vec<(usize, usize)> = self
            .lanes
            .iter()
            .enumerate()
            .flat_map(|(lane, plan)| (0..plan.parts.len()).map(move |part| (lane, part)))
            .collect();
        for step in 0..all.len() {
            let place = (self.turn + step) % all.len();
            let &(lane, part) = all.get(place)?;
            let ready = |part: &PartPlan| (!part.done || part.due) && part.room(wanted) > 0;
            if self.lanes.get(lane).and_then(|plan| plan.parts.get(part)).is_some_and(ready) {
                self.turn = place + 1;
                return Some((lane, part));
            }
        }
        None
    }

    pub fn part(&mut self, (lane, part): (usize, usize)) -> Option<(&LanePlan, &PartPlan)> {
        let plan = self.lanes.get(lane)?;
        Some((plan, plan.parts.get(part)?))
    }

    pub fn part_mut(&mut self, (lane, part): (usize, usize)) -> Option<&mut PartPlan> {
        self.lanes.get_mut(lane)?.parts.get_mut(part)
    }

    /// The lanes of which nothing more is found and nothing is held: perhaps they are finished.
    pub fn quiet(&self) -> impl Iterator<Item = &LanePlan> {
        self.lanes.iter().filter(|plan| {
            plan.held.load(Ordering::SeqCst) == 0 && plan.parts.iter().all(|part| part.done && !part.due)
        })
    }
}

impl LanePlan {
    /// One part for each domain that is slow or limited, and one for the rest.
    fn divide(&mut self, limited: &[DomainLimit], slow: &[String], quota: usize) {
        let mut apart: Vec<&String> = limited.iter().map(|limit| &limit.domain).chain(slow).collect();
        apart.sort();
        apart.dedup();
        let rest = Part::Rest(apart.iter().map(|domain| (*domain).clone()).collect());
        if !self.parts.iter().any(|plan| plan.part == rest) {
            // Rows that belong to another part now lie behind its cursor.
            self.parts.retain(|plan| !matches!(plan.part, Part::Rest(_)));
            self.parts.insert(0, PartPlan::new(rest, None, None));
        }
        self.parts.retain(|plan| match &plan.part {
            Part::Rest(_) => true,
            Part::Domain(domain) => apart.binary_search(&domain).is_ok(),
        });
        for domain in apart {
            let limit = limited.iter().find(|limit| limit.domain == *domain).map(DomainLimit::limit);
            let quota = slow.contains(domain).then_some(quota);
            let part = Part::Domain(domain.clone());
            match self.parts.iter_mut().find(|plan| plan.part == part) {
                Some(plan) => (plan.limit, plan.quota) = (limit, quota),
                None => self.parts.push(PartPlan::new(part, limit, quota)),
            }
        }
    }
}
