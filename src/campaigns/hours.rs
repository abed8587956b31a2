//! Whether sending hours are open at an instant, and when they open next: pure.
//!
//! They are open by what the clock on the wall shows. Where clocks go forward, hours that begin in what is skipped begin
//! when it is over; where they go back, an hour that happens twice counts twice.

use std::collections::HashMap;

use chrono::{Datelike, Duration, Offset, TimeZone, Timelike};
use chrono_tz::Tz;

use crate::organisation::SendingHours;
use crate::values::{At, DeliveryId};

/// Said of a delivery that waits. It is also found by this, when the campaign gets other hours.
pub const OUTSIDE: &str = "outside of the reader’s sending hours";

/// Hours of one day a week open after seven days, or after fourteen if the clocks skip them once.
const FURTHEST: Duration = Duration::days(15);
/// Mails whose hours begin at the same moment are spread over so long, so that they do not come all at once.
const SPREAD: Duration = Duration::minutes(10);

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;

pub fn is_open(hours: &SendingHours, at: At, zone: Tz) -> bool {
    closed_for(hours, at, zone).is_none()
}

/// The first moment from `now` on at which they are open: `now` itself while they are. Hours that never open (no day:
/// forms refuse that) are to be looked at again after a fortnight.
pub fn next_opening(hours: &SendingHours, now: At, zone: Tz) -> At {
    let (mut at, end) = (now, now + FURTHEST);
    while at < end {
        let Some(wait) = closed_for(hours, at, zone) else { return at };
        let next = at + wait;
        at = change_of_clocks(at, next, zone).unwrap_or(next);
    }
    end
}

/// How long they stay closed for certain, if the clocks are not changed meanwhile; none while they are open.
fn closed_for(hours: &SendingHours, at: At, zone: Tz) -> Option<Duration> {
    let local = at.0.with_timezone(&zone);
    let time = local.time();
    let time = i64::from(time.num_seconds_from_midnight()) * SECOND + i64::from(time.nanosecond() / 1000);
    let (from, until) = (hours.from * MINUTE, hours.until * MINUTE);
    let today = hours.days.contains(&local.weekday()) && time < until;
    match today {
        true if time >= from => None,
        true => Some(Duration::microseconds(from - time)),
        false => Some(Duration::microseconds(24 * 60 * MINUTE - time)),
    }
}

/// When between the two, at most a day apart, the clocks are changed.
fn change_of_clocks(from: At, to: At, zone: Tz) -> Option<At> {
    let offset = |second: i64| {
        let at = At::from_micros(second * SECOND).0.naive_utc();
        zone.offset_from_utc_datetime(&at).fix().local_minus_utc()
    };
    let (mut before, mut after) = (from.micros().div_euclid(SECOND), to.micros().div_euclid(SECOND));
    let old = offset(before);
    if offset(after) == old {
        return None;
    }
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        match offset(middle) == old {
            true => before = middle,
            false => after = middle,
        }
    }
    Some(At::from_micros(after * SECOND))
}

/// The organisation's hours wherever readers are, at one moment: each zone is worked out once.
pub struct Everywhere<'a> {
    hours: &'a SendingHours,
    /// For readers of whom no zone is known.
    home: Tz,
    now: At,
    /// When they open; none where they are open.
    known: HashMap<String, Option<At>>,
}

impl<'a> Everywhere<'a> {
    pub fn new(hours: &'a SendingHours, home: Tz, now: At) -> Self {
        Self { hours, home, now, known: HashMap::new() }
    }

    /// When the mail may go to a reader in this zone (an IANA name); none for now.
    pub fn later(&mut self, zone: &str, delivery: DeliveryId) -> Option<At> {
        let opening = match self.known.get(zone) {
            Some(known) => *known,
            None => {
                let opening = next_opening(self.hours, self.now, zone.parse().unwrap_or(self.home));
                let opening = (opening > self.now).then_some(opening);
                self.known.insert(zone.to_owned(), opening);
                opening
            }
        };
        opening.map(|at| at + self.spread(delivery))
    }

    /// The same for each try, and never beyond the hours' middle.
    fn spread(&self, delivery: DeliveryId) -> Duration {
        let half = (self.hours.until - self.hours.from) * 60_000 / 2;
        let width = SPREAD.num_milliseconds().min(half).max(1);
        Duration::milliseconds((delivery.0.wrapping_mul(2_654_435_761) >> 7).rem_euclid(width))
    }
}

#[cfg(test)]
#[path = "hours_tests.rs"]
mod tests;
