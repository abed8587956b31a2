//! The engine: claims rows, hands them to senders, has outcomes recorded. One owner, no locks across awaits.
//!
//! At most the doubt window of rows per process is leased at any moment, whatever the speed: a row counts from its claim
//! until its outcome is committed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

use super::queue::{Item, Queue};
use super::rate::Bucket;
use super::recorder::Recorder;
use super::sender::{Report, Sender, Verdict};
use super::{Delivery, Lane, Lanes, Prepared, Renderers, Server, claim, servers};
use crate::config::Sending;
use crate::db::Database;
use crate::lease::Node;
use crate::mail::{Signer, Timeouts};
use crate::values::{At, CampaignId, Clock, DeliveryId, NodeId};

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
    pub renderers: Arc<Renderers>,
    pub lanes: Arc<dyn Lanes>,
    /// Rung when rows were enqueued in this process.
    pub bell: Arc<Notify>,
}

/// How long what is on the wire may take to finish after SIGTERM.
const GRACE: Duration = Duration::from_secs(8);
/// How often rows that other processes enqueued are looked for.
const LOOK: Duration = Duration::from_millis(500);

impl Outbox {
    /// Delivers until `stop` says so, then finishes what is on the wire. What has no reply by then stays leased: the
    /// keeper gives it back as in doubt.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let queue = Arc::new(Queue::new());
        let (reports, reported) = mpsc::unbounded_channel();
        let (in_flight, freed) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let halt = Arc::new(AtomicBool::new(false));
        let mut senders = JoinSet::new();
        for _ in 0..self.sending.connections {
            senders.spawn(self.sender(&queue, reports.clone(), &halt).run());
        }
        let recorder = tokio::spawn(
            Recorder {
                db: self.db.clone(),
                clock: self.clock.clone(),
                lanes: self.lanes.clone(),
                server: self.servers.first().map(|server| server.name.clone()).unwrap_or_default(),
                reports: reported,
                in_flight: in_flight.clone(),
                freed: freed.clone(),
                rates: HashMap::new(),
                server_failures: 0,
                proved: false,
            }
            .run(),
        );
        let bucket = Bucket::new(self.sending.rate);
        let mut engine = Engine {
            outbox: self,
            queue: queue.clone(),
            reports,
            in_flight,
            cursors: HashMap::new(),
            bucket,
            turn: 0,
            halt,
        };
        while !*stop.borrow() {
            let claimed = engine.pass().await.unwrap_or_else(|error| {
                tracing::error!(error = format!("{error:#}"), "deliveries cannot be claimed");
                0
            });
            if claimed == 0 {
                tokio::select! {
                    () = freed.notified() => {}
                    () = engine.outbox.bell.notified() => {}
                    () = tokio::time::sleep(LOOK) => {}
                    _ = stop.changed() => {}
                }
            }
        }
        for item in queue.close() {
            engine.report(item, Verdict::Back);
        }
        let all = async { while senders.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, all).await.is_err() {
            tracing::warn!("the mail server did not answer in time; what is on the wire is in doubt");
            senders.abort_all();
        }
        drop(engine);
        if tokio::time::timeout(Duration::from_secs(1), recorder).await.is_err() {
            tracing::error!("the last outcomes could not be recorded in time");
        }
    }

    fn sender(&self, queue: &Arc<Queue>, reports: mpsc::UnboundedSender<Report>, halt: &Arc<AtomicBool>) -> Sender {
        Sender {
            queue: queue.clone(),
            node: self.node.clone(),
            server: self.servers.first().cloned(),
            hello: self.hello.clone(),
            signer: self.signer.clone(),
            timeouts: self.timeouts,
            reports,
            halt: halt.clone(),
        }
    }
}

struct Engine {
    outbox: Outbox,
    queue: Arc<Queue>,
    reports: mpsc::UnboundedSender<Report>,
    in_flight: Arc<AtomicUsize>,
    /// How far each campaign's rows were claimed; a claim that finds nothing sweeps from the start next time.
    cursors: HashMap<CampaignId, DeliveryId>,
    bucket: Bucket,
    /// Which campaign is asked first next time.
    turn: usize,
    halt: Arc<AtomicBool>,
}

/// What one claim brought.
#[derive(Default)]
struct Claimed {
    ready: Vec<(Delivery, bool, Prepared)>,
    /// Rows that could not be prepared: they go back.
    back: Vec<Delivery>,
    open: Vec<CampaignId>,
    /// The mail server is left alone for now.
    paused: bool,
    cursors: HashMap<CampaignId, DeliveryId>,
}

