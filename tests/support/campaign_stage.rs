//! A campaign that child processes send to a sink, and what the tables say of it afterwards.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use pledgepost::db::{Database, DatabaseUrl, Db, PoolSizes};
use pledgepost::error::Error;
use serde_json::Value;

use super::program::{Program, Running};
use super::smtp_sink::{Script, SmtpSink};
use super::{Backend, TestDb};

/// Small, so that a bound on duplicates means something.
pub const WINDOW: usize = 50;

/// A row of `campaign deliveries --csv`.
#[derive(Debug, Clone)]
pub struct Row {
    pub state: String,
    pub message_id: String,
}

/// Large campaigns one after the other: several at once leave the tests beside them no time to answer.
static LARGE: Mutex<()> = Mutex::new(());
const MANY: usize = 4_000;

pub struct CampaignStage {
    pub sink: SmtpSink,
    pub program: Program,
    pub id: String,
    pub readers: usize,
    db: Database,
    _test: Option<TestDb>,
    _turn: Option<MutexGuard<'static, ()>>,
}

impl CampaignStage {
    /// `reader0@example.org` …, a draft for all of them.
    pub fn new(backend: Backend, script: Script, readers: usize) -> Self {
        Self::addressed(backend, script, readers, |n| format!("reader{n}@example.org"))
    }

    pub fn addressed(backend: Backend, script: Script, readers: usize, address: impl Fn(usize) -> String) -> Self {
        let test = TestDb::unmigrated(backend);
        let url = test.url.clone();
        Self { _test: Some(test), ..Self::at(&url, script, readers, address) }
    }

