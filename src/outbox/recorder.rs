//! Turns reports into rows' states and commits them in groups: whatever is there as soon as the last group is committed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::policy::{self, FailureRate};
use super::queue::Item;
use super::record::{self, Outcome};
use super::renderer::Lanes;
use super::routes::Halt;
use super::verdict::{Report, Verdict};
use super::window::Window;
use super::{explain, servers, settle};
use crate::db::Database;
use crate::values::{At, CampaignId, Clock, NodeId};

/// With fewer outcomes than this, others are waited for …
const FEW: usize = 16;
/// … for so long.
const LINGER: Duration = Duration::from_millis(2);
const MOST: usize = 2_000;

/// What the recorder knows of a mail server.
pub struct Watched {
    pub name: String,
    pub halt: Arc<Halt>,
    pub failures: u32,
    /// Whether this process has seen it work: an earlier one may have left a notice that it does not.
    pub proved: bool,
}

pub struct Recorder {
    pub db: Database,
    pub clock: Clock,
    pub lanes: Arc<dyn Lanes>,
    pub servers: Vec<Watched>,
    pub reports: mpsc::UnboundedReceiver<Report>,
    pub window: Arc<Window>,
    pub rates: HashMap<CampaignId, FailureRate>,
    /// What is still to be said of campaigns and servers, after their outcomes were committed.
    pub notices: Vec<Notice>,
}

/// Something that is written beside outcomes, in a transaction of its own: that it fails never holds them up.
#[derive(Debug, Clone)]
pub enum Notice {
    Stop(CampaignId, String),
    Failed { place: usize, name: String, failures: u32, reason: String, until: At },
    Works { name: String },
}

impl Recorder {
    /// Until every sender of reports is gone and all is recorded.
    pub async fn run(mut self) {
        let mut batch = Vec::new();
        while self.reports.recv_many(&mut batch, MOST).await > 0 {
            if batch.len() < FEW && self.window.held() > batch.len() {
                tokio::time::sleep(LINGER).await;
                while batch.len() < MOST
                    && let Ok(report) = self.reports.try_recv()
                {
                    batch.push(report);
                }
            }
            let (outcomes, items) = self.settle(batch.drain(..));
            self.commit(outcomes).await;
            // Only now their places in the window are free.
            drop(items);
            self.window.freed.notify_one();
            self.say().await;
        }
    }

    fn settle(&mut self, reports: impl Iterator<Item = Report>) -> (HashMap<NodeId, Vec<Outcome>>, Vec<Item>) {
        let now = self.clock.now();
        let (mut outcomes, mut items) = (HashMap::<NodeId, Vec<Outcome>>::new(), Vec::new());
        for Report { item, verdict, server, fault } in reports {
            if let Some(place) = server
                && let Some(server) = self.servers.get_mut(place)
            {
                self.notices.extend(server.note(place, &verdict, fault.map(|fault| fault.to_string()), now));
            }
            self.watch_rate(&item, &verdict);
            metrics::counter!("pledgepost_deliveries_total", "outcome" => verdict.label()).increment(1);
            let name = server.and_then(|place| self.servers.get(place)).map(|server| server.name.as_str());
            outcomes.entry(item.lease).or_default().push(settle::outcome(&item, verdict, name, now));
            items.push(item);
        }
        (outcomes, items)
    }

    fn watch_rate(&mut self, item: &Item, verdict: &Verdict) {
        let Some(campaign) = item.row.campaign_id else { return };
        if let Verdict::Refused { code, reply } = verdict {
            let reason = format!("{}{code} {reply}", explain::CONTENT);
            self.notices.push(Notice::Stop(campaign, reason));
        }
        let refused = match verdict {
            Verdict::Sent { .. } => false,
            Verdict::Failed { .. } | Verdict::Policy { .. } => true,
            _ => return,
        };
        let rate = self.rates.entry(campaign).or_default();
        rate.note(refused);
        if let Some(reason) = rate.is_raised() {
            self.notices.push(Notice::Stop(campaign, reason));
            self.rates.remove(&campaign);
        }
    }

    /// Tries until it is recorded: while it waits, these rows stay leased, the window stays full and nothing is claimed.
    async fn commit(&mut self, outcomes: HashMap<NodeId, Vec<Outcome>>) {
        let (outcomes, mut wait) = (Arc::new(outcomes), Duration::from_millis(100));
        loop {
            let (clock, outcomes) = (self.clock.clone(), outcomes.clone());
            let write = self.db.write(move |db| -> anyhow::Result<()> {
                for (node, outcomes) in outcomes.iter() {
                    record::record(db, outcomes, *node, clock.now())?;
                }
                Ok(())
            });
            match write.await {
                Ok(()) => return,
                Err(error) => {
                    metrics::counter!("pledgepost_delivery_database_errors_total").increment(1);
                    tracing::error!(error = format!("{error:#}"), "outcomes cannot be recorded; trying again");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_secs(2));
                }
            }
        }
    }

    /// Writes the notices; those that cannot be written now are tried again with the next group.
    async fn say(&mut self) {
        for notice in std::mem::take(&mut self.notices) {
            let (clock, lanes, said) = (self.clock.clone(), self.lanes.clone(), notice.clone());
            let written = self.db.write(move |db| -> anyhow::Result<()> {
                let now = clock.now();
                match &said {
                    Notice::Stop(campaign, reason) => lanes.stop(db, *campaign, reason, now)?,
                    Notice::Failed { name, failures, reason, until, .. } => {
                        servers::failed(db, name, *failures, reason, *until, now)?;
                    }
                    Notice::Works { name } => servers::works(db, name)?,
                }
                Ok(())
            });
            if let Err(error) = written.await {
                tracing::error!(error = format!("{error:#}"), "a notice to staff cannot be written; trying again");
                self.notices.push(notice);
                continue;
            }
            if let Notice::Failed { place, .. } = notice
                && let Some(server) = self.servers.get(place)
            {
                server.halt.written();
                self.window.freed.notify_one();
            }
        }
    }
}

impl Watched {
    fn note(&mut self, place: usize, verdict: &Verdict, fault: Option<String>, now: At) -> Option<Notice> {
        let name = self.name.clone();
        if let Some(reason) = fault {
            self.failures = self.failures.saturating_add(1);
            tracing::error!(server = name, failures = self.failures, fault = reason, "mail server paused");
            let until = now + policy::server_wait(self.failures);
            return Some(Notice::Failed { place, name, failures: self.failures, reason, until });
        }
        // While it is paused, a late reply to another connection proves nothing.
        let recovered =
            matches!(verdict, Verdict::Sent { .. }) && (self.failures > 0 || !self.proved) && !self.halt.is_raised();
        recovered.then(|| {
            (self.failures, self.proved) = (0, true);
            Notice::Works { name }
        })
    }
}
