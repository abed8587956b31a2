//! What the database knows of the outbox: looked up when somebody asks, and not more often than every ten seconds.
//!
//! Every question is answered from a small partial index; what waits of a campaign is what is left of it, never counted.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use crate::db::Db;
use crate::db::types::Instant as Moment;
use crate::lease;
use crate::outbox::{servers, tally};
use crate::values::{At, CampaignId};

/// How long an answer of the database serves.
const FRESH: Duration = Duration::from_secs(10);

/// When the numbers were last looked up.
#[derive(Debug, Default)]
pub struct Gauges {
    looked: Mutex<Option<Instant>>,
}

/// Mails that wait, and how long the oldest has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Waiting {
    mails: i64,
    oldest: Option<At>,
}

impl Waiting {
    fn add(&mut self, other: Self) {
        self.mails += other.mails;
        self.oldest = self.oldest.into_iter().chain(other.oldest).min();
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    mails: i64,
}

#[derive(QueryableByName)]
struct Oldest {
    #[diesel(sql_type = Nullable<Moment>)]
    at: Option<At>,
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
    let (queued, deferred) = (Waiting::of(db, SYSTEM, QUEUED)?, Waiting::of(db, SYSTEM, DEFERRED)?);
    show("system", queued, deferred, now);
    let (mut queued, mut deferred) = (Waiting::default(), Waiting::default());
    for &(campaign, total) in open {
        let (first, later) = of_campaign(db, campaign, total)?;
        queued.add(first);
        deferred.add(later);
    }
    show("campaign", queued, deferred, now);
    metrics::gauge!("pledgepost_mails_leased").set(as_f64(count(db, "state = 'sending'")?));
    metrics::gauge!("pledgepost_nodes").set(as_f64(i64::try_from(lease::nodes(db)?.len()).unwrap_or(0)));
    let failing = servers::failing(db)?;
    for name in servers {
        let paused =
            failing.iter().any(|server| server.name == *name && server.paused_until.is_some_and(|at| at > now));
        metrics::gauge!("pledgepost_server_paused", "server" => name.clone()).set(if paused { 1.0 } else { 0.0 });
    }
    Ok(())
}

const SYSTEM: &str = "campaign_id IS NULL";
/// The rows, what the oldest of them is found by, and the time it waits since. The states stand in the text: a bound value
/// would keep SQLite off the partial indexes.
const QUEUED: (&str, &str, &str) = ("state = 'queued'", "id", "created_at");
const DEFERRED: (&str, &str, &str) = ("state = 'deferred'", "next_at", "next_at");

impl Waiting {
    fn of(db: &mut Db, whose: &str, rows: (&str, &str, &str)) -> QueryResult<Self> {
        Ok(Self { mails: count(db, &format!("{whose} AND {}", rows.0))?, oldest: oldest(db, whose, rows)? })
    }
}

fn count(db: &mut Db, condition: &str) -> QueryResult<i64> {
    let sql = format!("SELECT COUNT(*) AS mails FROM deliveries WHERE {condition}");
    Ok(diesel::sql_query(sql).get_result::<Count>(db)?.mails)
}

fn oldest(db: &mut Db, whose: &str, (state, order, since): (&str, &str, &str)) -> QueryResult<Option<At>> {
    let sql = format!("SELECT {since} AS at FROM deliveries WHERE {whose} AND {state} ORDER BY {order} LIMIT 1");
    Ok(diesel::sql_query(sql).get_result::<Oldest>(db).optional()?.and_then(|row| row.at))
}

/// What waits for its first attempt, and what waits to be tried again.
fn of_campaign(db: &mut Db, campaign: CampaignId, total: i64) -> QueryResult<(Waiting, Waiting)> {
    let whose = format!("campaign_id = {}", campaign.0);
    let deferred = Waiting::of(db, &whose, DEFERRED)?;
    let leased = count(db, &format!("state = 'sending' AND lease > 0 AND +{whose}"))?;
    let ended = tally::of(db, campaign)?;
    let ended = ended.sent + ended.failed + ended.skipped + ended.unknown;
    // The parts are looked at one after the other while mails leave: never less than none.
    let mails = (total - ended - deferred.mails - leased).max(0);
    Ok((Waiting { mails, oldest: oldest(db, &whose, QUEUED)? }, deferred))
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
