//! The mail servers and why they wait, for staff.

use std::sync::Arc;

use diesel::QueryResult;

use super::bucket::MAIL;
use super::{Amount, Key, Limit, Warmup, store};
use crate::db::{Db, dialect};
use crate::outbox::{Server, servers};
use crate::values::At;

/// Whether a mail server takes campaigns now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerState {
    Works,
    /// It failed: nothing is sent to it until then.
    Paused {
        until: At,
        reason: String,
    },
    /// It failed, its pause is over, and it has taken no mail since: the next mail shows whether it works again.
    Failed {
        reason: String,
    },
    /// Its warm-up allowance of today is used up, or its first day is still to come: it is used again then.
    Waits {
        until: At,
    },
}

/// How far a warm-up is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WarmupReport {
    /// From 1; 0 and less before its first day.
    pub day: i64,
    pub allowance: i64,
    pub used: i64,
}

/// A mail server as staff see it.
#[derive(Debug, Clone)]
pub struct ServerReport {
    pub server: Arc<Server>,
    pub state: ServerState,
    /// None when it has none, or when it is over.
    pub warmup: Option<WarmupReport>,
}

/// Each of the servers with its state: `now` is compared with what was written by nodes' clocks, warm-ups go by the
/// database's.
///
/// # Errors
/// The database's.
pub fn servers(db: &mut Db, all: &[Arc<Server>], now: At) -> QueryResult<Vec<ServerReport>> {
    let failing = servers::failing(db)?;
    let clock = At::from_micros(dialect::clock_micros(db)?);
    let mut reports = Vec::with_capacity(all.len());
    for server in all {
        let warmup = match server.warmup.filter(|warmup| !warmup.is_over(clock)) {
            Some(warmup) => Some((warmup, warmup_report(db, server, warmup, clock)?)),
            None => None,
        };
        let failed = failing.iter().find(|row| row.name == server.name);
        let failed = failed.map(|row| (row.paused_until, row.reason.clone().unwrap_or_default()));
        let state = match (failed, &warmup) {
            (Some((Some(until), reason)), _) if until > now => ServerState::Paused { until, reason },
            (_, Some((warmup, report))) if report.used >= report.allowance => {
                ServerState::Waits { until: warmup.next(clock) }
            }
            (Some((_, reason)), _) => ServerState::Failed { reason },
            (None, _) => ServerState::Works,
        };
        reports.push(ServerReport { server: server.clone(), state, warmup: warmup.map(|(_, report)| report) });
    }
    Ok(reports)
}

fn warmup_report(db: &mut Db, server: &Server, warmup: Warmup, clock: At) -> QueryResult<WarmupReport> {
    let limit = Limit { key: Key::Warmup(server.name.clone()), amount: Amount::Warmup(warmup) };
    let allowance = warmup.allowance(clock.micros());
    let bucket = store::find(db, &limit.key.to_string())?;
    let left = bucket.map_or(allowance, |bucket| bucket.filled(&limit, clock.micros()).tokens / MAIL);
    Ok(WarmupReport { day: warmup.day(clock), allowance, used: (allowance - left).max(0) })
}

impl Server {
    /// What limits mail through this server. A warm-up holds campaigns only: system mails are few and cannot wait a day.
    pub fn limits(&self, campaign: bool) -> Vec<Limit> {
        let rate = self.per_minute.map(|per_minute| Limit::new(Key::Server(self.name.clone()), per_minute));
        let warmup = self.warmup.filter(|_| campaign);
        let warmup = warmup.map(|w| Limit { key: Key::Warmup(self.name.clone()), amount: Amount::Warmup(w) });
        rate.into_iter().chain(warmup).collect()
    }
}
