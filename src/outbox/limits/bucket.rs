//! The arithmetic of one bucket, in whole numbers: tokens in millionths of a mail, times in microseconds.

use super::{Amount, Limit};

/// One mail in tokens.
pub const MAIL: i64 = 1_000_000;
/// How long a block that a node took may be spent, in microseconds. With as much in the bucket it makes the second by
/// which mail may run ahead of its rate.
pub const FRESH: i64 = 500_000;
/// No limit is higher: with it, no sum below overflows.
const MOST_PER_MINUTE: i64 = 600_000_000;

/// A row of `send_buckets`: what was in it at a time of the database's clock. For a warm-up: what is left of that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    pub tokens: i64,
    pub filled_at: i64,
}

impl Bucket {
    /// One that nobody took from yet: it is full.
    pub fn fresh(limit: &Limit, now: i64) -> Self {
        Self { tokens: capacity(limit, now), filled_at: now }
    }

    /// What is in it at `now`.
    pub fn filled(self, limit: &Limit, now: i64) -> Self {
        match limit.amount {
            Amount::PerMinute(rate) => {
                // A clock that was set back gives nothing and takes nothing.
                let passed = (now - self.filled_at).max(0);
                let tokens = self.tokens.saturating_add(worth(rate, passed)).min(capacity(limit, now));
                Self { tokens, filled_at: now }
            }
            Amount::Warmup(_) if day(now) > day(self.filled_at) => Self::fresh(limit, now),
            Amount::Warmup(_) => Self { tokens: self.tokens.min(capacity(limit, now)), ..self },
        }
    }

    /// Puts back what was taken at `taken_at` and not spent. The bucket then holds no more than if it had never been taken:
    /// what came in meanwhile could have overflowed.
    pub fn give_back(self, limit: &Limit, tokens: i64, taken_at: i64, now: i64) -> Self {
        let worth = match limit.amount {
            Amount::PerMinute(rate) => tokens - worth(rate, (now - taken_at).max(0)),
            Amount::Warmup(_) if day(taken_at) == day(self.filled_at) => tokens,
            Amount::Warmup(_) => 0,
        };
        let tokens = self.tokens.saturating_add(worth.max(0)).min(capacity(limit, now));
        Self { tokens, ..self }
    }
}

/// Most that a bucket holds: half a second's worth, at least one mail; for a warm-up, a day's.
pub fn capacity(limit: &Limit, now: i64) -> i64 {
    match limit.amount {
        Amount::PerMinute(rate) => worth(rate, FRESH).max(MAIL),
        Amount::Warmup(warmup) => warmup.allowance(now).saturating_mul(MAIL),
    }
}

/// What a node takes at a time, if it can make use of it: a quarter of a second's worth, so that others find some too.
pub fn block(limit: &Limit) -> i64 {
    match limit.amount {
        Amount::PerMinute(rate) => worth(rate, FRESH / 2).max(MAIL),
        // It does not fill up again today: no more than what is wanted.
        Amount::Warmup(_) => MAIL,
    }
}

/// Tokens that a rate gives in so many microseconds: 1 a minute is a millionth of a mail in 60 µs.
fn worth(per_minute: i64, micros: i64) -> i64 {
    // A day is longer than any bucket takes to fill.
    per_minute.clamp(0, MOST_PER_MINUTE).saturating_mul(micros.min(86_400_000_000)) / 60
}

/// Days since 1970 in UTC.
pub fn day(micros: i64) -> i64 {
    micros.div_euclid(86_400_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::limits::Key;

    #[test]
    fn fills_at_its_rate_and_no_further() {
        let limit = Limit::new(Key::All, 1200);
        let empty = Bucket { tokens: 0, filled_at: 0 };
        assert_eq!(empty.filled(&limit, 100_000).tokens, 2 * MAIL, "20 a second, a tenth of a second");
        assert_eq!(empty.filled(&limit, 3_600_000_000).tokens, 10 * MAIL, "half a second's worth");
        assert_eq!(Bucket { tokens: 7, filled_at: 500 }.filled(&limit, 100).tokens, 7, "a clock that was set back");
        let slow = Limit::new(Key::All, 1);
        assert_eq!(empty.filled(&slow, 59_999_940).tokens, MAIL - 1);
        assert_eq!(empty.filled(&slow, 60_000_000).tokens, MAIL);
        assert_eq!(empty.filled(&slow, i64::MAX).tokens, MAIL);
        assert_eq!(empty.filled(&Limit::new(Key::All, i64::MAX), i64::MAX).tokens, 5_000_000 * MAIL);
    }

    #[test]
    fn what_comes_back_late_is_worth_less() {
        let limit = Limit::new(Key::All, 1200);
        let bucket = Bucket { tokens: 0, filled_at: 250_000 };
        assert_eq!(bucket.give_back(&limit, 10 * MAIL, 250_000, 250_000).tokens, 10 * MAIL);
        assert_eq!(bucket.give_back(&limit, 10 * MAIL, 0, 250_000).tokens, 5 * MAIL);
        assert_eq!(bucket.give_back(&limit, 10 * MAIL, 0, 500_000).tokens, 0);
    }
}
