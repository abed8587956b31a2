//! An installation with readers, and campaigns that the real program sends.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use pledgepost::campaigns::{CampaignState, report};
use pledgepost::config::Config;
use pledgepost::db::{DatabaseUrl, Db};
use pledgepost::values::{At, CampaignId, Clock};

use super::machine;
use super::sink::{Seen, Sink};
use super::texts::Text;

/// A migrated database with readers of one topic.
pub struct Installation {
    pub name: &'static str,
    pub readers: u64,
    url: String,
    db: Db,
    folder: tempfile::TempDir,
}

/// How one campaign is to be sent.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    pub connections: u32,
    /// The default if not given.
    pub window: Option<u32>,
    /// Further settings.
    pub settings: Vec<(String, String)>,
    /// The sink writes down recipients, and each must have got exactly one mail.
    pub checked: bool,
}

/// What sending one campaign took.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    /// Mails a second, from the campaign's start (before the audience is fixed) until it was `sent`.
    pub rate: f64,
    /// The same from the moment at which the audience was fixed (`campaign send` came back).
    pub sending: f64,
    pub steady: f64,
    /// CPU seconds per 1,000 mails: of the sender, of PostgreSQL, of the sink.
    pub cpu: f64,
    pub postgres_cpu: Option<f64>,
    pub sink_cpu: f64,
    pub peak: f64,
    pub bytes: u64,
}

