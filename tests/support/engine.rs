//! The delivery engine alone: rows, a renderer and lanes of the test's own, against an SMTP sink.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use pledgepost::config::Sending;
use pledgepost::db::{Database, Db};
use pledgepost::error::Error;
use pledgepost::lease::{Gone, Heirs, Keeper, Node};
use pledgepost::mail::{Email, Kind, MailServer, Sender, Timeouts, message_id, whole};
use pledgepost::outbox::accepted::{self, Place};
use pledgepost::outbox::{
    self, Accepted, Delivery, DeliveryState, Lane, Lanes, Outbox, Prepared, Renderer, Renderers, Server,
};
use pledgepost::values::{At, CampaignId, Clock, EmailAddress, Language, NodeId, RootKey};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::TestDb;
use super::smtp_sink::SmtpSink;

pub const CAMPAIGN: CampaignId = CampaignId(1);

/// One open campaign, as the engine's tests need it.
#[derive(Default)]
pub struct TestLanes {
    pub hold: bool,
    /// Beside [`CAMPAIGN`].
    pub others: Vec<CampaignId>,
    pub closed: Mutex<bool>,
    pub finished: Mutex<bool>,
    pub stopped: Mutex<Option<String>>,
}

impl Lanes for TestLanes {
    fn open(&self, _: &mut Db, _: At) -> QueryResult<Vec<Lane>> {
        let open =
            !*self.closed.lock().unwrap() && !*self.finished.lock().unwrap() && self.stopped.lock().unwrap().is_none();
        let all = open.then_some(CAMPAIGN).into_iter().chain(self.others.iter().copied());
        Ok(all.map(|campaign| Lane { campaign, hold: self.hold, per_minute: None }).collect())
    }
    fn holding(&self, _: &mut Db) -> QueryResult<Vec<CampaignId>> {
        Ok(self.hold.then_some(CAMPAIGN).into_iter().collect())
    }
    fn finished(&self, _: &mut Db, campaign: CampaignId, _: At) -> QueryResult<()> {
        if campaign == CAMPAIGN {
            *self.finished.lock().unwrap() = true;
        }
        Ok(())
    }
    fn stop(&self, _: &mut Db, _: CampaignId, reason: &str, _: At) -> QueryResult<()> {
        *self.stopped.lock().unwrap() = Some(reason.to_owned());
        Ok(())
    }
}

/// Makes a small mail of every row; addresses that begin with `left` are skipped, as if their reader had left.
struct TestRenderer(RootKey);

impl Renderer for TestRenderer {
    fn prepare(&self, _: &mut Db, rows: &[Delivery], now: At) -> anyhow::Result<Vec<Prepared>> {
        Ok(rows
            .iter()
            .map(|row| {
                if row.address.as_str().starts_with("left") {
                    return Prepared::Skip("left before it was sent".into());
                }
                let (row, message_id) = (row.clone(), message_id(&self.0, row.id, "example.org"));
                Prepared::Mail(whole(move || {
                    Ok(Email {
                        from: Sender { name: "Equal Ground".into(), address: EmailAddress::parse("news@example.org")? },
                        reply_to: None,
                        to: row.address,
                        to_name: None,
                        subject: "Test".into(),
                        text: "Text".into(),
                        html: "<p>Text</p>".into(),
                        language: Language::english(),
                        date: now,
                        message_id,
                        kind: Kind::System,
                    })
                }))
            })
            .collect())
    }
}

pub struct TestEngine {
    pub db: Database,
    pub clock: Clock,
    pub lanes: Arc<TestLanes>,
    pub node: Arc<Node>,
    pub window: u32,
    pub connections: u32,
    /// Mails per second of all nodes; 0 is no limit.
    pub rate: u32,
    pub timeouts: Timeouts,
    pub bell: Arc<Notify>,
    /// Where the record of accepted mails lies; none is kept without.
    pub state: Option<Arc<tempfile::TempDir>>,
    running: Option<Running>,
    _test: Arc<TestDb>,
}

