//! What the database knows of the outbox: looked up when somebody asks, and not more often than every ten seconds.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::QueryResult;

use crate::db::Db;
use crate::outbox::backlog::{self, Waiting};
use crate::outbox::servers;
use crate::values::{At, CampaignId};

/// How long an answer of the database serves.
const FRESH: Duration = Duration::from_secs(10);

/// When the numbers were last looked up.
#[derive(Debug, Default)]
pub struct Gauges {
    looked: Mutex<Option<Instant>>,
}

impl Gauges {
    /// Whether it is time to look again; whoever is told so looks.
    pub fn are_old(&self) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let old = looked.is_none_or(|at| at.elapsed() >= FRESH);
        if old {
            *looked = Some(Instant::now());
        }
        old
    }
}

/// Looks everything up. `open` are the campaigns that are being sent with the number of their deliveries, `servers` the names
/// of the mail servers.
///
/// # Errors
/// The database's.
pub fn look(db: &mut Db, open: &[(CampaignId, i64)], servers: &[String], now: At) -> QueryResult<()> {
    let backlog = backlog::look(db, open)?;
    show("system", backlog.system_queued, backlog.system_deferred, now);
    let (queued, deferred) = backlog.of_campaigns();
    show("campaign", queued, deferred, now);
    metrics::gauge!("pledgepost_mails_leased").set(as_f64(backlog.leased));
    metrics::gauge!("pledgepost_nodes").set(as_f64(backlog.nodes));
    let failing = servers::failing(db)?;
    for name in servers {
        let paused =
            failing.iter().any(|server| server.name == *name && server.paused_until.is_some_and(|at| at > now));
        metrics::gauge!("pledgepost_server_paused", "server" => name.clone()).set(if paused { 1.0 } else { 0.0 });
    }
    Ok(())
}

fn show(kind: &'static str, queued: Waiting, deferred: Waiting, now: At) {
    for (state, waiting) in [("queued", queued), ("deferred", deferred)] {
        metrics::gauge!("pledgepost_mails_waiting", "kind" => kind, "state" => state).set(as_f64(waiting.mails));
        let age = waiting.oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0));
        metrics::gauge!("pledgepost_mails_oldest_seconds", "kind" => kind, "state" => state).set(as_f64(age));
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact to 2^53 mails")]
fn as_f64(number: i64) -> f64 {
    number as f64
}
