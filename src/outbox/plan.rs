//! What to claim from next: open campaigns in turn, each with its parts.
//!
//! A batch comes from one part, the next batch from the next: a campaign of a million does not hold up one of ten.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Lane;
use super::claim::Part;
use super::domains::{Domains, Load};
use super::limits::{DomainLimit, Limit};
use super::source::Source;

/// A claim that finds little may have looked at a million rows of other domains. It is not repeated before this many times as
/// long as it took, for each part of the campaign: looking in vain takes at most a tenth of the engine's time.
const REST: u32 = 10;
/// But never longer than this.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// A campaign that is open.
pub struct LanePlan {
    pub lane: Lane,
    /// Lowered when it is paused or cancelled.
    pub open: Arc<AtomicBool>,
    /// Rows of it that this process holds.
    pub held: Arc<AtomicUsize>,
    pub parts: Vec<PartPlan>,
    /// Why nothing is claimed of it for a while.
    pub trouble: Arc<Trouble>,
    /// Rows that wait for their first attempt.
    pub source: Source,
}

/// Mails that cannot be prepared: they are tried again after growing waits, not at once.
#[derive(Debug, Default)]
pub struct Trouble(Mutex<(u32, Option<Instant>)>);

impl Trouble {
    /// Whether a batch could not be prepared.
    pub fn note(&self, failed: bool, now: Instant) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = match failed {
            true => (state.0.saturating_add(1), Some(now + Duration::from_secs(1 << state.0.min(6)))),
            false => (0, None),
        };
    }
    pub fn holds(&self, now: Instant) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.is_some_and(|until| until > now)
    }
}

/// A part of a campaign.
pub struct PartPlan {
    pub part: Part,
    pub limit: Option<Limit>,
    /// How many rows may be held at once: a slow domain's share of the connections.
    pub quota: Option<usize>,
    /// What is held of this domain, whatever the campaign.
    pub load: Load,
    /// Nothing waits for its first attempt: nothing to do until the next look.
    pub done: bool,
    /// Rows wait whose time has come.
    pub due: bool,
    /// Until when it is not worth looking again for rows that are due.
    rest: Option<Instant>,
}

impl PartPlan {
    fn new(part: Part, limit: Option<Limit>, quota: Option<usize>, load: Load) -> Self {
        let done = matches!(part, Part::Domain(_));
        Self { part, limit, quota, load, done, due: false, rest: None }
    }
    /// How many rows may be claimed of it beside those that are held.
    pub fn room(&self, wanted: usize) -> usize {
        self.quota.map_or(wanted, |quota| wanted.min(quota.saturating_sub(self.load.count())))
    }
    /// A claim of rows that are due found fewer than asked for, or not, after `took`.
    pub fn found_due(&mut self, short: bool, took: Duration, (now, parts): (Instant, usize)) {
        let rest = took.saturating_mul(REST).saturating_mul(u32::try_from(parts).unwrap_or(1)).min(LONGEST_REST);
        self.due = !short;
        self.rest = short.then(|| now + rest);
    }
    /// What waits for its first attempt is drawn by the rest of the campaign, which sets aside what is a domain's.
    fn look(&mut self, due: bool, now: Instant) {
        self.done = matches!(self.part, Part::Domain(_));
        self.due = due && self.rest.is_none_or(|until| until <= now);
    }
}

#[derive(Default)]
pub struct Plan {
    pub lanes: Vec<LanePlan>,
    turn: usize,
}

impl Plan {
    /// Takes over which campaigns are open (and whether rows of each wait whose time has come), which domains are limited
    /// and which are slow. Answers what was in store of campaigns that were closed.
    pub fn look(
        &mut self,
        open: &[(Lane, bool)],
        limited: &[DomainLimit],
        (slow, domains): (&[String], &Domains),
        now: Instant,
    ) -> Vec<Source> {
        let mut closed = Vec::new();
        self.lanes.retain_mut(|plan| {
            let stays = open.iter().any(|(lane, _)| lane.campaign == plan.lane.campaign);
            if !stays {
                plan.open.store(false, Ordering::SeqCst);
                closed.push(std::mem::take(&mut plan.source));
            }
            stays
        });
        for (lane, due) in open {
            let known = self.lanes.iter().position(|plan| plan.lane.campaign == lane.campaign);
            let place = known.unwrap_or_else(|| {
                let (open, held) = (Arc::new(AtomicBool::new(true)), Arc::default());
                let (parts, trouble) = (Vec::new(), Arc::default());
                self.lanes.push(LanePlan { lane: *lane, open, held, parts, trouble, source: Source::default() });
                self.lanes.len() - 1
            });
            if let Some(plan) = self.lanes.get_mut(place) {
                plan.lane = *lane;
                plan.divide(limited, slow, domains);
                plan.parts.iter_mut().for_each(|part| part.look(*due, now));
            }
        }
        closed
    }

    /// The next part to claim from: places of lane and part.
    pub fn next(&mut self, wanted: usize, now: Instant) -> Option<(usize, usize)> {
        let all: Vec<(usize, usize)> = self
            .lanes
            .iter()
            .enumerate()
            .filter(|(_, plan)| !plan.trouble.holds(now))
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

    pub fn lane_mut(&mut self, (lane, _): (usize, usize)) -> Option<&mut LanePlan> {
        self.lanes.get_mut(lane)
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
    fn divide(&mut self, limited: &[DomainLimit], slow: &[String], domains: &Domains) {
        let mut apart: Vec<&String> = limited.iter().map(|limit| &limit.domain).chain(slow).collect();
        apart.sort();
        apart.dedup();
        let rest = Part::Rest(apart.iter().map(|domain| (*domain).clone()).collect());
        if !self.parts.iter().any(|plan| plan.part == rest) {
            self.parts.retain(|plan| !matches!(plan.part, Part::Rest(_)));
            self.parts.insert(0, PartPlan::new(rest, None, None, Load::default()));
        }
        self.parts.retain(|plan| match &plan.part {
            Part::Rest(_) => true,
            Part::Domain(domain) => apart.binary_search(&domain).is_ok(),
        });
        for domain in apart {
            let limit = limited.iter().find(|limit| limit.domain == *domain).map(DomainLimit::limit);
            let quota = slow.contains(domain).then_some(domains.quota);
            let part = Part::Domain(domain.clone());
            match self.parts.iter_mut().find(|plan| plan.part == part) {
                Some(plan) => (plan.limit, plan.quota, plan.load) = (limit, quota, domains.load(domain)),
                None => self.parts.push(PartPlan::new(part, limit, quota, domains.load(domain))),
            }
        }
    }
}
