//! How long recipient domains take to answer. A slow one is claimed apart and holds at most a quarter of the connections.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Slow is a domain that takes longer than this …
const SLOW: Duration = Duration::from_secs(1);
/// … and so many times longer than the others: when all are slow, the mail server is.
const TIMES: u32 = 4;
/// It is no longer slow when it answers in less than this.
const QUICK: Duration = Duration::from_millis(500);
/// One mail that took long says little of its domain.
const FEWEST: usize = 3;
/// A slow domain to which nothing was sent for so long begins anew.
const FORGET: Duration = Duration::from_secs(60);
/// Each is a condition in every claim; with more than this it is the mail server that is slow.
const MOST_SLOW: usize = 16;
/// More domains than this are not kept in mind.
const MOST: usize = 5_000;

/// What is known of the domains, for all senders of the process.
pub struct Domains {
    known: Mutex<HashMap<String, Domain>>,
    /// How many connections a slow domain may hold.
    pub quota: usize,
}

#[derive(Default)]
struct Domain {
    took: Duration,
    replies: u32,
    slow: bool,
    /// When those that are on the wire began.
    begun: Vec<Instant>,
    last: Option<Instant>,
    load: Load,
}

/// What of a domain this process has in hand, whatever the campaign.
#[derive(Debug, Clone, Default)]
pub struct Load {
    /// Rows that were claimed for it apart.
    pub claimed: Arc<AtomicUsize>,
    /// Mails to it on the wire, however they were claimed.
    wire: Arc<AtomicUsize>,
}

impl Load {
    pub fn count(&self) -> usize {
        self.claimed.load(Ordering::SeqCst).max(self.wire.load(Ordering::SeqCst))
    }
}

impl Domain {
    fn mean(&self) -> Duration {
        self.took.checked_div(self.replies).unwrap_or_default()
    }
    /// The mean, or how long the longest wait has lasted already.
    fn pace(&self, now: Instant) -> Duration {
        self.begun.iter().map(|begun| now.saturating_duration_since(*begun)).max().unwrap_or_default().max(self.mean())
    }
    fn begin(&mut self, now: Instant) {
        self.begun.push(now);
        self.last = Some(now);
        self.load.wire.store(self.begun.len(), Ordering::SeqCst);
    }
    fn end(&mut self, begun: Instant, now: Instant) {
        if let Some(place) = self.begun.iter().position(|at| *at == begun) {
            self.begun.swap_remove(place);
        }
        self.last = Some(now);
        self.load.wire.store(self.begun.len(), Ordering::SeqCst);
        self.took += now.saturating_duration_since(begun);
        self.replies += 1;
        // The latest count most.
        if self.replies >= 64 {
            (self.took, self.replies) = (self.took / 2, self.replies / 2);
        }
    }
    fn is_forgotten(&self, now: Instant) -> bool {
        self.begun.is_empty() && self.last.is_none_or(|last| now.saturating_duration_since(last) >= FORGET)
    }
}

impl Domains {
    pub fn new(connections: usize) -> Self {
        Self { known: Mutex::default(), quota: (connections / 4).max(1) }
    }

    /// A mail to this domain is about to be sent; `false` when the domain holds as many connections as it may.
    pub fn enter(&self, domain: &str, now: Instant) -> bool {
        let mut known = self.lock();
        if let Some(domain) = known.get_mut(domain) {
            let free = !domain.slow || domain.begun.len() < self.quota;
            if free {
                domain.begin(now);
            }
            return free;
        }
        if known.len() >= MOST {
            known.retain(|_, domain| domain.slow || !domain.begun.is_empty());
        }
        known.entry(domain.to_owned()).or_default().begin(now);
        true
    }

    /// What is in hand of a domain, as it changes.
    pub fn load(&self, domain: &str) -> Load {
        self.lock().entry(domain.to_owned()).or_default().load.clone()
    }