impl Engine {
    /// Claims as many rows as there is room for. Answers how many.
    async fn pass(&mut self) -> anyhow::Result<usize> {
        let Some(lease) = self.outbox.node.id() else { return Ok(0) };
        let halted = self.halt.load(Ordering::SeqCst);
        if halted {
            for item in self.queue.take_all() {
                self.report(item, Verdict::Back);
            }
        }
        let window = usize::try_from(self.outbox.sending.doubt_window).unwrap_or(1);
        let in_flight = self.in_flight.load(Ordering::SeqCst);
        let room = self.bucket.room(window.saturating_sub(in_flight));
        // Claims in halves of the window: one statement per few rows would be the bottleneck.
        if room == 0 || (in_flight > 0 && room < window.div_ceil(2) && self.bucket.is_unlimited()) {
            return Ok(0);
        }
        let (outbox, cursors, turn) = (self.outbox.clone(), std::mem::take(&mut self.cursors), self.turn);
        self.turn = self.turn.wrapping_add(1);
        let claimed = tokio::task::spawn_blocking(move || outbox.claim(lease, room, cursors, turn)).await??;
        self.cursors = claimed.cursors;
        if halted && !claimed.paused {
            self.halt.store(false, Ordering::SeqCst);
        }
        for item in self.queue.take_campaigns(|campaign| !claimed.open.contains(&campaign)) {
            self.report(item, Verdict::Back);
        }
        let count = claimed.ready.len() + claimed.back.len();
        self.in_flight.fetch_add(count, Ordering::SeqCst);
        self.bucket.take(claimed.ready.iter().filter(|(_, _, prepared)| matches!(prepared, Prepared::Mail(_))).count());
        for row in claimed.back {
            self.report(item(row, false, lease), Verdict::Back);
        }
        let mut items = Vec::with_capacity(claimed.ready.len());
        for (row, hold, prepared) in claimed.ready {
            match prepared {
                Prepared::Mail(mail) => items.push(Item { row, hold, lease, mail: Some(mail) }),
                Prepared::Later { at, reason } => self.report(item(row, hold, lease), Verdict::Later { at, reason }),
                Prepared::Skip(reason) => self.report(item(row, hold, lease), Verdict::Skipped { reason }),
            }
        }
        self.queue.push(items);
        Ok(count)
    }

    fn report(&self, item: Item, verdict: Verdict) {
        // The recorder lives as long as the engine; if it is gone, the keeper gives the row back.
        let _ = self.reports.send(Report::Settled(Box::new(item), verdict));
    }
}

/// A row without its mail, for verdicts that need none.
fn item(row: Delivery, hold: bool, lease: NodeId) -> Item {
    Item { row, hold, lease, mail: None }
}

impl Outbox {
    fn claim(
        &self,
        lease: NodeId,
        room: usize,
        mut cursors: HashMap<CampaignId, DeliveryId>,
        turn: usize,
    ) -> anyhow::Result<Claimed> {
        let now = self.clock.now();
        let server = self.servers.first().map(|server| server.name.clone()).unwrap_or_default();
        let room = i64::try_from(room)?;
        let (paused, lanes) = self.db.read_here(|db| -> anyhow::Result<_> {
            Ok((servers::paused_until(db, &server)?, self.lanes.open(db, now)?))
        })?;
        let mut claimed = Claimed { open: lanes.iter().map(|lane| lane.campaign).collect(), ..Claimed::default() };
        if paused.is_some_and(|until| until > now) {
            claimed.cursors = cursors;
            claimed.paused = true;
            return Ok(claimed);
        }
        let mut rows: Vec<(Delivery, bool)> = self.db.write_here(|db| -> anyhow::Result<_> {
            Ok(claim::claim_system(db, lease, now, room)?.into_iter().map(|row| (row, false)).collect())
        })?;
        for index in 0..lanes.len() {
            let left = room - i64::try_from(rows.len())?;
            let share = left / i64::try_from(lanes.len() - index)?;
            if let Some(lane) = lanes.get((index + turn) % lanes.len()) {
                let after = cursors.remove(&lane.campaign).unwrap_or(DeliveryId(0));
                let (found, cursor) = self.claim_lane(*lane, after, lease, now, share.max(left.min(1)))?;
                cursors.extend(cursor.map(|cursor| (lane.campaign, cursor)));
                rows.extend(found.into_iter().map(|row| (row, lane.hold)));
            }
        }
        claimed.cursors = cursors;
        self.prepare(rows, now, &mut claimed);
        Ok(claimed)
    }

    fn claim_lane(
        &self,
        lane: Lane,
        after: DeliveryId,
        lease: NodeId,
        now: At,
        limit: i64,
    ) -> anyhow::Result<(Vec<Delivery>, Option<DeliveryId>)> {
        if limit <= 0 {
            return Ok((Vec::new(), Some(after)));
        }
        self.db.write_here(|db| {
            let mut rows = claim::claim_deferred(db, lane.campaign, lease, now, limit)?;
            let left = limit - i64::try_from(rows.len())?;
            let queued = match left > 0 {
                true => claim::claim_queued(db, lane.campaign, after, lease, now, left)?,
                false => Vec::new(),
            };
            let full = i64::try_from(queued.len())? == left;
            let cursor = queued.last().map(|row| row.id).filter(|_| full).or((left == 0).then_some(after));
            rows.extend(queued);
            if rows.is_empty() && after == DeliveryId(0) && !claim::is_unfinished(db, lane.campaign)? {
                self.lanes.finished(db, lane.campaign, now)?;
            }
            Ok((rows, cursor))
        })
    }

    /// Asks each renderer once for all its rows. A batch that cannot be prepared goes back.
    fn prepare(&self, rows: Vec<(Delivery, bool)>, now: At, claimed: &mut Claimed) {
        let mut by_mail: HashMap<String, (Vec<Delivery>, Vec<bool>)> = HashMap::new();
        for (row, hold) in rows {
            let entry = by_mail.entry(row.mail.clone()).or_default();
            entry.0.push(row);
            entry.1.push(hold);
        }
        for (mail, (rows, holds)) in by_mail {
            let renderer = self.renderers.of(&mail).clone();
            match self.db.read_here(|db| renderer.prepare(db, &rows, now)) {
                Ok(prepared) if prepared.len() == rows.len() => {
                    let ready = rows.into_iter().zip(holds).zip(prepared).map(|((row, hold), mail)| (row, hold, mail));
                    claimed.ready.extend(ready);
                }
                Ok(_) => {
                    tracing::error!(mail, "a renderer did not answer for every row");
                    claimed.back.extend(rows);
                }
                Err(error) => {
                    tracing::error!(mail, error = format!("{error:#}"), "mails cannot be prepared");
                    claimed.back.extend(rows);
                }
            }
        }
    }
}
