//! How fast a campaign goes, from looks at it: pure.

use std::collections::VecDeque;
use std::time::Duration;

/// What is remembered: long enough that a batch is not a jump, short enough that a change is seen.
const REMEMBERED: Duration = Duration::from_secs(10);
/// Two looks that are closer than this say nothing.
const SHORTEST: Duration = Duration::from_millis(500);

/// How many deliveries were through at each of the latest looks.
#[derive(Debug, Default)]
pub struct Speed {
    looks: VecDeque<(Duration, i64)>,
}

impl Speed {
    /// `at` counts from any fixed moment, and never goes back.
    pub fn note(&mut self, at: Duration, done: i64) {
        self.looks.push_back((at, done));
        while self.looks.get(1).is_some_and(|(second, _)| at.saturating_sub(*second) >= REMEMBERED) {
            self.looks.pop_front();
        }
    }

    /// Deliveries a second over the last ten seconds; none after a single look.
    pub fn rate(&self) -> Option<f64> {
        let ((first, before), (last, now)) = (self.looks.front()?, self.looks.back()?);
        let time = last.saturating_sub(*first);
        // Staff may have put some back into the queue.
        (time >= SHORTEST).then(|| (now - before).max(0) as f64 / time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_ten_seconds() {
        let mut speed = Speed::default();
        assert_eq!(speed.rate(), None);
        speed.note(Duration::ZERO, 1_000);
        assert_eq!(speed.rate(), None, "a look alone");
        for second in 1..=60 {
            speed.note(Duration::from_secs(second), 1_000 + i64::try_from(second).unwrap() * 50);
        }
        assert_eq!(speed.rate(), Some(50.0));
        assert_eq!(speed.looks.len(), 11);
        for second in 61..=70 {
            speed.note(Duration::from_secs(second), 4_000);
        }
        assert_eq!(speed.rate(), Some(0.0), "it stands still");
        speed.note(Duration::from_secs(71), 10);
        assert_eq!(speed.rate(), Some(0.0), "some were put back");
    }
}
