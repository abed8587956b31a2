//! A token bucket of one process: `PLEDGEPOST_SEND_RATE` mails a second, with at most one second's worth saved up.

use std::time::Instant;

pub struct Bucket {
    /// Mails a second; 0 is no limit.
    rate: f64,
    tokens: f64,
    last: Instant,
}

impl Bucket {
    pub fn new(rate: u32) -> Self {
        Self { rate: f64::from(rate), tokens: f64::from(rate.min(1)), last: Instant::now() }
    }
    pub fn is_unlimited(&self) -> bool {
        self.rate == 0.0
    }
    /// How many of `wanted` may go now.
    pub fn room(&mut self, wanted: usize) -> usize {
        self.room_at(wanted, Instant::now())
    }
    fn room_at(&mut self, wanted: usize, now: Instant) -> usize {
        if self.is_unlimited() {
            return wanted;
        }
        let passed = now.saturating_duration_since(self.last).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate).min(self.rate.max(1.0));
        self.last = now;
        (0..wanted).take_while(|n| f64::from(u32::try_from(*n).unwrap_or(u32::MAX)) + 1.0 <= self.tokens).count()
    }
    pub fn take(&mut self, count: usize) {
        if !self.is_unlimited() {
            self.tokens -= f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_rate_is_a_rate_of_the_clock() {
        let start = Instant::now();
        let mut bucket = Bucket { rate: 5.0, tokens: 0.0, last: start };
        let mut sent = 0;
        for tenth in 1..=100 {
            let room = bucket.room_at(250, start + Duration::from_millis(tenth * 100));
            bucket.take(room);
            sent += room;
        }
        assert_eq!(sent, 50, "ten seconds at five a second");
        assert_eq!(Bucket::new(0).room(250), 250);
    }
}
