//! What the engine counts for `/metrics`; the meaning of each is told in `docs/operate.md`.
//!
//! No label holds an address: of a recipient only the domain appears, and only the first [`DOMAINS`] that a process
//! meets are told apart, so that a campaign to many domains does not fill a Prometheus.

use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, PoisonError, RwLock};
use std::time::Duration;

use super::limits::Key;
use crate::mail::{Outcome, Phase};
use crate::values::EmailAddress;

mod table;

pub use table::{Gauges, look};

/// So many recipient domains have a name of their own; all others are `other`.
const DOMAINS: usize = 50;
/// Mails to a domain are noted under `other` until it has been met so often: one mistyped address is no domain to watch.
const OFTEN: u64 = 20;

static NAMED: LazyLock<RwLock<Named>> = LazyLock::new(RwLock::default);

/// Which domains are told apart.
#[derive(Debug, Default)]
struct Named {
    named: HashSet<String>,
    /// How often the others were met, until one of them is named; bounded like the rest.
    met: HashMap<String, u64>,
}

impl Named {
    /// Whether the domain has a name of its own, after it was met so many times more.
    fn meet(&mut self, domain: &str, more: u64) -> bool {
        if self.named.contains(domain) {
            return true;
        }
        if self.named.len() >= DOMAINS {
            return false;
        }
        if self.met.len() >= DOMAINS * 20 {
            // Seldom ones are forgotten, frequent ones are counted anew and soon back.
            self.met.retain(|_, times| *times > OFTEN / 2);
            if self.met.len() >= DOMAINS * 20 {
                self.met.clear();
            }
        }
        let times = self.met.entry(domain.to_owned()).or_default();
        *times = times.saturating_add(more);
        if *times < OFTEN {
            return false;
        }
        self.met.remove(domain);
        self.named.insert(domain.to_owned());
        true
    }
}

/// The name under which a domain is counted, after it was met so many times more.
fn label(domain: String, times: u64) -> String {
    if NAMED.read().unwrap_or_else(PoisonError::into_inner).named.contains(&domain) {
        return domain;
    }
    match NAMED.write().unwrap_or_else(PoisonError::into_inner).meet(&domain, times) {
        true => domain,
        false => "other".to_owned(),
    }
}

/// What deliveries came to, gathered over a group that is recorded together: at thirty thousand mails a second, looking up a
/// counter for each would be felt.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// By outcome and the server's place in the list of servers.
    servers: HashMap<(&'static str, Option<usize>), u64>,
    domains: HashMap<&'static str, HashMap<String, u64>>,
}

impl Outcomes {
    /// One delivery came to this outcome (`sent`, `failed`, `deferred`, `policy`, `doubt`, `back`, `refused`, `skipped`,
    /// `later`). Without a server nothing was tried.
    pub fn add(&mut self, server: Option<usize>, address: &EmailAddress, outcome: &'static str) {
        *self.servers.entry((outcome, server)).or_default() += 1;
        let domains = self.domains.entry(outcome).or_default();
        let domain = address.as_str().rsplit_once('@').map_or("", |(_, domain)| domain);
        match domains.get_mut(domain) {
            Some(times) => *times += 1,
            None => drop(domains.insert(domain.to_owned(), 1)),
        }
    }

    /// Adds them to what the process counts; `name` is the server's at a place.
    pub fn count<'a>(self, name: impl Fn(usize) -> Option<&'a str>) {
        for ((outcome, place), times) in self.servers {
            let server = place.and_then(&name).unwrap_or("none").to_owned();
            metrics::counter!("pledgepost_deliveries_total", "outcome" => outcome, "server" => server).increment(times);
        }
        for (outcome, domains) in self.domains {
            for (domain, times) in domains {
                let domain = label(domain.to_lowercase(), times);
                metrics::counter!("pledgepost_domain_deliveries_total", "outcome" => outcome, "domain" => domain)
                    .increment(times);
            }
        }
    }
}

/// The numbers of one mail server, with those that each mail adds to at hand.
pub struct Meter {
    server: String,
    seconds: metrics::Histogram,
    taken: metrics::Counter,
}