    /// On an empty database that the test keeps.
    pub fn at(url: &str, script: Script, readers: usize, address: impl Fn(usize) -> String) -> Self {
        let turn = (readers >= MANY).then(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner));
        let sink = SmtpSink::start(script);
        let program = Program::live(url, &sink).with("PLEDGEPOST_DOUBT_WINDOW", &WINDOW.to_string());
        program.ok(&["migrate"]);
        let sizes = PoolSizes { readers: 1, postgres: 2 };
        let db = Database::connect(DatabaseUrl::parse(url).unwrap(), sizes).unwrap();
        let mut stage = Self { sink, program, id: String::new(), readers, db, _test: None, _turn: turn };
        stage.id = stage.campaign("news", readers, address);
        stage
    }

    /// Another topic with readers of its own, and a draft for them; answers its id.
    pub fn campaign(&self, topic: &str, readers: usize, address: impl Fn(usize) -> String) -> String {
        let program = &self.program;
        program.ok(&["topic", "add", "--slug", topic, "--name", topic]);
        let rows: String = (0..readers).map(|n| format!("{},Reader {n},en\n", address(n))).collect();
        let file = program.file("readers.csv", format!("email,name,language\n{rows}"));
        program.ok(&["subscribers", "import", &file, "--topic", topic, "--confirmed", "--basis", "moved here"]);
        let body = program.file("body.md", "Dear {{subscriber.name}},\n\nnews. [Read]({{web_url}})\n");
        program.ok(&["campaign", "create", "--subject", "News", "--body", &body, "--topic", topic])
    }

    /// Whatever is in doubt is left to staff.
    pub fn hold(&self) {
        self.sql("UPDATE campaigns SET doubt = 'hold'");
    }
    /// Queues the campaign; a worker delivers it.
    pub fn send(&self) {
        self.program.ok(&["campaign", "send", &self.id]);
    }
    pub fn worker(&self) -> Running {
        self.program.start(&["worker"])
    }
    pub fn sql(&self, sql: &str) {
        self.db.write_here(|db: &mut Db| -> Result<_, Error> { Ok(db.batch_execute(sql)?) }).unwrap();
    }
    /// The words of a query of one column named `word`.
    pub fn words(&self, sql: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            word: String,
        }
        let rows = |db: &mut Db| -> Result<Vec<Row>, Error> { Ok(diesel::sql_query(sql).load(db)?) };
        self.db.read_here(rows).unwrap().into_iter().map(|row| row.word).collect()
    }
    /// Who is leased at this moment.
    pub fn leased(&self) -> BTreeSet<String> {
        let in_hand = pledgepost::outbox::blocks::IN_HAND;
        self.words(&format!("SELECT address AS word FROM deliveries WHERE state = 'sending' OR ({in_hand})"))
            .into_iter()
            .collect()
    }
    /// Waits until the server has seen that a killed process is gone: what it had begun is committed or undone.
    pub async fn until_nobody_writes(&self, backend: Backend) {
        if backend == Backend::Sqlite {
            return;
        }
        let others = "SELECT application_name AS word FROM pg_stat_activity WHERE datname = current_database() \
                      AND pid <> pg_backend_pid() AND state <> 'idle'";
        let end = Instant::now() + Duration::from_secs(10);
        while !self.words(others).is_empty() && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub fn status(&self) -> Value {
        self.status_of(&self.id)
    }
    pub fn status_of(&self, id: &str) -> Value {
        serde_json::from_str(&self.program.ok(&["campaign", "status", id, "--json"])).unwrap()
    }
    /// Waits for the end of the campaign.
    pub async fn until_sent(&self, limit: Duration) {
        let begin = Instant::now();
        let state = format!("SELECT state AS word FROM campaigns WHERE id = {}", self.id);
        while self.words(&state) != ["sent"] {
            assert!(begin.elapsed() < limit, "sent within {limit:?}: {}; {}", self.status(), self.sink.describe());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    /// Every delivery by its address.
    pub fn rows(&self) -> BTreeMap<String, Row> {
        let text = self.program.ok(&["campaign", "deliveries", &self.id, "--csv"]);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows = reader.records().map(|record| {
            let record = record.unwrap();
            let of = |n: usize| record[n].to_owned();
            (of(0), Row { state: of(1), message_id: of(5) })
        });
        rows.collect()
    }
    pub fn in_state(&self, state: &str) -> BTreeSet<String> {
        self.rows().into_iter().filter(|(_, row)| row.state == state).map(|(address, _)| address).collect()
    }

    /// What the sink took, by recipient: the Message-IDs.
    pub fn taken(&self) -> HashMap<String, Vec<String>> {
        let mut taken: HashMap<String, Vec<String>> = HashMap::new();
        for mail in self.sink.log().into_iter().filter(|mail| mail.accepted) {
            taken.entry(mail.rcpt).or_default().push(mail.message_id);
        }
        taken
    }
    /// How many mails came more often than once; fails when a repeated one has another Message-ID.
    pub fn repeated(&self) -> usize {
        let taken = self.taken();
        for (rcpt, ids) in &taken {
            assert!(ids.iter().all(|id| *id == ids[0] && !id.is_empty()), "{rcpt} got {ids:?}");
        }
        taken.values().map(|ids| ids.len() - 1).sum()
    }
    /// Everybody got it, and the tables and their two commands say so.
    pub fn everybody_and_the_tables_know(&self) {
        let (taken, rows, status) = (self.taken(), self.rows(), self.status());
        assert_eq!(taken.len(), self.readers, "nobody is missing: {status}");
        assert_eq!((&status["state"], &status["sent"]), (&"sent".into(), &self.readers.into()), "{status}");
        assert_eq!(rows.len(), self.readers);
        for (address, row) in &rows {
            assert_eq!(row.state, "sent", "{address}: {row:?}");
            assert_eq!(taken[address][0], row.message_id.trim_matches(['<', '>']), "{address}");
        }
    }
    /// … and everybody once.
    pub fn everybody_once(&self) {
        self.everybody_and_the_tables_know();
        assert_eq!(self.repeated(), 0, "{:?}", self.sink.duplicates());
    }
}
