//! How long recipient domains take to answer. A slow one is claimed apart and holds at most a quarter of the connections.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Slow is a domain that takes longer than this …
const SLOW: Duration = Duration::from_secs(1);
/// … and so many times longer than the others: when all are slow, the mail server is.
const TIMES: u32 = 4;
/// It is no longer slow when it answers in less than this.
const QUICK: Duration = Duration::from_millis(500);
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
}

impl Domain {
    fn mean(&self) -> Duration {
        self.took.checked_div(self.replies).unwrap_or_default()
    }
    /// The mean, or how long the longest wait has lasted already.
    fn pace(&self, now: Instant) -> Duration {
        self.begun.iter().map(|begun| now.saturating_duration_since(*begun)).max().unwrap_or_default().max(self.mean())
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
                domain.begun.push(now);
            }
            return free;
        }
        if known.len() >= MOST {
            known.retain(|_, domain| domain.slow || !domain.begun.is_empty());
        }
        known.insert(domain.to_owned(), Domain { begun: vec![now], ..Domain::default() });
        true
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
            if let Some(place) = domain.begun.iter().position(|at| *at == begun) {
                domain.begun.swap_remove(place);
            }
            domain.took += now.saturating_duration_since(begun);
            domain.replies += 1;
            // The latest count most.
            if domain.replies >= 64 {
                (domain.took, domain.replies) = (domain.took / 2, domain.replies / 2);
            }
        }
    }

    /// Judges all of them anew; answers the slow ones, in order.
    pub fn review(&self, now: Instant) -> Vec<String> {
        let mut known = self.lock();
        let (took, replies) = known
            .values()
            .filter(|domain| !domain.slow)
            .fold((Duration::ZERO, 0), |(took, replies), domain| (took + domain.took, replies + domain.replies));
        for (name, domain) in known.iter_mut() {
            let pace = domain.pace(now);
            if domain.slow {
                // Judged by replies alone: nothing waits while nothing is sent.
                domain.slow = pace >= QUICK;
            } else if pace > SLOW {
                let (others, n) = (took.saturating_sub(domain.took), replies.saturating_sub(domain.replies));
                domain.slow = others.checked_div(n).is_some_and(|mean| pace > mean * TIMES);
                if domain.slow {
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
        // All slow: nobody is.
        let domains = Domains::new(8);
        for name in ["a.org", "b.org"] {
            assert!(domains.enter(name, at(0)));
            domains.leave(name, at(0), at(4000));
        }
        assert!(domains.review(at(5000)).is_empty());
    }
}
