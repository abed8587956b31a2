//! What follows from a reply: pure rules, no clock and no database.

use std::collections::VecDeque;

use chrono::Duration;

use super::explain;
use crate::values::{At, DeliveryId};

/// A row that is this old is given up when it is refused again (RFC 5321, section 4.5.4.1 asks for 4 to 5 days for ordinary
/// mail; a newsletter is stale sooner) …
const GIVE_UP: Duration = Duration::hours(72);
/// … but not before this many attempts: a campaign may have been paused for days before its first.
const FEWEST_ATTEMPTS: i64 = 8;

/// When to try again after the `attempt`-th attempt (from 1): growing waits, spread so that a crowd does not come back at once.
/// `None` when the time for this mail is over.
pub fn next_try(id: DeliveryId, attempt: i64, lost_line: bool, created: At, now: At) -> Option<At> {
    if now - created >= GIVE_UP && attempt >= FEWEST_ATTEMPTS {
        return None;
    }
    let base = match (attempt, lost_line) {
        // The line broke, nobody said "later": try soon.
        (..=1, true) => 10,
        (..=1, false) => 60,
        (2, _) => 5 * 60,
        (3, _) => 15 * 60,
        (4, _) => 30 * 60,
        (5, _) => 60 * 60,
        _ => 2 * 60 * 60,
    };
    // 80 % to 120 %, from the row's own number: no random source, the same in a test as in life.
    let spread = (id.0.wrapping_mul(2_654_435_761).wrapping_add(attempt.wrapping_mul(40_503)) >> 7).rem_euclid(41) + 80;
    Some(now + Duration::milliseconds(base * 10 * spread))
}

/// How long a mail server is left alone after its `failures`-th failure in a row: 1 s, 2 s, 4 s … 5 min.
pub fn server_wait(failures: u32) -> Duration {
    Duration::seconds(2_i64.saturating_pow(failures.saturating_sub(1)).min(300))
}

/// Watches how many of a campaign's latest mails were refused.
#[derive(Debug, Default)]
pub struct FailureRate {
    latest: VecDeque<bool>,
}

impl FailureRate {
    /// So many must have been answered before a share means anything.
    const ENOUGH: usize = 50;
    const LATEST: usize = 200;

    pub fn note(&mut self, refused: bool) {
        self.latest.push_back(refused);
        if self.latest.len() > Self::LATEST {
            self.latest.pop_front();
        }
    }
    /// Above a quarter of the latest answers something is wrong with the list, the content or the server.
    pub fn is_raised(&self) -> Option<String> {
        let refused = self.latest.iter().filter(|refused| **refused).count();
        (self.latest.len() >= Self::ENOUGH && refused * 4 > self.latest.len())
            .then(|| format!("{refused} of the latest {}{}", self.latest.len(), explain::REFUSALS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_are_spread_and_end() {
        let created = At::from_micros(1_700_000_000_000_000);
        let mut last = Duration::zero();
        for attempt in 1..=6 {
            let wait = next_try(DeliveryId(7), attempt, false, created, created).unwrap() - created;
            assert!(wait > last, "attempt {attempt}");
            last = wait;
        }
        let waits: std::collections::HashSet<_> =
            (0..100).map(|id| next_try(DeliveryId(id), 1, false, created, created).unwrap()).collect();
        assert!(waits.len() > 20);
        assert!(waits.iter().all(|at| (48..=72).contains(&(*at - created).num_seconds())));
        assert_eq!(next_try(DeliveryId(7), 8, false, created, created + GIVE_UP), None);
        assert!(next_try(DeliveryId(7), 1, false, created, created + GIVE_UP).is_some(), "paused for days, tried once");
        assert_eq!(server_wait(1), Duration::seconds(1));
        assert_eq!(server_wait(60), Duration::seconds(300));
    }

    #[test]
    fn a_raised_rate_needs_enough_answers() {
        let mut rate = FailureRate::default();
        for _ in 0..49 {
            rate.note(true);
        }
        assert_eq!(rate.is_raised(), None);
        rate.note(true);
        assert!(rate.is_raised().is_some());
        let mut rate = FailureRate::default();
        for n in 0..1000 {
            rate.note(n % 5 == 0);
        }
        assert_eq!(rate.is_raised(), None, "a fifth is still a list with old addresses");
    }
}
