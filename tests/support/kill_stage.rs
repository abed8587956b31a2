//! A live installation as a child process between a Stripe, a mail server and a giver that the test holds in its hands.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use pledgepost::db::{Database, Db};
use pledgepost::error::Error;
use pledgepost::organisation::{self, Organisation};
use pledgepost::stripe::{Checkout, Interval, Listing, StripeApi, signature};
use pledgepost::values::Clock;
use serde_json::Value;
use tokio::task::JoinHandle;

use super::program::{Program, Running, free_port};
use super::proxy::{Held, Proxy, Side};
use super::smtp_sink::{Script, SmtpSink};
use super::stripe::{SECRET_KEY, StripeStage, WEBHOOK_SECRET};
use super::{Backend, TestDb};

/// On PostgreSQL, others take a killed node for dead after 30 seconds; a busy machine, with seven installations that are
/// killed at the same time beside other tests, needs some more.
pub const PATIENCE: Duration = Duration::from_secs(150);
pub const GIVER: &str = "ada@example.org";

pub struct KillStage {
    pub stripe: StripeStage,
    pub proxy: Proxy,
    pub sink: SmtpSink,
    pub courier: Courier,
    program: Program,
    child: Option<Running>,
    base: String,
    db: Database,
    _test: TestDb,
}

/// What the books say at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Books {
    /// State and minor units, oldest first.
    pub donations: Vec<(String, i64)>,
    pub receipts: Vec<i64>,
    /// Pending rows of the inbox.
    pub waiting: i64,
    pub failed: i64,
}

impl KillStage {
    pub async fn start(backend: Backend) -> Self {
        let (test, stripe) = (TestDb::unmigrated(backend), StripeStage::start(backend, Clock::System));
        let (proxy, sink) = (Proxy::start(stripe.addr), SmtpSink::start(Script::accept_all()));
        let port = free_port();
        let program = Program::live(&test.url, &sink)
            .with("PLEDGEPOST_BIND", &format!("127.0.0.1:{port}"))
            .with("PLEDGEPOST_STRIPE_SECRET_KEY", SECRET_KEY)
            .with("PLEDGEPOST_STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
            .with("PLEDGEPOST_STRIPE_API_BASE", &proxy.url());
        program.ok(&["migrate"]);
        let db = test.connect();
        db.write_here(|db| -> Result<(), Error> {
            let own = Organisation {
                name: "Pledgepost".into(),
                legal_name: "Pledgepost e.V.".into(),
                postal_address: "1 Main Street\nBerlin".into(),
                mail_from: "gifts@example.org".into(),
                ..Organisation::fresh(Clock::System.now())
            };
            Ok(organisation::store::save(db, &own)?)
        })
        .unwrap();
        let base = format!("http://127.0.0.1:{port}");
        let courier = Courier::start(&stripe, &base);
        let mut stage = Self { stripe, proxy, sink, courier, program, child: None, base, db, _test: test };
        stage.restart().await;
        stage
    }

    /// Starts `serve` and waits until it answers.
    pub async fn restart(&mut self) {
        self.child = Some(self.program.start(&["serve"]));
        let (client, url) = (reqwest::Client::new(), format!("{}/health/ready", self.base));
        within(Duration::from_secs(90), "serve answers", || {
            let get = client.get(&url).send();
            async move { get.await.is_ok_and(|answer| answer.status().is_success()) }
        })
        .await;
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("a running child");
        child.signal("KILL");
        assert_eq!(child.wait(), None, "ended by the signal, not by itself");
    }

    /// Asks it to end, and waits.
    pub fn stop(&mut self) {
        let mut child = self.child.take().expect("a running child");
        child.signal("TERM");
        assert_eq!(child.wait(), Some(0));
    }

    /// What a command of the program ends with and says, answers and complaints together.
    pub fn said(&self, args: &[&str]) -> (Option<i32>, String) {
        let output = self.program.run(args);
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.code(), text)
    }

    /// `stripe sync --json`: the exit code and the report.
    pub fn sync_json(&self) -> (Option<i32>, Value) {
        let output = self.program.run(&["stripe", "sync", "--json"]);
        let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
        let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{complaints}"));
        (output.status.code(), report)
    }

    /// From now on commands find nobody at Stripe's address.
    pub fn stripe_is_away(&mut self) {
        self.program.set("PLEDGEPOST_STRIPE_API_BASE", "http://127.0.0.1:1/");
    }

