//! Business days, as banks without a calendar of ours count them: Monday to Friday. Holidays are not known here; the window
//! of the rule is wide enough for them.

use chrono::{Datelike, Weekday};

use crate::values::Day;

fn works(day: Day) -> bool {
    !matches!(day.0.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The business day that many business days later, or earlier when negative.
pub(super) fn business_days(day: Day, count: i64) -> Day {
    let step = count.signum();
    let (mut day, mut left) = (day, count.abs());
    while left > 0 {
        day = day.plus(step);
        if works(day) {
            left -= 1;
        }
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_the_weekend() {
        let day = |text: &str| Day::parse(text).unwrap();
        // 2026-11-20 is a Friday.
        for (from, count, to) in [
            ("2026-11-20", 1, "2026-11-23"),
            ("2026-11-20", 5, "2026-11-27"),
            ("2026-11-23", -1, "2026-11-20"),
            ("2026-11-21", -1, "2026-11-20"),
            ("2026-11-22", 1, "2026-11-23"),
            ("2026-11-24", 0, "2026-11-24"),
        ] {
            assert_eq!(business_days(day(from), count), day(to), "{from} {count}");
        }
    }
}