impl Meter {
    pub fn new(server: &str) -> Self {
        Self {
            server: server.to_owned(),
            seconds: metrics::histogram!("pledgepost_mail_seconds", "server" => server.to_owned()),
            taken: replies(server, Phase::Data, "2xx"),
        }
    }

    /// What became of a mail, after so long.
    pub fn mail(&self, outcome: &Outcome, took: Duration) {
        self.seconds.record(took.as_secs_f64());
        let (phase, code) = match outcome {
            Outcome::Accepted { .. } => return self.taken.increment(1),
            Outcome::RecipientFailed { code, .. } => (Phase::Rcpt, Some(*code)),
            Outcome::Deferred { code, .. } => (Phase::Rcpt, *code),
            Outcome::MessageRefused { code, .. } => (Phase::Data, Some(*code)),
            Outcome::Doubt { .. } => (Phase::Data, None),
            Outcome::ServerFault(fault) => (fault.phase, fault.code),
            Outcome::Withdrawn => return,
        };
        let class = match code.map(|code| code / 100) {
            Some(2) => "2xx",
            Some(3) => "3xx",
            Some(4) => "4xx",
            Some(5) => "5xx",
            Some(_) => "other",
            None => "none",
        };
        replies(&self.server, phase, class).increment(1);
    }
}

fn replies(server: &str, phase: Phase, class: &'static str) -> metrics::Counter {
    let server = server.to_owned();
    metrics::counter!("pledgepost_smtp_replies_total", "server" => server, "phase" => phase_label(phase), "class" => class)
}

const fn phase_label(phase: Phase) -> &'static str {
    match phase {
        Phase::Connect => "connect",
        Phase::Tls => "tls",
        Phase::Greeting => "greeting",
        Phase::Ehlo => "ehlo",
        Phase::StartTls => "starttls",
        Phase::Auth => "auth",
        Phase::Mail => "mail",
        Phase::Rcpt => "rcpt",
        Phase::Data => "data",
    }
}

/// An open connection; it counts as long as this lives.
pub struct Connected(metrics::Gauge);

impl Connected {
    pub fn to(server: &str) -> Self {
        metrics::counter!("pledgepost_connections_total", "server" => server.to_owned()).increment(1);
        let open = metrics::gauge!("pledgepost_connections_open", "server" => server.to_owned());
        open.increment(1);
        Self(open)
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

/// So many mails could have left at this moment, but for this limit.
pub fn held_by_limit(key: &Key, mails: usize) {
    let limit = match key {
        Key::All => "all",
        Key::Campaign(_) => "campaign",
        Key::Domain(_) => "domain",
        Key::Server(_) => "server",
        Key::Warmup(_) => "warmup",
    };
    metrics::counter!("pledgepost_limit_waits_total", "limit" => limit).increment(u64::try_from(mails).unwrap_or(0));
}

/// A group of outcomes was committed.
pub fn committed(outcomes: usize, took: Duration) {
    let outcomes = u32::try_from(outcomes).unwrap_or(u32::MAX);
    metrics::histogram!("pledgepost_record_group_size").record(f64::from(outcomes));
    metrics::histogram!("pledgepost_record_seconds").record(took.as_secs_f64());
}

/// The database refused: `claim`, `prepare`, `record`, `state`.
pub fn database_failed(work: &'static str) {
    metrics::counter!("pledgepost_database_errors_total", "work" => work).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_domains_have_names_and_there_is_an_end_to_them() {
        let mut named = Named::default();
        assert!(!named.meet("typo.example", 1));
        for number in 0..DOMAINS + 5 {
            let known = (0..OFTEN).map(|_| named.meet(&format!("d{number}.example"), 1)).last();
            assert_eq!(known, Some(number < DOMAINS), "{number}");
        }
        assert!(named.meet("d0.example", 1) && !named.meet("late.example", 100));
        for number in 0..DOMAINS * 100 {
            named.meet(&format!("seldom{number}.example"), 1);
        }
        assert!(named.named.len() == DOMAINS && named.met.len() <= DOMAINS * 20);
    }
}
