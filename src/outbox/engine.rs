//! The engine: claims rows, hands them to senders, has outcomes recorded. One owner, no locks across awaits.
//!
//! At most the doubt window of rows per process is leased at any moment, whatever the speed: a row counts from its claim
//! until its outcome is committed. Claims go on while earlier rows are prepared, sent and recorded.

mod upkeep;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

use super::accepted::Accepted;
use super::claim::Part;
use super::domains::Domains;
use super::limits::{Allowances, Limit};
use super::look::Seen;
use super::lost::Lost;
use super::plan::{Plan, Trouble};
use super::queue::Item;
use super::routes::Routes;
use super::source::{Drawn, Source};
use super::verdict::{Report, Verdict};
use super::window::{Place, Window};
use super::{Delivery, Lanes, Prepared, Renderers, Server, claim, crew, metrics};
use crate::config::Sending;
use crate::db::Database;
use crate::lease::Node;
use crate::mail::{Signer, Timeouts};
use crate::values::{CampaignId, Clock, NodeId};

/// What the engine needs, put together by `app`.
#[derive(Clone)]
pub struct Outbox {
    pub db: Database,
    pub clock: Clock,
    pub node: Arc<Node>,
    /// At least one.
    pub servers: Vec<Arc<Server>>,
    /// How this host greets mail servers.
    pub hello: String,
    pub signer: Option<Arc<Signer>>,
    pub timeouts: Timeouts,
    pub sending: Sending,
    /// What this process writes down of mails that left; see `accepted`.
    pub accepted: Arc<Accepted>,
    pub renderers: Arc<Renderers>,
    pub lanes: Arc<dyn Lanes>,
    /// Rung when rows were enqueued in this process.
    pub bell: Arc<Notify>,
}

/// How often the state of campaigns, limits and servers is looked at, also for work that another process made …
const LOOK: Duration = Duration::from_millis(200);
/// … and when the last mail was recorded, if the last look was not a moment ago.
const LAST_LOOK: Duration = Duration::from_millis(20);
/// After the database refused a claim, the next try waits so long, and longer each time …
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// … but no longer than this.
const LAST_WAIT: Duration = Duration::from_secs(2);
/// When a system mail that could not be prepared is tried again: others are not to wait for it.
const LATER: TimeDelta = TimeDelta::minutes(1);

impl Outbox {
    /// Delivers until `stop` says so, then finishes what is on the wire. What has no reply by then stays leased: the
    /// keeper gives it back as in doubt.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let (reports, reported) = mpsc::unbounded_channel();
        let window = Arc::new(Window::new(usize::try_from(self.sending.doubt_window).unwrap_or(1)));
        let connections: u32 = self.servers.iter().map(|server| server.connections).sum();
        let domains = Arc::new(Domains::new(usize::try_from(connections).unwrap_or(1)));
        let routes = Routes::new(&self.servers);
        let crew = crew::Crew::hire(&self, &routes, &domains, &reports);
        let recorder = tokio::spawn(crew::recorder(&self, &routes, &window, reported).run());
        let mut engine = Engine {
            outbox: Arc::new(self),
            routes: Arc::new(Mutex::new(routes)),
            reports,
            window,
            domains,
            plan: Plan::default(),
            allowances: Allowances::default(),
            preparing: JoinSet::new(),
            leaving: Vec::new(),
            looked: None,
            lost: Lost::default(),
            always: Arc::new(AtomicBool::new(true)),
        };
        let mut wait = FIRST_WAIT;
        while !*stop.borrow() {
            match engine.pass().await {
                Ok(true) => wait = FIRST_WAIT,
                Ok(false) => {
                    wait = FIRST_WAIT;
                    engine.rest(&mut stop).await;
                }
                Err(error) => {
                    metrics::database_failed("claim");
                    tracing::error!(error = format!("{error:#}"), "deliveries cannot be claimed");
                    engine.lost.suspect();
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        _ = stop.changed() => {}
                    }
                    wait = (wait * 2).min(LAST_WAIT);
                }
            }
        }
        engine.stop(crew, recorder).await;
    }
}

