//! Turns reports into rows' states and commits them in groups.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};

use super::claim::{self, Outcome};
use super::policy::{self, FailureRate};
use super::queue::Item;
use super::renderer::Lanes;
use super::sender::{Report, Verdict};
use super::{DeliveryState, servers};
use crate::db::Database;
use crate::values::{At, CampaignId, Clock, NodeId};

/// A group is committed when it has this many outcomes …
const GROUP: usize = 200;
/// … or when its first one has waited this long.
const LINGER: Duration = Duration::from_millis(10);

pub struct Recorder {
    pub db: Database,
    pub clock: Clock,
    pub lanes: Arc<dyn Lanes>,
    pub server: String,
    pub reports: mpsc::UnboundedReceiver<Report>,
    /// Rows that are leased and not recorded yet.
    pub in_flight: Arc<AtomicUsize>,
    /// Rung when rows were recorded.
    pub freed: Arc<Notify>,
    pub rates: HashMap<CampaignId, FailureRate>,
    pub server_failures: u32,
    /// Whether this process has seen the server work: an earlier one may have left a notice that it does not.
    pub proved: bool,
}

/// What a group of reports comes to.
#[derive(Default)]
struct Group {
    outcomes: HashMap<NodeId, Vec<Outcome>>,
    stops: Vec<(CampaignId, String)>,
    fault: Option<String>,
    worked: bool,
    rows: usize,
}

impl Recorder {
    /// Until every sender of reports is gone and all is recorded.
    pub async fn run(mut self) {
        let mut batch = Vec::with_capacity(GROUP);
        while let Some(first) = self.reports.recv().await {
            batch.push(first);
            let until = tokio::time::Instant::now() + LINGER;
            while batch.len() < GROUP {
                match tokio::time::timeout_at(until, self.reports.recv()).await {
                    Ok(Some(report)) => batch.push(report),
                    Ok(None) | Err(_) => break,
                }
            }
            let group = self.settle(batch.drain(..));
            let rows = group.rows;
            self.commit(Arc::new(group)).await;
            self.in_flight.fetch_sub(rows, Ordering::SeqCst);
            self.freed.notify_one();
        }
    }

    fn settle(&mut self, reports: impl Iterator<Item = Report>) -> Group {
        let (now, mut group) = (self.clock.now(), Group::default());
        for report in reports {
            let (item, verdict) = match report {
                Report::Settled(item, verdict) => (item, verdict),
                Report::ServerFailed(item, fault) => {
                    if group.fault.is_none() {
                        self.server_failures = self.server_failures.saturating_add(1);
                        tracing::error!(server = self.server, failures = self.server_failures, %fault, "mail server paused");
                    }
                    group.fault = Some(fault.to_string());
                    (item, Verdict::Back)
                }
            };
            if matches!(verdict, Verdict::Sent { .. }) {
                group.worked = true;
            }
            self.watch_rate(&item, &verdict, &mut group.stops);
            metrics::counter!("pledgepost_deliveries_total", "outcome" => verdict.label()).increment(1);
            group.rows += 1;
            group.outcomes.entry(item.lease).or_default().push(outcome(&item, verdict, now));
        }
        group
    }

    fn watch_rate(&mut self, item: &Item, verdict: &Verdict, stops: &mut Vec<(CampaignId, String)>) {
        let Some(campaign) = item.row.campaign_id else { return };
        if let Verdict::Refused { code, reply } = verdict {
            stops.push((campaign, format!("the mail server refused the content of this mail: {code} {reply}")));
        }
        let refused = match verdict {
            Verdict::Sent { .. } => false,
            Verdict::Failed { .. } | Verdict::Policy { .. } => true,
            _ => return,
        };
        let rate = self.rates.entry(campaign).or_default();
        rate.note(refused);
        if let Some(reason) = rate.is_raised() {
            stops.push((campaign, reason));
            self.rates.remove(&campaign);
        }
    }

