//! Why something was paused, and for how long, as staff read it.

use chrono::Duration;
use chrono_tz::Tz;

use crate::outbox::explain::{self, Cause};
use crate::values::At;
use crate::web::staff::campaigns::{number, sentence};
use crate::web::staff::moment;

/// A reason in three parts: what happened, what it means, and what the server said.
pub(crate) struct Why {
    pub meaning: String,
    /// The server's own words, or what came instead of an answer.
    pub said: Option<String>,
    /// Whether to look at the mails that failed.
    pub refusals: bool,
}

impl Why {
    /// Of a reason as it is stored; `may_read`: whether addresses may be shown.
    pub fn of(reason: &str, may_read: bool) -> Self {
        let shown = |said: &str| if may_read { said.to_owned() } else { explain::without_addresses(said) };
        let Some(found) = explain::explain(reason) else {
            let meaning = if reason.is_empty() { "It did not say why.".into() } else { full(&shown(reason)) };
            return Self { meaning, said: None, refusals: false };
        };
        let words = found.cause.words();
        match found.cause {
            Cause::Refusals => Self { meaning: format!("{}. {words}", found.said), said: None, refusals: true },
            Cause::Content | Cause::TooLarge => {
                let meaning = format!("The mail server refused the content of this mail. {words}");
                Self { meaning, said: Some(shown(found.said)), refusals: false }
            }
            _ => Self { meaning: words.to_owned(), said: Some(shown(found.said)), refusals: false },
        }
    }

    /// In one piece, for notices.
    pub fn text(&self) -> String {
        match &self.said {
            Some(said) => format!("{} {}", self.meaning, quoted(said)),
            None => self.meaning.clone(),
        }
    }
}

/// `It said: “535 …”.` What begins with no code is what happened instead of an answer.
pub(super) fn quoted(said: &str) -> String {
    match said.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("It said: “{said}”."),
        false => format!("What happened: “{said}”."),
    }
}

/// With a capital and one full stop.
fn full(words: &str) -> String {
    sentence(words.trim_end_matches('.'))
}

/// The time of day, with the day unless it is today's.
pub(super) fn until(at: At, zone: Tz, now: At) -> String {
    let (local, today) = (at.0.with_timezone(&zone), now.0.with_timezone(&zone));
    match local.date_naive() == today.date_naive() {
        true => local.format("%H:%M").to_string(),
        false => moment(at, zone),
    }
}

/// `3 minutes`.
pub(super) fn lasting(time: Duration) -> String {
    let words = |n: i64, unit: &str| format!("{} {unit}{}", number(n), if n == 1 { "" } else { "s" });
    match (time.num_seconds().max(0), time.num_minutes(), time.num_hours()) {
        (seconds @ ..120, ..) => words(seconds, "second"),
        (_, minutes @ ..120, _) => words(minutes, "minute"),
        (.., hours @ ..72) => words(hours, "hour"),
        _ => words(time.num_days(), "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_in_words() {
        let password = "the mail server smtp.example:587 refused our password: 535 5.7.8 bad credentials";
        let text = Why::of(password, true).text();
        assert!(text.starts_with("The user name or password in the settings is wrong"), "{text}");
        assert!(text.ends_with("It said: “535 5.7.8 bad credentials”."), "{text}");
        let refusals = Why::of("61 of the latest 200 mails were refused or got no answer", true);
        assert!(
            refusals.refusals
                && refusals.text().starts_with("61 of the latest 200 mails were refused or got no answer. That is too")
        );
        let relay = "the mail server a.example:25 refused to take mail to the recipient from us: 554 <x@b.example> no";
        assert!(Why::of(relay, true).text().contains("x@b.example"));
        assert!(!Why::of(relay, false).text().contains("x@b.example"));
        assert_eq!(Why::of("too slow", true).text(), "Too slow.");
        assert_eq!(Why::of("", true).text(), "It did not say why.");
    }

    #[test]
    fn times_in_words() {
        let of = |seconds| lasting(Duration::seconds(seconds));
        assert_eq!(
            [of(-5), of(1), of(119), of(120), of(7199)],
            ["0 seconds", "1 second", "119 seconds", "2 minutes", "119 minutes"]
        );
        assert_eq!([of(7200), of(259_200)], ["2 hours", "3 days"]);
    }
}