    pub fn sync(&self) -> String {
        self.program.ok(&["stripe", "sync"])
    }

    /// Sends the form, 25 EUR; the answer may be a long time coming.
    pub fn give(&self, every: Option<Interval>) -> JoinHandle<Option<(u16, String)>> {
        self.post_gift("25", GIVER, every)
    }

    fn post_gift(&self, amount: &str, email: &str, every: Option<Interval>) -> JoinHandle<Option<(u16, String)>> {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let every = every.map_or("once", Interval::as_str);
        let fields = [("every", every), ("currency", "EUR"), ("amount", amount), ("email", email), ("name", "Ada")];
        let post = client.post(format!("{}/donate", self.base)).header("origin", &self.base).form(&fields);
        tokio::spawn(async move {
            let answer = post.send().await.ok()?;
            let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
            let status = answer.status().as_u16();
            Some((status, to.unwrap_or(answer.text().await.unwrap_or_default())))
        })
    }

    /// Sends the form as that giver; the session that Stripe made.
    pub async fn give_from(&self, amount: &str, email: &str, every: Option<Interval>) -> Checkout {
        let (status, to) = self.post_gift(amount, email, every).await.unwrap().expect("an answer");
        assert_eq!(status, 303, "{to}");
        let listing = Listing { limit: 100, ..Listing::default() };
        let made = self.stripe.client().checkouts(&listing).await.unwrap().items;
        made.into_iter().find(|session| session.url.as_ref() == Some(&to)).expect("the session")
    }

    /// Sends the form and comes to Stripe's page.
    pub async fn give_and_arrive(&self, every: Option<Interval>) -> Checkout {
        let (status, to) = self.give(every).await.unwrap().expect("an answer");
        assert_eq!(status, 303, "{to}");
        let session = self.newest_session().await.expect("a session");
        assert_eq!(Some(to), session.url);
        session
    }

    pub async fn newest_session(&self) -> Option<Checkout> {
        let listing = Listing { limit: 1, ..Listing::default() };
        self.stripe.client().checkouts(&listing).await.unwrap().items.pop()
    }

    /// Holds everything that the worker fetches.
    pub fn hold_fetches(&self, side: Side) -> Held {
        self.proxy.hold(side, "a fetch", |method, path| {
            method == "GET" && !path.starts_with("/v1/events") && !path.starts_with("/v1/account")
        })
    }

    /// As if every gift that is not there yet had been begun earlier.
    pub fn age_by(&self, time: chrono::Duration) {
        use pledgepost::db::schema::donations::dsl::*;
        let now = Clock::System.now();
        let age = |db: &mut Db| -> Result<usize, Error> {
            let waiting = diesel::update(donations.filter(state.eq("initiated")));
            Ok(waiting.set((created_at.eq(now - time), look_at.eq(Some(now)))).execute(db)?)
        };
        assert!(self.db.write_here(age).unwrap() > 0);
    }

    pub fn read<T>(&self, work: impl FnOnce(&mut Db) -> Result<T, Error>) -> T {
        self.db.read_here(work).unwrap()
    }