struct Engine {
    outbox: Arc<Outbox>,
    routes: Arc<Mutex<Routes>>,
    reports: mpsc::UnboundedSender<Report>,
    window: Arc<Window>,
    domains: Arc<Domains>,
    plan: Plan,
    allowances: Allowances,
    /// Batches that are claimed and not handed out yet.
    preparing: JoinSet<()>,
    /// What was in store of campaigns that were closed, until it is recorded.
    leaving: Vec<Source>,
    looked: Option<Instant>,
    lost: Lost,
    /// For rows of no campaign: nothing closes them.
    always: Arc<AtomicBool>,
}

impl Engine {
    /// Nothing can be done at once: waits until that may have changed.
    async fn rest(&mut self, stop: &mut watch::Receiver<bool>) {
        let idle = self.window.held() == 0;
        tokio::select! {
            () = self.window.freed.notified(), if !idle => {
                // The last is recorded: perhaps a campaign is over.
                if self.window.held() == 0 && self.looked.is_some_and(|at| at.elapsed() >= LAST_LOOK) {
                    self.looked = None;
                }
            }
            () = self.outbox.bell.notified() => self.looked = None,
            () = tokio::time::sleep(if idle { LOOK } else { LOOK / 4 }) => {}
            _ = stop.changed() => {}
        }
    }

    /// Looks when it is time, then claims one batch. Answers whether it did anything that may be done again at once.
    async fn pass(&mut self) -> anyhow::Result<bool> {
        while let Some(done) = self.preparing.try_join_next() {
            if let Err(error) = done {
                tracing::error!(%error, "a batch of mails was lost while it was prepared; it is found again");
                self.lost.suspect();
            }
        }
        let Some(lease) = self.outbox.node.id() else { return Ok(false) };
        self.outbox.accepted.begin(lease);
        if self.looked.is_none_or(|at| at.elapsed() >= LOOK) {
            self.look(lease).await?;
        }
        let room = self.window.campaign_room();
        let batch = self.window.batch();
        if room < batch || lock(&self.routes).usable().is_empty() {
            return Ok(false);
        }
        self.claim(lease, batch).await
    }

    async fn look(&mut self, lease: NodeId) -> anyhow::Result<()> {
        self.settle_blocks().await?;
        let quiet: Vec<CampaignId> = self.plan.quiet().map(|plan| plan.lane.campaign).collect();
        let outbox = self.outbox.clone();
        let Seen { open, limited, stale } = tokio::task::spawn_blocking(move || outbox.look(&quiet)).await??;
        self.looked = Some(Instant::now());
        let now = Instant::now();
        let slow = self.domains.review(now);
        let closed = self.plan.look(&open, &limited, (&slow, &self.domains), now);
        let back = {
            let mut routes = lock(&self.routes);
            routes.look(&stale, self.outbox.clock.now());
            let mut back = Vec::new();
            if !closed.is_empty() {
                back.extend(routes.list.iter().flat_map(|route| route.queue.take(|item| !item.is_open())));
            }
            // What waits for a server that fails goes to the others at once, or back when there are none.
            let stranded = routes.strand();
            back.extend(routes.hand_out_to_all(stranded));
            back
        };
        back.into_iter().for_each(|item| self.report(item, Verdict::Back));
        self.leaving.extend(closed.into_iter().map(|mut source| {
            source.close();
            source
        }));
        if self.lost.is_due(now) {
            self.find_lost(lease, now).await?;
        }
        let room = self.window.system_room();
        if room > 0 && !lock(&self.routes).usable().is_empty() {
            let outbox = self.outbox.clone();
            let rows = tokio::task::spawn_blocking(move || outbox.claim_system(lease, room)).await??;
            if !rows.is_empty() {
                let items = rows.into_iter().map(|row| self.item(row, lease, None, None)).collect();
                self.prepare(items, None, None);
            }
        }
        Ok(())
    }