struct Running {
    stop: watch::Sender<bool>,
    stop_keeper: watch::Sender<bool>,
    outbox: JoinHandle<()>,
    keeper: JoinHandle<()>,
}

impl TestEngine {
    pub fn new(test: Arc<TestDb>, hold: bool) -> Self {
        Self {
            db: test.connect(),
            clock: Clock::fake(At::from_micros(1_790_000_000_000_000)),
            lanes: Arc::new(TestLanes { hold, ..TestLanes::default() }),
            node: Arc::default(),
            window: 50,
            connections: 4,
            rate: 0,
            timeouts: Timeouts::all(Duration::from_secs(5)),
            bell: Arc::default(),
            state: None,
            running: None,
            _test: test,
        }
    }

    /// Rows of one campaign to `name0@example.org` …
    pub fn add_rows(&self, name: &str, count: usize) {
        self.add_rows_of(CAMPAIGN, (0..count).map(|n| format!("{name}{n}@example.org")));
    }

    /// A mail of no campaign.
    pub fn add_system_mail(&self, address: &str) {
        let address = EmailAddress::parse(address).unwrap();
        let mail = outbox::NewDelivery::system("test", address, Language::english(), &serde_json::json!({})).unwrap();
        let now = self.clock.now();
        self.db.write_here(|db| -> Result<_, Error> { Ok(outbox::enqueue(db, &mail, now)?) }).unwrap();
    }

    pub fn add_rows_of(&self, campaign: CampaignId, addresses: impl Iterator<Item = String>) {
        let rows: Vec<_> = addresses.map(|address| serde_json::json!({ "address": address })).collect();
        let json = serde_json::to_string(&rows).unwrap();
        let now = self.clock.now();
        self.db
            .write_here(|db| -> Result<_, Error> {
                let before = outbox::blocks::newest(db)?;
                let sql = format!(
                    "{}INSERT INTO deliveries \
                     (mail, campaign_id, address, language, state, attempts, created_at, updated_at) \
                     SELECT 'campaign', $2, v.address, 'en', 'queued', 0, $3, $4 FROM v",
                    pledgepost::db::dialect::with_rows(db, &[("address", "text")])
                );
                diesel::sql_query(sql)
                    .bind::<Text, _>(json)
                    .bind::<BigInt, _>(campaign)
                    .bind::<pledgepost::db::types::Instant, _>(now)
                    .bind::<pledgepost::db::types::Instant, _>(now)
                    .execute(db)?;
                Ok(outbox::blocks::cover(db, campaign, before)?)
            })
            .unwrap();
    }

    fn place(&self) -> Option<Place> {
        let folder = self.state.as_ref()?.path().to_owned();
        Some(Place { folder, prefix: "test.accepted-".into() })
    }

    fn heirs(&self) -> Heirs {
        let (lanes, place) = (self.lanes.clone(), self.place());
        vec![Arc::new(move |db: &mut Db, node: NodeId, now: At| {
            if let Some(place) = &place {
                accepted::heir::settle(db, place, node, now)?;
            }
            let holding = lanes.holding(db)?;
            outbox::release(db, node, &holding, now).map(drop)
        })]
    }

    pub fn keeper(&self) -> Keeper {
        let gone = self
            .place()
            .map(|place| Gone { which: Arc::new(move || accepted::heir::gone(&place)), buried: Arc::new(|_| {}) });
        Keeper::new(self.db.clone(), self.clock.clone(), self.node.clone(), self.heirs()).knowing(gone)
    }

    pub async fn start(&mut self, sink: &SmtpSink) {
        let url = sink.url();
        self.start_to(&url).await;
    }

    pub async fn start_to(&mut self, url: &str) {
        let server = Server::plain(MailServer::parse(url).unwrap(), self.connections);
        self.start_with(vec![server]).await;
    }