    /// Tries until it is recorded: while it waits, these rows stay leased and nothing new is claimed for them.
    async fn commit(&mut self, group: Arc<Group>) {
        let mut wait = Duration::from_millis(100);
        loop {
            let (db, clock, lanes, group) = (self.db.clone(), self.clock.clone(), self.lanes.clone(), group.clone());
            let (server, failures) = (self.server.clone(), self.server_failures);
            let recovered = group.worked && group.fault.is_none() && (self.server_failures > 0 || !self.proved);
            let done = db
                .write(move |db| -> anyhow::Result<()> {
                    let now = clock.now();
                    for (node, outcomes) in &group.outcomes {
                        claim::record(db, outcomes, *node, now)?;
                    }
                    for (campaign, reason) in &group.stops {
                        lanes.stop(db, *campaign, reason, now)?;
                    }
                    if let Some(reason) = &group.fault {
                        servers::failed(db, &server, failures, reason, now + policy::server_wait(failures), now)?;
                    } else if recovered {
                        servers::works(db, &server)?;
                    }
                    Ok(())
                })
                .await;
            match done {
                Ok(()) => {
                    if recovered {
                        (self.server_failures, self.proved) = (0, true);
                    }
                    return;
                }
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "outcomes cannot be recorded; trying again");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_secs(5));
                }
            }
        }
    }
}

impl Verdict {
    fn label(&self) -> &'static str {
        match self {
            Verdict::Sent { .. } => "sent",
            Verdict::Failed { .. } => "failed",
            Verdict::Deferred { .. } => "deferred",
            Verdict::Policy { .. } => "policy",
            Verdict::Doubt { .. } => "doubt",
            Verdict::Back => "back",
            Verdict::Refused { .. } => "refused",
            Verdict::Skipped { .. } => "skipped",
            Verdict::Later { .. } => "later",
        }
    }
}

fn outcome(item: &Item, verdict: Verdict, now: At) -> Outcome {
    let row = &item.row;
    let of = |state, tried, next_at, code: Option<u16>, reply| Outcome {
        id: row.id,
        state,
        tried,
        next_at,
        code: code.map(i64::from),
        reply,
    };
    let again = |lost_line| policy::next_try(row.id, row.attempts + 1, lost_line, row.created_at, now);
    match verdict {
        Verdict::Sent { code, reply } => of(DeliveryState::Sent, 1, None, Some(code), Some(reply)),
        Verdict::Failed { code, reply } => of(DeliveryState::Failed, 1, None, code, Some(reply)),
        Verdict::Skipped { reason } => of(DeliveryState::Skipped, 0, None, None, Some(reason)),
        Verdict::Later { at, reason } => of(DeliveryState::Deferred, 0, Some(at), None, Some(reason)),
        Verdict::Deferred { code, reply } | Verdict::Policy { code, reply } => match again(code.is_none()) {
            Some(at) => of(DeliveryState::Deferred, 1, Some(at), code, Some(reply)),
            None => of(DeliveryState::Failed, 1, None, code, Some(format!("Given up after 72 hours: {reply}"))),
        },
        Verdict::Doubt { reply } if item.hold => of(DeliveryState::Unknown, 1, None, None, Some(reply)),
        Verdict::Doubt { reply } => match again(true) {
            Some(at) => of(DeliveryState::Deferred, 1, Some(at), None, Some(reply)),
            None => of(DeliveryState::Unknown, 1, None, None, Some(reply)),
        },
        // A system mail has no campaign that could stop: its content is our own, so it fails and the log says so.
        Verdict::Refused { code, reply } if row.campaign_id.is_none() => {
            of(DeliveryState::Failed, 1, None, Some(code), Some(reply))
        }
        Verdict::Back | Verdict::Refused { .. } if row.attempts > 0 => {
            of(DeliveryState::Deferred, 0, Some(row.next_at.unwrap_or(now)), None, None)
        }
        Verdict::Back | Verdict::Refused { .. } => of(DeliveryState::Queued, 0, None, None, None),
    }
}