    /// Claims a batch of the next part that has some.
    async fn claim(&mut self, lease: NodeId, wanted: usize) -> anyhow::Result<bool> {
        let Some(place) = self.plan.next(wanted, Instant::now()) else {
            self.give_back().await?;
            return Ok(false);
        };
        let outbox = self.outbox.clone();
        let Some((plan, part)) = self.plan.part(place) else { return Ok(false) };
        let (lane, key, due) = (plan.lane, part.part.clone(), part.due);
        let (trouble, parts) = (plan.trouble.clone(), plan.parts.len());
        let wanted = part.room(wanted);
        let shared: Vec<Limit> = [Limit::all(outbox.sending.rate), Limit::campaign(lane.campaign, lane.per_minute)]
            .into_iter()
            .flatten()
            .chain(part.limit.clone())
            .collect();
        let usable = lock(&self.routes).usable();
        let servers: Vec<(usize, Vec<Limit>)> =
            usable.into_iter().filter_map(|place| Some((place, outbox.servers.get(place)?.limits(true)))).collect();
        let allowances = std::mem::take(&mut self.allowances);
        let source = self.plan.lane_mut(place).map(|plan| std::mem::take(&mut plan.source)).unwrap_or_default();
        let work = move || {
            let (mut allowances, mut source) = (allowances, source);
            let claimed = outbox.allow(&mut allowances, &shared, &servers, wanted).and_then(|(asked, budget)| {
                let (mut drawn, begun) = (Drawn::default(), Instant::now());
                if asked > 0 && due {
                    let (now, limit) = (outbox.clock.now(), i64::try_from(asked)?);
                    let of = (lane.campaign, &key);
                    drawn.rows = outbox
                        .db
                        .statement_here(|db| -> anyhow::Result<_> { Ok(claim::due(db, of, lease, now, limit)?) })?;
                } else if asked > 0 {
                    let apart = match &key {
                        Part::Rest(domains) => domains.as_slice(),
                        Part::Domain(_) => &[],
                    };
                    drawn = outbox.draw(&mut source, (lane.campaign, apart), lease, asked)?;
                }
                allowances.spend(&shared, drawn.rows.len());
                Ok((drawn, begun.elapsed(), asked, budget))
            });
            (claimed, allowances, source)
        };
        let (claimed, allowances, source) = tokio::task::spawn_blocking(work).await?;
        self.allowances = allowances;
        // If it failed, nobody knows what was committed: what is leased by us and not in store is found as lost.
        let lost = claimed.is_err() && !due;
        if let Some(plan) = self.plan.lane_mut(place).filter(|_| !lost) {
            plan.source = source;
        }
        let (Drawn { rows, held, empty }, took, asked, budget) = claimed?;
        let budget = lock(&self.routes).apportion(rows.len(), budget);
        for (place, count) in &budget {
            if let Some(server) = self.outbox.servers.get(*place) {
                self.allowances.spend(&server.limits(true), *count);
            }
        }
        let Some(part) = self.plan.part_mut(place) else { return Ok(false) };
        if asked == 0 {
            // Its limit is used up: asked again after the next look.
            (part.done, part.due) = (true, false);
            return Ok(true);
        }
        match due {
            true => part.found_due(rows.len() < asked, took, (Instant::now(), parts)),
            false => part.done = empty,
        }
        if !rows.is_empty() {
            let items = rows.into_iter().map(|row| self.item(row, lease, Some(place), held.as_ref())).collect();
            self.prepare(items, Some(budget), Some(trouble));
        }
        Ok(true)
    }