    /// The mail waited for the one before it; it really begins now.
    pub fn begin_anew(&self, domain: &str, begun: Instant, now: Instant) {
        if let Some(domain) = self.lock().get_mut(domain)
            && let Some(at) = domain.begun.iter_mut().find(|at| **at == begun)
        {
            *at = now;
        }
    }

    /// The mail that was begun at that moment is settled.
    pub fn leave(&self, domain: &str, begun: Instant, now: Instant) {
        if let Some(domain) = self.lock().get_mut(domain) {
            domain.end(begun, now);
        }
    }

    /// Judges all of them anew; answers the slow ones, in order.
    pub fn review(&self, now: Instant) -> Vec<String> {
        let mut known = self.lock();
        let (took, replies) = known
            .values()
            .filter(|domain| !domain.slow)
            .fold((Duration::ZERO, 0), |(took, replies), domain| (took + domain.took, replies + domain.replies));
        let mut apart = known.values().filter(|domain| domain.slow).count();
        for (name, domain) in known.iter_mut() {
            let pace = domain.pace(now);
            if domain.slow {
                // Judged by replies: nothing waits while nothing is sent.
                domain.slow = pace >= QUICK && !domain.is_forgotten(now);
                if !domain.slow {
                    (domain.took, domain.replies, apart) = (Duration::ZERO, 0, apart.saturating_sub(1));
                }
                continue;
            }
            let seen = domain.begun.len() + usize::try_from(domain.replies).unwrap_or(usize::MAX);
            if pace > SLOW && seen >= FEWEST && apart < MOST_SLOW {
                let (others, n) = (took.saturating_sub(domain.took), replies.saturating_sub(domain.replies));
                domain.slow = others.checked_div(n).is_some_and(|mean| pace > mean * TIMES);
                if domain.slow {
                    apart += 1;
                    tracing::info!(domain = name, seconds = pace.as_secs_f64(), "this domain is slow: sent apart");
                }
            }
        }
        let mut slow: Vec<String> =
            known.iter().filter(|(_, domain)| domain.slow).map(|(name, _)| name.clone()).collect();
        slow.sort();
        slow
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Domain>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_domain_is_told_from_a_slow_server() {
        let (domains, start) = (Domains::new(8), Instant::now());
        let at = |millis| start + Duration::from_millis(millis);
        for n in 0..20 {
            assert!(domains.enter("quick.org", at(n)));
            domains.leave("quick.org", at(n), at(n + 20));
        }
        for _ in 0..8 {
            assert!(domains.enter("slow.org", at(0)));
        }
        assert!(domains.review(at(900)).is_empty());
        assert_eq!(domains.review(at(1200)), ["slow.org"], "before its first reply");
        assert!(!domains.enter("slow.org", at(1200)), "it holds more than its share");
        for _ in 0..8 {
            domains.leave("slow.org", at(0), at(3000));
        }
        assert!(domains.enter("slow.org", at(3000)) && domains.enter("slow.org", at(3000)));
        assert!(!domains.enter("slow.org", at(3000)), "a quarter of eight");
        drop(domains);
        // One reader's long wait is not the domain's, and what was slow long ago is asked anew.
        let domains = Domains::new(8);
        for n in 0..20 {
            assert!(domains.enter("quick.org", at(n)));
            domains.leave("quick.org", at(n), at(n + 20));
        }
        assert!(domains.enter("small.org", at(0)));
        domains.leave("small.org", at(0), at(1500));
        assert!(domains.review(at(1600)).is_empty());
        for n in 1..3 {
            assert!(domains.enter("small.org", at(n)));
            domains.leave("small.org", at(n), at(1500));
        }
        assert_eq!(domains.review(at(1700)), ["small.org"]);
        assert_eq!(domains.review(at(60_000)), ["small.org"]);
        assert!(domains.review(at(61_501)).is_empty());
        // All slow: nobody is.
        let domains = Domains::new(8);
        for name in ["a.org", "b.org"].repeat(3) {
            assert!(domains.enter(name, at(0)));
            domains.leave(name, at(0), at(4000));
        }
        assert!(domains.review(at(5000)).is_empty());
    }
}
