//! Sending hours through a year of changed clocks.

use std::collections::HashSet;

use chrono_tz::{Africa, America, Asia, Australia, Europe, Pacific};
use proptest::prelude::*;

use super::*;

const ALL: &str = "1,2,3,4,5,6,7";

fn at(text: &str) -> At {
    At(text.parse().unwrap())
}

fn next(hours: (i64, i64, &str), now: &str, zone: Tz) -> String {
    next_opening(&SendingHours::of(hours.0, hours.1, hours.2), at(now), zone).rfc3339()
}

#[test]
fn ordinary_days() {
    let office = (480, 1200, "1,2,3,4,5");
    let berlin = Europe::Berlin;
    // Friday the 20th of November 2026; Berlin is an hour ahead.
    assert_eq!(next(office, "2026-11-20T06:59:59Z", berlin), "2026-11-20T07:00:00Z");
    assert_eq!(next(office, "2026-11-20T07:00:00Z", berlin), "2026-11-20T07:00:00Z");
    assert_eq!(next(office, "2026-11-20T18:59:59Z", berlin), "2026-11-20T18:59:59Z");
    assert_eq!(next(office, "2026-11-20T19:00:00Z", berlin), "2026-11-23T07:00:00Z", "on Monday");
    assert_eq!(next((0, 1440, ALL), "2026-11-20T19:00:00Z", berlin), "2026-11-20T19:00:00Z");
    assert_eq!(next((600, 660, "5"), "2026-11-20T10:00:00Z", berlin), "2026-11-27T09:00:00Z", "a week later");
    assert_eq!(next((480, 1200, ""), "2026-11-20T10:00:00Z", berlin), "2026-12-05T10:00:00Z", "never");
}

#[test]
fn clocks_that_go_forward_and_back() {
    let berlin = Europe::Berlin;
    // On 2026-03-29 at 01:00Z two o'clock becomes three.
    assert_eq!(next((480, 1200, ALL), "2026-03-28T20:00:00Z", berlin), "2026-03-29T06:00:00Z");
    assert_eq!(next((150, 1200, ALL), "2026-03-29T00:00:00Z", berlin), "2026-03-29T01:00:00Z", "when it is over");
    assert_eq!(next((130, 170, ALL), "2026-03-29T00:00:00Z", berlin), "2026-03-30T00:10:00Z", "skipped that day");
    assert_eq!(next((130, 170, "7"), "2026-03-22T02:00:00Z", berlin), "2026-04-05T00:10:00Z", "skipped that week");
    // On 2026-10-25 at 01:00Z three o'clock becomes two.
    assert_eq!(
        next((150, 1200, ALL), "2026-10-24T20:00:00Z", berlin),
        "2026-10-25T00:30:00Z",
        "the first half past two"
    );
    assert!(!is_open(&SendingHours::of(150, 1200, ALL), at("2026-10-25T01:10:00Z"), berlin), "ten past two once more");
    assert_eq!(next((150, 1200, ALL), "2026-10-25T01:10:00Z", berlin), "2026-10-25T01:30:00Z");
    assert_eq!(next((60, 150, ALL), "2026-10-25T00:40:00Z", berlin), "2026-10-25T01:00:00Z", "two o'clock again");
    assert_eq!(next((480, 1200, ALL), "2026-10-24T20:00:00Z", berlin), "2026-10-25T07:00:00Z");
    // Midnight itself is skipped in Cairo; half an hour on Lord Howe; a whole Friday in Samoa.
    assert_eq!(next((0, 60, ALL), "2026-04-23T21:59:00Z", Africa::Cairo), "2026-04-24T21:00:00Z");
    assert_eq!(next((0, 90, "5"), "2026-04-23T21:00:00Z", Africa::Cairo), "2026-04-23T22:00:00Z");
    assert_eq!(next((125, 200, ALL), "2026-10-03T15:00:00Z", Australia::Lord_Howe), "2026-10-03T15:30:00Z");
    assert_eq!(next((480, 1200, "5"), "2011-12-29T20:00:00Z", Pacific::Apia), "2012-01-05T18:00:00Z");
}

#[test]
fn readers_everywhere() {
    let hours = SendingHours::of(480, 1200, ALL);
    // 03:30 in UTC: morning in Almaty (+5), night in Berlin (+1).
    let now = at("2026-11-20T03:30:00Z");
    let mut everywhere = Everywhere::new(&hours, Europe::Berlin, now);
    assert_eq!(everywhere.later("Asia/Almaty", DeliveryId(1)), None);
    let opening = at("2026-11-20T07:00:00Z");
    let times: HashSet<At> = (0..500).filter_map(|id| everywhere.later("Europe/Berlin", DeliveryId(id))).collect();
    assert!(times.len() > 400, "they do not come all at once: {}", times.len());
    assert!(times.iter().all(|at| *at >= opening && *at < opening + Duration::minutes(10)));
    assert_eq!(everywhere.later("", DeliveryId(7)), everywhere.later("Europe/Berlin", DeliveryId(7)), "as at home");
    assert_eq!(everywhere.later("Mars/Base", DeliveryId(7)), everywhere.later("Europe/Berlin", DeliveryId(7)));
    let short = SendingHours::of(480, 481, ALL);
    let mut everywhere = Everywhere::new(&short, Europe::Berlin, now);
    let inside = |id| is_open(&short, everywhere.later("", DeliveryId(id)).unwrap(), Europe::Berlin);
    assert!((0..500).all(inside), "a minute is enough");
}

proptest! {
    #[test]
    fn the_next_opening_is_the_next(
        zone in prop::sample::select(vec![
            Europe::Berlin, America::New_York, America::St_Johns, America::Santiago, Australia::Lord_Howe, Asia::Almaty,
            Asia::Kathmandu, Asia::Beirut, Africa::Casablanca, Africa::Cairo, Pacific::Chatham, Tz::UTC,
        ]),
        micros in 1_262_304_000_000_000_i64..2_114_380_800_000_000,
        (from, length) in (0_i64..1440, 1_i64..=1440),
        days in prop::sample::subsequence(vec!["1", "2", "3", "4", "5", "6", "7"], 1..=7),
    ) {
        let hours = SendingHours::of(from, (from + length).min(1440), &days.join(","));
        let now = At::from_micros(micros);
        let next = next_opening(&hours, now, zone);
        prop_assert!(next >= now);
        prop_assert!(is_open(&hours, next, zone), "{}", next.rfc3339());
        prop_assert_eq!(next == now, is_open(&hours, now, zone));
        let week = if hours.until - hours.from > 180 { 8 } else { 15 };
        prop_assert!(next - now <= Duration::days(week), "{}", next.rfc3339());
        let span = (next - now).num_microseconds().unwrap();
        for step in 0..500 {
            let between = now + Duration::microseconds(span / 500 * step);
            prop_assert!(between >= next || !is_open(&hours, between, zone), "{}", between.rfc3339());
        }
        if next > now {
            prop_assert!(!is_open(&hours, next - Duration::microseconds(1), zone));
        }
    }
}