impl Installation {
    pub fn sqlite(readers: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("bench.db").display());
        Self::prepare("SQLite", url, folder, readers)
    }

    /// On the server that `scripts/bench` started.
    pub fn postgres(readers: u64) -> Self {
        let server = std::env::var("PLEDGEPOST_TEST_POSTGRES").expect("run scripts/bench, which starts a PostgreSQL");
        let name = format!("bench_{}_{readers}", std::process::id());
        let mut admin = pledgepost::db::open(&DatabaseUrl::parse(&server).unwrap()).unwrap();
        admin.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
        Self::prepare("PostgreSQL", url, tempfile::tempdir().unwrap(), readers)
    }

    fn prepare(name: &'static str, url: String, folder: tempfile::TempDir, readers: u64) -> Self {
        let begun = Instant::now();
        migrate(&url);
        let db = pledgepost::db::open(&DatabaseUrl::parse(&url).unwrap()).unwrap();
        let mut installation = Self { name, readers, url, db, folder };
        installation.ok(&[], &["topic", "add", "--slug", "news", "--name", "News"]);
        let mut file = String::from("email,name,country\n");
        for number in 0..readers {
            let country = ["KZ", "KG", "DE", "UZ"][usize::try_from(number % 4).unwrap()];
            file.push_str(&format!("{},Reader {number},{country}\n", address(number)));
        }
        let path = installation.folder.path().join("readers.csv");
        std::fs::write(&path, file).unwrap();
        let path = path.display().to_string();
        installation.ok(&[], &["subscribers", "import", &path, "--topic", "news", "--confirmed", "--basis", "bench"]);
        installation.tidy();
        eprintln!("{name}: {readers} readers imported in {:.0} s", begun.elapsed().as_secs_f64());
        installation
    }

    /// Fixes the audience of a new campaign that nobody delivers.
    pub fn start(&mut self, text: Text) -> CampaignId {
        let id = self.draft(text);
        self.ok(&[], &["campaign", "send", &id.to_string()]);
        id
    }

    /// Sends a new campaign with a `worker` of its own. What earlier campaigns left was deleted.
    pub fn send(&mut self, text: Text, terms: &Terms, sink: &mut Sink) -> Sent {
        let id = self.draft(text);
        let log = self.folder.path().join("sink.log").display().to_string();
        sink.begin(terms.checked.then_some(log.as_str()));
        let settings = settings(terms, sink);
        let mut worker = self.command(&settings, &["worker"]).stdout(Stdio::null()).spawn().unwrap();
        self.wait_for_node();
        let before =
            (machine::cpu_seconds(worker.id()), machine::postgres_cpu_seconds(), machine::cpu_seconds(sink.id()));
        self.ok(&settings, &["campaign", "send", &id.to_string()]);
        let fixed = Clock::System.now();
        let (started, finished) = self.wait_until_sent(id, &mut worker);
        let seconds = |since: At| (finished.micros() - since.micros()) as f64 / 1e6;
        let peak = machine::peak_mebibytes(worker.id());
        let per_thousand = 1000.0 / self.readers as f64;
        let cpu = (machine::cpu_seconds(worker.id()) - before.0) * per_thousand;
        let postgres = machine::postgres_cpu_seconds().zip(before.1).map(|(after, before)| after - before);
        let sink_cpu = (machine::cpu_seconds(sink.id()) - before.2) * per_thousand;
        end(&mut worker);
        let seen: Seen = sink.end();
        assert_eq!(seen.mails, self.readers, "mails in the sink");
        if terms.checked {
            self.check(&log);
        }
        self.clear();
        Sent {
            rate: self.readers as f64 / seconds(started),
            sending: self.readers as f64 / seconds(fixed),
            steady: seen.steady,
            cpu,
            postgres_cpu: postgres.map(|seconds| seconds * per_thousand),
            sink_cpu,
            peak,
            bytes: seen.bytes,
        }
    }

    fn draft(&self, text: Text) -> CampaignId {
        let body = self.folder.path().join("body.md");
        std::fs::write(&body, text.markdown()).unwrap();
        let body = body.display().to_string();
        let args = ["campaign", "create", "--subject", text.subject(), "--body", &body, "--topic", "news"];
        CampaignId(self.ok(&[], &args).parse().unwrap())
    }

    fn wait_for_node(&mut self) {
        let begun = Instant::now();
        while pledgepost::lease::nodes(&mut self.db).unwrap().is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(30), "the worker never registered");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The campaign's own times: when it was started, and when it was sent.
    fn wait_until_sent(&mut self, id: CampaignId, worker: &mut Child) -> (At, At) {
        loop {
            std::thread::sleep(Duration::from_millis(50));
            assert!(worker.try_wait().unwrap().is_none(), "the worker ended");
            let campaign = pledgepost::campaigns::store::find(&mut self.db, id).unwrap();
            match (campaign.state, campaign.started_at, campaign.finished_at) {
                (CampaignState::Sent, Some(started), Some(finished)) => {
                    let status = report::status(&mut self.db, id).unwrap();
                    assert_eq!(u64::try_from(status.sent).unwrap(), self.readers, "recorded as sent");
                    return (started, finished);
                }
                (CampaignState::Paused | CampaignState::Cancelled, ..) => panic!("it stopped: {:?}", campaign.reason),
                _ => {}
            }
        }
    }

    /// Every recipient exactly once, every Message-ID another.
    fn check(&self, log: &str) {
        let log = std::fs::read_to_string(log).unwrap();
        let (mut recipients, mut ids): (Vec<&str>, Vec<&str>) =
            log.lines().map(|line| line.split_once('\t').unwrap()).unzip();
        for list in [&mut recipients, &mut ids] {
            list.sort_unstable();
            list.dedup();
            assert_eq!(list.len() as u64, self.readers, "each exactly once");
        }
        assert!((0..self.readers).all(|number| recipients.binary_search(&address(number).as_str()).is_ok()));
        eprintln!("{}: {} recipients in the sink's log, each exactly once", self.name, self.readers);
    }

    fn clear(&mut self) {
        self.db.batch_execute("DELETE FROM deliveries").unwrap();
        self.tidy();
    }

    fn tidy(&mut self) {
        match self.name {
            "SQLite" => self.db.batch_execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA optimize").unwrap(),
            _ => ["VACUUM ANALYZE", "CHECKPOINT"].iter().for_each(|sql| self.db.batch_execute(sql).unwrap()),
        }
    }

    /// The settings, for a part of the program in this process.
    pub fn config(&self) -> Config {
        Config::from_sources(Path::new("/nonexistent/pledgepost.toml"), self.environment()).unwrap()
    }

    fn environment(&self) -> BTreeMap<String, String> {
        [
            ("DATABASE_URL", self.url.as_str()),
            ("PLEDGEPOST_LOG", "warn"),
            ("PLEDGEPOST_SECRET_KEY", "a key for the bench and long enough"),
            ("PLEDGEPOST_SMTP_URL", "smtp://127.0.0.1:9"),
            ("PLEDGEPOST_MAIL_FROM", "news@example.org"),
            ("PLEDGEPOST_PUBLIC_URL", "https://news.example.org"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    fn command(&self, settings: &[(String, String)], args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pledgepost"));
        command.args(args).env_clear().current_dir(self.folder.path()).stdin(Stdio::null());
        command.envs(self.environment());
        command.envs(settings.iter().cloned());
        command
    }

    /// Runs a command that must succeed; answers what it printed.
    fn ok(&self, settings: &[(String, String)], args: &[&str]) -> String {
        let output: Output = self.command(settings, args).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "{args:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

fn migrate(url: &str) {
    pledgepost::db::migrate::migrate(&DatabaseUrl::parse(url).unwrap()).unwrap();
}

fn settings(terms: &Terms, sink: &Sink) -> Vec<(String, String)> {
    let set = |name: &str, value: String| (format!("PLEDGEPOST_{name}"), value);
    let mut settings = vec![
        set("SMTP_URL", format!("smtp://127.0.0.1:{}?tls=none", sink.port)),
        set("SEND_CONNECTIONS", terms.connections.to_string()),
    ];
    settings.extend(terms.window.map(|window| set("DOUBT_WINDOW", window.to_string())));
    settings.extend(
        terms.settings.iter().map(|(name, value)| (name.clone(), value.replace("PORT", &sink.port.to_string()))),
    );
    settings
}

fn end(worker: &mut Child) {
    let id = rustix::process::Pid::from_child(worker);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    machine::wait_with_cpu(worker, Duration::from_secs(20));
}

fn address(number: u64) -> String {
    format!("reader{number}@example{}.org", number % 50)
}
