//! Sending hours: when campaigns may go out, as the organisation sets them. What they mean at an instant is for campaigns.

use chrono::Weekday;

use crate::error::Problems;

/// Minutes of a day.
const DAY: i64 = 24 * 60;
const NAMES: [(Weekday, &str, &str); 7] = [
    (Weekday::Mon, "Mon", "Monday"),
    (Weekday::Tue, "Tue", "Tuesday"),
    (Weekday::Wed, "Wed", "Wednesday"),
    (Weekday::Thu, "Thu", "Thursday"),
    (Weekday::Fri, "Fri", "Friday"),
    (Weekday::Sat, "Sat", "Saturday"),
    (Weekday::Sun, "Sun", "Sunday"),
];

/// From a minute until before another, on some days of the week. They end at midnight at the latest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendingHours {
    /// Minutes after midnight.
    pub from: i64,
    /// Minutes after midnight; 1440 is its end.
    pub until: i64,
    pub days: Vec<Weekday>,
}

impl SendingHours {
    /// As the columns hold them; 1 is Monday.
    pub fn of(from: i64, until: i64, days: &str) -> Self {
        let chosen: Vec<&str> = days.split(',').map(str::trim).collect();
        let is_chosen = |day: &Weekday| chosen.contains(&day.number_from_monday().to_string().as_str());
        Self { from, until, days: NAMES.iter().map(|(day, ..)| *day).filter(is_chosen).collect() }
    }
    /// The column's text.
    pub fn days_text(&self) -> String {
        self.days.iter().map(|day| day.number_from_monday().to_string()).collect::<Vec<_>>().join(",")
    }
    /// `Mon–Fri 8:00–20:00`, `Every day 0:00–24:00`.
    pub fn words(&self) -> String {
        format!("{} {}–{}", self.days_words(), short(self.from), short(self.until))
    }
    fn days_words(&self) -> String {
        if self.days.len() == NAMES.len() {
            return "Every day".into();
        }
        let mut runs: Vec<Vec<&str>> = Vec::new();
        let mut before = None;
        for (day, name, _) in NAMES.iter().filter(|(day, ..)| self.days.contains(day)) {
            match runs.last_mut() {
                Some(run) if before == Some(day.pred()) => run.push(name),
                _ => runs.push(vec![name]),
            }
            before = Some(*day);
        }
        let words = |run: Vec<&str>| match run.as_slice() {
            [first, _, .., last] => format!("{first}–{last}"),
            few => few.join(", "),
        };
        runs.into_iter().map(words).collect::<Vec<_>>().join(", ")
    }
}

/// Each day's number as forms send it, and its name.
pub fn days() -> impl Iterator<Item = (String, &'static str)> {
    NAMES.iter().map(|(day, _, name)| (day.number_from_monday().to_string(), *name))
}

/// `08:00`, as a form shows it.
pub(super) fn clock(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn short(minutes: i64) -> String {
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

/// What was typed: `sending_from`, `sending_until` as `8:00`, `sending_days` as numbers.
pub(super) fn checked(problems: &mut Problems, from: &str, until: &str, days: &[String]) -> SendingHours {
    let begin = problems.take("sending_from", minutes(from, DAY - 1));
    let end = problems.take("sending_until", minutes(until, DAY));
    if let (Some(begin), Some(end)) = (begin, end)
        && begin >= end
    {
        problems.add("sending_until", "the end must be later than the beginning; midnight is 24:00");
    }
    let hours = SendingHours::of(begin.unwrap_or(0), end.unwrap_or(DAY), &days.join(","));
    if hours.days.is_empty() {
        problems.add("sending_days", "choose at least one day: otherwise nothing would ever go out");
    }
    hours
}

fn minutes(typed: &str, most: i64) -> Result<i64, String> {
    let wrong = || match most {
        DAY => "a time is needed, such as 20:00; the end of the day is 24:00".to_owned(),
        _ => "a time is needed, such as 08:00".to_owned(),
    };
    let (hour, minute) = typed.trim().split_once(':').ok_or_else(wrong)?;
    let number = |text: &str, digits: std::ops::RangeInclusive<usize>| {
        let plain = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i64>().ok().filter(|_| plain)
    };
    let (hour, minute) = (number(hour, 1..=2).ok_or_else(wrong)?, number(minute, 2..=2).ok_or_else(wrong)?);
    let all = hour * 60 + minute;
    if minute < 60 && all <= most { Ok(all) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn in_words() {
        let words = |from, until, days: &str| SendingHours::of(from, until, days).words();
        assert_eq!(words(480, 1200, "1,2,3,4,5"), "Mon–Fri 8:00–20:00");
        assert_eq!(words(0, 1440, "1,2,3,4,5,6,7"), "Every day 0:00–24:00");
        assert_eq!(words(545, 600, "6,7"), "Sat, Sun 9:05–10:00");
        assert_eq!(words(545, 600, "1,3,4,5,7"), "Mon, Wed–Fri, Sun 9:05–10:00");
        assert_eq!(SendingHours::of(0, 1, "7, 1,9,x").days_text(), "1,7");
    }

    #[test]
    fn as_typed() {
        let check = |from, until, days: &[&str]| {
            let mut problems = Problems::default();
            let days: Vec<String> = days.iter().map(|day| (*day).to_owned()).collect();
            let hours = checked(&mut problems, from, until, &days);
            match problems.check() {
                Ok(()) => Ok(hours),
                Err(Error::Invalid(errors)) => Err(errors.into_iter().map(|e| e.field).collect::<Vec<_>>().join(" ")),
                Err(other) => Err(other.to_string()),
            }
        };
        let good = check(" 8:05", "24:00", &["5", "1"]).unwrap();
        assert_eq!((good.from, good.until, good.days_text().as_str()), (485, 1440, "1,5"));
        assert_eq!(check("24:00", "24:00", &["1"]), Err("sending_from".into()));
        assert_eq!(check("", "24:01", &[]), Err("sending_from sending_until sending_days".into()));
        assert_eq!(check("20:00", "08:00", &["1"]), Err("sending_until".into()));
        for bad in ["8", "8:5", "8:60", "+8:00", "-1:00", "008:00", "8:00:00", "８:00"] {
            assert_eq!(check(bad, "20:00", &["1"]), Err("sending_from".into()), "{bad}");
        }
    }
}
