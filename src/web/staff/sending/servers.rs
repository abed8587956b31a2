//! The mail servers as the page shows them.

use chrono_tz::Tz;
use serde::Serialize;
use serde_json::{Value, json};

use super::words::{Why, quoted, until};
use crate::outbox::limits::{ServerReport, ServerState, Warmup, WarmupReport};
use crate::values::At;
use crate::web::staff::campaigns::number;

#[derive(Serialize)]
pub struct ServerView {
    name: String,
    kind: &'static str,
    state: String,
    meaning: Option<String>,
    said: Option<String>,
    again: Option<&'static str>,
    warmup: Option<Value>,
    facts: Vec<Value>,
}

/// Who looks, and when.
#[derive(Clone, Copy)]
pub struct Reader {
    pub may_read: bool,
    pub zone: Tz,
    pub now: At,
}

pub fn views(reports: &[ServerReport], reader: Reader) -> Vec<ServerView> {
    let usual = || reports.iter().filter(|report| !report.server.backup);
    let weights: u32 = usual().map(|report| report.server.weight).sum();
    let several = usual().count() > 1;
    let view = |(place, report): (usize, &ServerReport)| {
        let share = several && !report.server.backup;
        view(report, place, share.then_some(weights), reader)
    };
    reports.iter().enumerate().map(view).collect()
}

fn view(report: &ServerReport, place: usize, weights: Option<u32>, reader: Reader) -> ServerView {
    let (kind, state, reason, again) = match &report.state {
        ServerState::Works => ("ok", "Works".to_owned(), None, None),
        ServerState::Paused { until: at, reason } => {
            let state = format!("Paused until {}", until(*at, reader.zone, reader.now));
            ("danger", state, Some(reason), Some("It is then tried again by itself."))
        }
        ServerState::Failed { reason } => {
            let again = "It is tried again by itself with the next mail.";
            ("warn", "Failed last time".to_owned(), Some(reason), Some(again))
        }
        ServerState::Waits { until: at } => {
            ("info", format!("Waits until {}", until(*at, reader.zone, reader.now)), None, None)
        }
    };
    let why = reason.map(|reason| Why::of(reason, reader.may_read));
    let waits = match report.state {
        ServerState::Waits { .. } => {
            Some("It has sent what its warm-up allows for today. Other mails than campaigns leave.")
        }
        _ => None,
    };
    ServerView {
        name: report.server.name.clone(),
        kind,
        state,
        meaning: why.as_ref().map(|why| why.meaning.clone()).or_else(|| waits.map(str::to_owned)),
        said: why.and_then(|why| why.said).map(|said| quoted(&said)),
        again,
        warmup: report.warmup.map(|warmup| progress(warmup, place)),
        facts: facts(report, weights),
    }
}

fn facts(report: &ServerReport, weights: Option<u32>) -> Vec<Value> {
    let server = &report.server;
    let mut facts = Vec::new();
    let mut add = |term: &str, value: String| facts.push(json!({ "term": term, "value": value }));
    if server.backup {
        add("Backup", "Used only while all others are paused".into());
    }
    if let Some(weights) = weights {
        let percent = (server.weight * 100 + weights / 2) / weights.max(1);
        add("Share", format!("{percent} % of the mails (weight {})", server.weight));
    }
    let limit = server.per_minute.map(|n| format!("{} mails a minute, all processes together", number(n)));
    add("Limit", limit.unwrap_or_else(|| "None".into()));
    add("Connections", format!("{} in each process", server.connections));
    facts
}

fn progress(warmup: WarmupReport, place: usize) -> Value {
    let words = match warmup.day {
        ..1 => "Its first day is still to come: until then it sends no campaigns.".to_owned(),
        day => format!(
            "Day {day} of {}: {} of {} today. Each day, from midnight UTC, it may send twice as many.",
            Warmup::DAYS,
            number(warmup.used),
            number(warmup.allowance)
        ),
    };
    json!({ "id": format!("warmup-{place}"), "done": warmup.used, "total": warmup.allowance.max(1), "words": words })
}
