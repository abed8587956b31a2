//! Turns reports into rows' states and commits them in groups: whatever is there as soon as the last group is committed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::accepted::Accepted;
use super::policy::{self, FailureRate};
use super::queue::Item;
use super::record::{self, Outcome};
use super::refusals::{self, Refusals};
use super::renderer::Lanes;
use super::routes::Halt;
use super::verdict::{Report, Verdict};
use super::window::Window;
use super::{explain, metrics, servers, settle};
use crate::db::Database;
use crate::mail::ServerFault;
use crate::values::{At, CampaignId, Clock, NodeId};

/// With fewer outcomes than a quarter of the window, but never more than this, others are waited for …
const FEW: usize = 250;
/// … for so long.
const LINGER: Duration = Duration::from_millis(4);
const MOST: usize = 2_000;
/// A notice that could not be written is tried again after so long, whether there are outcomes or not.
const AGAIN: Duration = Duration::from_secs(1);

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
    pub accepted: Arc<Accepted>,
    pub rates: HashMap<CampaignId, FailureRate>,
    pub refusals: Refusals,
    /// What is still to be said of campaigns and servers, after their outcomes were committed.
    pub notices: Vec<Notice>,
}

/// Something that is written beside outcomes, in a transaction of its own: that it fails never holds them up.
#[derive(Debug, Clone)]
pub enum Notice {
    Stop(CampaignId, String),
    Failed { name: String, failures: u32, reason: String, until: At },
    Works { name: String },
}

impl Recorder {
    /// Until every sender of reports is gone and all is recorded.
    pub async fn run(mut self) {
        let mut batch = Vec::new();
        while self.wait(&mut batch).await {
            let (outcomes, items) = self.settle(batch.drain(..));
            self.commit(outcomes, items.len()).await;
            self.accepted.recorded(items.iter().map(|item| item.row.id));
            // Only now their places in the window are free.
            drop(items);
            self.window.freed.notify_one();
            self.say().await;
        }
    }

    /// Whether there are reports; `false` when there will be none any more.
    async fn wait(&mut self, batch: &mut Vec<Report>) -> bool {
        while !self.notices.is_empty() {
            tokio::select! {
                count = self.reports.recv_many(batch, MOST) => return count > 0,
                () = tokio::time::sleep(AGAIN) => self.say().await,
            }
        }
        if self.reports.recv_many(batch, MOST).await == 0 {
            return false;
        }
        let few = (self.window.size() / 4).min(FEW);
        let end = tokio::time::Instant::now() + LINGER;
        // Whoever is held and not here yet will report.
        while batch.len() < few && batch.len() < self.window.held() {
            let more = self.reports.recv_many(batch, MOST - batch.len());
            if !matches!(tokio::time::timeout_at(end, more).await, Ok(1..)) {
                break;
            }
        }
        true
    }

    fn settle(&mut self, reports: impl Iterator<Item = Report>) -> (HashMap<NodeId, Vec<Outcome>>, Vec<Item>) {
        let now = self.clock.now();
        let (mut outcomes, mut items) = (HashMap::<NodeId, Vec<Outcome>>::new(), Vec::new());
        let mut counted = metrics::Outcomes::default();
        for Report { item, verdict, server, mut fault } in reports {
            let verdict = self.judge(&item, verdict, server, &mut fault, now);
            if let Some(place) = server
                && let Some(server) = self.servers.get_mut(place)
            {
                self.notices.extend(server.note(&verdict, fault.map(|fault| fault.to_string()), now));
            }
            self.watch_rate(&item, &verdict);
            counted.add(server, &item.row.address, verdict.label());
            let name = server.and_then(|place| self.servers.get(place)).map(|server| server.name.as_str());
            outcomes.entry(item.lease).or_default().push(settle::outcome(&item, verdict, name, now));
            items.push(item);
        }
        counted.count(|place| self.servers.get(place).map(|server| server.name.as_str()));
        (outcomes, items)
    }

    /// What a refused content is taken for.
    fn judge(
        &mut self,
        item: &Item,
        verdict: Verdict,
        place: Option<usize>,
        fault: &mut Option<ServerFault>,
        now: At,
    ) -> Verdict {
        let (campaign, row) = (item.row.campaign_id, &item.row);
        let (code, reply, blamed) = match verdict {
            Verdict::Sent { .. } => {
                campaign.into_iter().for_each(|campaign| self.refusals.taken(campaign));
                return verdict;
            }
            Verdict::Refused { code, reply, fault } => (code, reply, fault),
            other => return other,
        };
        let several = campaign.is_some_and(|campaign| self.refusals.refused(campaign, Instant::now()));
        match (campaign, blamed) {
            // Our own content that breaks a policy of the server: perhaps not for ever.
            (None, Some(_)) => Verdict::Policy { code: Some(code), reply },
            (None, None) => Verdict::Refused { code, reply, fault: None },
            (Some(campaign), None) if several => {
                let reason = format!("{}{code} {reply}", explain::CONTENT);
                self.notices.push(Notice::Stop(campaign, reason));
                Verdict::Refused { code, reply, fault: None }
            }
            (Some(_), Some(blamed)) if several && refusals::is_young(row, now) => {
                let halt = place.and_then(|place| self.servers.get(place)).map(|server| server.halt.clone());
                *fault = halt.is_some_and(|halt| halt.raise()).then_some(blamed);
                Verdict::Back
            }
            (Some(_), _) => Verdict::Policy { code: Some(code), reply },
        }
    }

    fn watch_rate(&mut self, item: &Item, verdict: &Verdict) {
        let Some(campaign) = item.row.campaign_id else { return };
        let refused = match verdict {
            Verdict::Sent { .. } => false,
            // A server that takes mails and never says so would get every mail again and again.
            Verdict::Failed { .. } | Verdict::Policy { .. } | Verdict::Doubt { .. } => true,
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
    async fn commit(&mut self, outcomes: HashMap<NodeId, Vec<Outcome>>, count: usize) {
        let (outcomes, mut wait) = (Arc::new(outcomes), Duration::from_millis(100));
        loop {
            let begun = Instant::now();
            let (clock, outcomes) = (self.clock.clone(), outcomes.clone());
            let write = self.db.write(move |db| -> anyhow::Result<()> {
                for (node, outcomes) in outcomes.iter() {
                    record::record(db, outcomes, *node, clock.now())?;
                }
                Ok(())
            });
            match write.await {
                Ok(()) => return metrics::committed(count, begun.elapsed()),
                Err(error) => {
                    metrics::database_failed("record");
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
                metrics::database_failed("state");
                tracing::error!(error = format!("{error:#}"), "a notice to staff cannot be written; trying again");
                self.notices.push(notice);
            }
        }
    }
}

impl Watched {
    fn note(&mut self, verdict: &Verdict, fault: Option<String>, now: At) -> Option<Notice> {
        let name = self.name.clone();
        if let Some(reason) = fault {
            self.failures = self.failures.saturating_add(1);
            tracing::error!(server = name, failures = self.failures, fault = reason, "mail server paused");
            let wait = policy::server_wait(self.failures);
            self.halt.set_time(now, wait);
            return Some(Notice::Failed { name, failures: self.failures, reason, until: now + wait });
        }
        // While it is paused, a late reply to another connection proves nothing.
        if !matches!(verdict, Verdict::Sent { .. }) || self.halt.is_raised() {
            return None;
        }
        let recovered = self.halt.was_doubted() || self.failures > 0 || !self.proved;
        recovered.then(|| {
            (self.failures, self.proved) = (0, true);
            Notice::Works { name }
        })
    }
}
