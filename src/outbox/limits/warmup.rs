//! The warm-up of a new mail server: mailbox providers throttle or refuse an address that nobody knows and that sends
//! much at once, so it begins small and doubles daily.

use chrono::{NaiveTime, TimeDelta};

use crate::values::{At, Day};

/// Mails on the first day. The big providers' advice lies between 50 and 500; each day twice as many is the usual pace.
const FIRST_DAY: i64 = 200;

/// Since when a mail server is warmed up. Days are those of UTC by the database's clock: one and the same for all nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warmup {
    pub first_day: Day,
}

impl Warmup {
    /// After so many days a server counts as known. (By then the allowance is above what anybody sends.)
    pub const DAYS: i64 = 30;

    /// How many mails the server may send on the day of `now` (microseconds since 1970): 0 before its first day.
    pub fn allowance(self, now: i64) -> i64 {
        match self.day(At::from_micros(now)) {
            ..1 => 0,
            day if day > Self::DAYS => i64::MAX,
            day => FIRST_DAY << (day - 1),
        }
    }

    /// Which day of the warm-up it is, from 1; 0 and less before it.
    pub fn day(self, now: At) -> i64 {
        (now.0.date_naive() - self.first_day.0).num_days() + 1
    }

    pub fn is_over(self, now: At) -> bool {
        self.day(now) > Self::DAYS
    }

    /// When there is a new allowance: the next midnight of UTC, or the beginning of the first day.
    pub fn next(self, now: At) -> At {
        let tomorrow = (now.0 + TimeDelta::days(1)).date_naive().max(self.first_day.0);
        At(tomorrow.and_time(NaiveTime::MIN).and_utc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_daily_and_ends() {
        let warmup = Warmup { first_day: Day::parse("2026-12-01").unwrap() };
        let on = |text: &str| warmup.allowance(At(text.parse().unwrap()).micros());
        assert_eq!(on("2026-11-30T23:59:59Z"), 0);
        assert_eq!(on("2026-12-01T00:00:00Z"), 200);
        assert_eq!(on("2026-12-02T12:00:00Z"), 400);
        assert_eq!(on("2026-12-10T12:00:00Z"), 102_400);
        assert_eq!(on("2026-12-30T23:59:59Z"), 200 << 29);
        assert_eq!(on("2026-12-31T00:00:00Z"), i64::MAX);
        let next = |text: &str| warmup.next(At(text.parse().unwrap())).rfc3339();
        assert_eq!(next("2026-11-01T10:00:00Z"), "2026-12-01T00:00:00Z");
        assert_eq!(next("2026-12-05T10:00:00Z"), "2026-12-06T00:00:00Z");
    }
}