    /// `block` counts the rows of its block that are held.
    fn item(
        &mut self,
        row: Delivery,
        lease: NodeId,
        place: Option<(usize, usize)>,
        block: Option<&Arc<AtomicUsize>>,
    ) -> Item {
        let held = self.window.hold(row.id, row.campaign_id.is_none());
        let (mut open, mut hold, mut places) = (self.always.clone(), false, [None, None, block.map(Place::of)]);
        if let Some((plan, part)) = place.and_then(|place| self.plan.part(place)) {
            (open, hold) = (plan.open.clone(), plan.lane.hold);
            let [of_campaign, of_domain, _] = &mut places;
            (*of_campaign, *of_domain) = (Some(Place::of(&plan.held)), Some(Place::of(&part.load.claimed)));
        }
        Item { row, hold, lease, mail: None, open, held, places }
    }

    /// Prepares the rows off the engine, which claims on meanwhile, and hands them out. `trouble` is their campaign's.
    fn prepare(&mut self, items: Vec<Item>, budget: Option<HashMap<usize, usize>>, trouble: Option<Arc<Trouble>>) {
        let (outbox, routes, reports) = (self.outbox.clone(), self.routes.clone(), self.reports.clone());
        self.preparing.spawn_blocking(move || {
            let mut ready = Vec::with_capacity(items.len());
            let prepared = outbox.prepare(items);
            if let Some(trouble) = trouble {
                trouble.note(prepared.iter().any(|(_, prepared)| prepared.is_none()), Instant::now());
            }
            for (mut item, prepared) in prepared {
                let verdict = match prepared {
                    Some(Prepared::Mail(mail)) => {
                        item.mail = Some(mail);
                        ready.push(item);
                        continue;
                    }
                    Some(Prepared::Later { at, reason }) => Verdict::Later { at, reason },
                    Some(Prepared::Skip(reason)) => Verdict::Skipped { reason },
                    None if item.row.campaign_id.is_some() => Verdict::Back,
                    None => Verdict::Later {
                        at: outbox.clock.now() + LATER,
                        reason: "The mail could not be prepared (see the log).".into(),
                    },
                };
                let _ = reports.send(Report::of(item, verdict));
            }
            let left = match budget {
                Some(budget) => lock(&routes).hand_out(ready, &budget),
                None => lock(&routes).hand_out_to_all(ready),
            };
            for item in left {
                let _ = reports.send(Report::of(item, Verdict::Back));
            }
        });
    }

    async fn stop(mut self, crew: crew::Crew, recorder: tokio::task::JoinHandle<()>) {
        let prepared = async { while self.preparing.join_next().await.is_some() {} };
        if tokio::time::timeout(Duration::from_millis(500), prepared).await.is_err() {
            tracing::warn!("the database did not answer in time; what was claimed last is given back by the keeper");
        }
        let waiting: Vec<Item> = lock(&self.routes).list.iter().flat_map(|route| route.queue.close()).collect();
        waiting.into_iter().for_each(|item| self.report(item, Verdict::Back));
        let left = crew.dismiss().await;
        left.back.into_iter().for_each(|item| self.report(item, Verdict::Back));
        let Self { reports, window, outbox, mut allowances, preparing, .. } = self;
        drop((reports, preparing));
        if tokio::time::timeout(Duration::from_secs(1), recorder).await.is_err() {
            tracing::error!("the last outcomes could not be recorded in time");
        } else if window.held() == left.in_doubt.len() && left.in_doubt.is_empty() {
            outbox.accepted.end();
        }
        let given = tokio::task::spawn_blocking(move || allowances.give_back(&outbox.db));
        let _ = tokio::time::timeout(Duration::from_millis(300), given).await;
    }

    fn report(&self, item: Item, verdict: Verdict) {
        // The recorder lives as long as the engine; if it is gone, the keeper gives the row back.
        let _ = self.reports.send(Report::of(item, verdict));
    }
}

fn lock(routes: &Mutex<Routes>) -> MutexGuard<'_, Routes> {
    routes.lock().unwrap_or_else(PoisonError::into_inner)
}