    /// With several mail servers.
    pub async fn start_with(&mut self, servers: Vec<Server>) {
        let renderer = Arc::new(TestRenderer(RootKey::from_bytes([1; 32])));
        let outbox = Outbox {
            db: self.db.clone(),
            clock: self.clock.clone(),
            node: self.node.clone(),
            servers: servers.into_iter().map(Arc::new).collect(),
            hello: "example.org".into(),
            signer: None,
            timeouts: self.timeouts,
            sending: Sending {
                connections: self.connections,
                rate: self.rate,
                doubt_window: self.window,
                state_dir: None,
            },
            accepted: Accepted::new(self.place(), usize::try_from(self.window).unwrap()),
            renderers: Arc::new(Renderers { named: HashMap::new(), other: renderer }),
            lanes: self.lanes.clone(),
            bell: self.bell.clone(),
        };
        let (stop, stopped) = watch::channel(false);
        let (stop_keeper, keeper_stopped) = watch::channel(false);
        let mut keeper = self.keeper();
        let keeper = tokio::task::spawn_blocking(move || {
            keeper.pass().unwrap();
            keeper
        })
        .await
        .unwrap();
        self.running = Some(Running {
            stop,
            stop_keeper,
            outbox: tokio::spawn(outbox.run(stopped)),
            keeper: tokio::spawn(keeper.run(keeper_stopped)),
        });
    }

    /// As on SIGTERM; answers how long it took.
    pub async fn stop(&mut self) -> Duration {
        let begun = Instant::now();
        let running = self.running.take().unwrap();
        running.stop.send(true).unwrap();
        running.outbox.await.unwrap();
        running.stop_keeper.send(true).unwrap();
        running.keeper.await.unwrap();
        begun.elapsed()
    }

    /// As on `kill -9`: nothing is finished, recorded or given back.
    pub async fn kill(&mut self) {
        let running = self.running.take().unwrap();
        running.outbox.abort();
        running.keeper.abort();
        let _ = (running.outbox.await, running.keeper.await);
        self.node = Arc::default();
    }

    pub fn count(&self, state: DeliveryState) -> i64 {
        self.states().get(&state).copied().unwrap_or(0)
    }

    pub fn states(&self) -> HashMap<DeliveryState, i64> {
        let counts = self.db.read_here(|db| -> Result<_, Error> { Ok(outbox::store::count_by_state(db, CAMPAIGN)?) });
        counts.unwrap().into_iter().collect()
    }

    pub fn rows(&self, state: DeliveryState) -> Vec<Delivery> {
        let request = pledgepost::values::PageRequest::new(None, 500);
        let page = self.db.read_here(|db| -> Result<_, Error> {
            Ok(outbox::store::list(db, CAMPAIGN, Some(state), None, None, request)?)
        });
        page.unwrap().rows
    }

    /// Waits until `done`; moves the clock meanwhile when `advance` is given, so that waits pass.
    pub async fn until(&self, what: &str, advance: Option<chrono::Duration>, done: impl Fn(&Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(30);
        while !done(self) {
            assert!(Instant::now() < end, "never happened: {what}; rows: {:?}", self.states());
            if let Some(by) = advance {
                self.clock.advance(by);
            }
            self.bell.notify_one();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn until_finished(&self, advance: Option<chrono::Duration>) {
        self.until("the campaign is finished", advance, |engine| *engine.lanes.finished.lock().unwrap()).await;
    }

    /// As the recurring task does: gives back what nodes that are not there had leased.
    pub fn adopt_orphans(&self) {
        let now = self.clock.now();
        self.db
            .write_here(|db| -> Result<_, Error> {
                let alive: Vec<NodeId> = pledgepost::lease::nodes(db)?.into_iter().map(|(id, _)| id).collect();
                for id in outbox::leases(db)?.into_iter().filter(|id| !alive.contains(id)) {
                    outbox::release(db, id, &[], now)?;
                }
                Ok(())
            })
            .unwrap();
    }

    /// The most rows that were leased at one moment is what a crash may leave in doubt.
    pub fn leased(&self) -> i64 {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            n: i64,
        }
        self.db
            .read_here(|db| -> Result<_, Error> {
                let sql = "SELECT COUNT(*) AS n FROM deliveries WHERE state = 'sending'";
                Ok(diesel::sql_query(sql).get_result::<Count>(db)?.n + outbox::blocks::in_hand(db, None)?)
            })
            .unwrap()
    }
}