    pub fn books(&self) -> Books {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Nullable<Text>)]
            word: Option<String>,
            #[diesel(sql_type = BigInt)]
            number: i64,
        }
        let rows = |db: &mut Db, sql: &str| -> Vec<Row> { diesel::sql_query(sql).load(db).unwrap() };
        let number = |db: &mut Db, sql: &str| rows(db, sql)[0].number;
        self.read(|db| {
            let donations = rows(db, "SELECT state AS word, amount_minor AS number FROM donations ORDER BY id");
            let receipts = rows(db, "SELECT NULL AS word, number FROM receipts ORDER BY number");
            let count = "SELECT NULL AS word, count(*) AS number FROM payment_events WHERE state =";
            Ok(Books {
                donations: donations.into_iter().map(|row| (row.word.unwrap(), row.number)).collect(),
                receipts: receipts.into_iter().map(|row| row.number).collect(),
                waiting: number(db, &format!("{count} 'pending'")),
                failed: number(db, &format!("{count} 'failed'")),
            })
        })
    }

    /// The mails that arrived at the giver, by Message-ID.
    pub fn mails(&self) -> BTreeMap<String, usize> {
        let mut mails = BTreeMap::new();
        for received in self.sink.log().iter().filter(|received| received.accepted && received.rcpt == GIVER) {
            *mails.entry(received.message_id.clone()).or_default() += 1;
        }
        mails
    }

    /// Waits until `gifts` are paid and receipted, then looks whether each is so exactly once.
    pub async fn ends_with(&self, name: &str, gifts: usize) {
        let right = || {
            let books = self.books();
            books.donations.iter().filter(|(state, _)| state == "paid").count() >= gifts
                && books.waiting == 0
                && self.mails().len() >= gifts
        };
        let begin = std::time::Instant::now();
        while !right() {
            let seen = (self.books(), self.mails(), self.proxy.log());
            assert!(begin.elapsed() < PATIENCE, "{name}: {gifts} gifts booked and receipted; there are {seen:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // Whatever would be done a second time is given the time to be.
        tokio::time::sleep(Duration::from_millis(400)).await;
        let books = self.books();
        let paid: Vec<i64> =
            books.donations.iter().filter(|(state, _)| state == "paid").map(|(_, minor)| *minor).collect();
        assert_eq!(paid, vec![2500; gifts], "{name}: {books:?}");
        let numbers: Vec<i64> = (1..=gifts as i64).collect();
        assert_eq!(books.receipts, numbers, "{name}: numbers without gaps");
        assert_eq!(books.failed, 0, "{name}: {books:?}");
        let mails = self.mails();
        assert_eq!(
            mails.len(),
            gifts,
            "{name}: one mail for each gift, again only under its own Message-ID: {mails:?}"
        );
    }
}

/// Brings Stripe's events to the program's door, as Stripe does: each until it is answered with 2xx; or loses them all.
pub struct Courier {
    loses: Arc<AtomicBool>,
    delivered: Arc<Mutex<HashSet<String>>>,
    task: JoinHandle<()>,
}

impl Courier {
    fn start(stripe: &StripeStage, base: &str) -> Self {
        let (loses, delivered) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(HashSet::new())));
        let list = format!("http://{}/v1/events?limit=100", stripe.addr);
        let hook = format!("{base}/webhooks/stripe");
        let (no_more, done) = (Arc::clone(&loses), Arc::clone(&delivered));
        let task = tokio::spawn(async move {
            let client = reqwest::Client::new();
            loop {
                tokio::time::sleep(Duration::from_millis(40)).await;
                if no_more.load(Ordering::SeqCst) {
                    continue;
                }
                let (mut events, mut more, mut after) = (Vec::new(), true, String::new());
                while more {
                    let Ok(answer) = client.get(format!("{list}{after}")).bearer_auth(SECRET_KEY).send().await else {
                        break;
                    };
                    let Ok(page) = answer.json::<Value>().await else { break };
                    events.extend(page["data"].as_array().into_iter().flatten().cloned());
                    more = page["has_more"] == true;
                    after = events
                        .last()
                        .map(|last| format!("&starting_after={}", last["id"].as_str().unwrap()))
                        .unwrap_or_default();
                }
                // The newest first: in the wrong order.
                for event in &events {
                    let (id, kind) = (event["id"].as_str().unwrap(), event["type"].as_str().unwrap());
                    if done.lock().unwrap().contains(&format!("{kind} {id}")) || no_more.load(Ordering::SeqCst) {
                        continue;
                    }
                    let body = event.to_string();
                    let signature = signature::sign(&WEBHOOK_SECRET.into(), Clock::System.now(), body.as_bytes());
                    let post = client.post(&hook).header("stripe-signature", signature).body(body);
                    let answer = post.timeout(Duration::from_secs(10)).send().await;
                    if answer.is_ok_and(|answer| answer.status().is_success()) {
                        done.lock().unwrap().insert(format!("{kind} {id}"));
                    }
                }
            }
        });
        Self { loses, delivered, task }
    }

    pub fn lose_everything(&self) {
        self.loses.store(true, Ordering::SeqCst);
    }
    /// Types of the events that were answered with 2xx.
    pub fn delivered(&self) -> BTreeSet<String> {
        let delivered = self.delivered.lock().unwrap();
        delivered.iter().map(|entry| entry.split(' ').next().unwrap().to_owned()).collect()
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Asks again and again until it is so.
pub async fn within<F: Future<Output = bool>>(limit: Duration, what: &str, mut so: impl FnMut() -> F) {
    let begin = std::time::Instant::now();
    while !so().await {
        assert!(begin.elapsed() < limit, "{what} within {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
