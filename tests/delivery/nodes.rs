//! Several processes on one PostgreSQL share the work. (On SQLite one process delivers: `platform/lease.rs`.)
//! Each process has a mail server of its own, so the servers' logs say who sent what.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::program::{Program, Running, free_port};
use crate::support::smtp_sink::{Received, Script, SmtpSink};
use crate::support::{Backend, TestDb};

/// Whatever happens at once must be seen after this long. Staff are promised a second; the machine that runs the tests is
/// busy with others of them.
const SOON: Duration = Duration::from_secs(4);
const WINDOW: usize = 40;

/// One process and the mail server that it alone sends to.
struct Process {
    program: Program,
    sink: SmtpSink,
    running: Option<Running>,
    command: &'static str,
}

struct Cluster {
    processes: Vec<Process>,
    _test: TestDb,
}

impl Cluster {
    /// The installation with `readers` subscribers of its one topic; the processes wait for [`Cluster::start`].
    fn new(commands: &[&'static str], readers: usize) -> Self {
        let test = TestDb::unmigrated(Backend::Postgres);
        let processes: Vec<_> = commands.iter().map(|command| Process::new(&test, command)).collect();
        let first = &processes[0].program;
        first.ok(&["migrate"]);
        first.ok(&["topic", "add", "--slug", "news", "--name", "News"]);
        let rows: String = (0..readers).map(|n| format!("reader{n}@example.org,Reader {n},en\n")).collect();
        let file = first.file("readers.csv", format!("Email,name,language\n{rows}"));
        first.ok(&["subscribers", "import", &file, "--topic", "news", "--confirmed", "--basis", "the old list"]);
        Self { processes, _test: test }
    }

    fn start(&mut self) {
        for process in &mut self.processes {
            process.running = Some(process.program.start(&[process.command]));
        }
    }

    fn ok(&self, args: &[&str]) -> String {
        self.processes[0].program.ok(args)
    }

    /// Drafts a campaign to everybody and sends it; its id.
    fn send(&self) -> String {
        let body =
            self.processes[0].program.file("body.md", "Dear {{subscriber.name}},\n\nnews. [Read]({{web_url}})\n");
        let id = self.ok(&["campaign", "create", "--subject", "News", "--body", &body, "--topic", "news"]);
        self.ok(&["campaign", "send", &id]);
        id
    }

    fn log(&self) -> Vec<Received> {
        self.processes.iter().flat_map(|process| process.sink.log()).filter(|mail| mail.accepted).collect()
    }

    fn count(&self) -> usize {
        self.processes.iter().map(|process| process.sink.accepted_count()).sum()
    }

    fn of_each(&self) -> Vec<usize> {
        self.processes.iter().map(|process| process.sink.accepted_count()).collect()
    }

    async fn until(&self, patience: Duration, what: &str, done: impl Fn(&Self) -> bool) {
        let end = Instant::now() + patience;
        while !done(self) {
            assert!(Instant::now() < end, "never happened: {what}; each sent {:?}", self.of_each());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// After [`SOON`], nothing more leaves from any process. Answers how many mails had left.
    async fn is_still(&self) -> usize {
        tokio::time::sleep(SOON).await;
        let left = self.of_each();
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(self.of_each(), left, "mails leave although the campaign stands still");
        left.iter().sum()
    }

    fn status(&self, id: &str) -> Value {
        serde_json::from_str(&self.ok(&["campaign", "status", id, "--json"])).unwrap()
    }

    async fn until_state(&self, id: &str, state: &str) {
        self.until(Duration::from_secs(20), state, |cluster| cluster.status(id)["state"] == state).await;
    }

    /// Asks all processes to end, and waits.
    fn stop(&mut self) {
        let mut running: Vec<_> = self.processes.iter_mut().filter_map(|process| process.running.take()).collect();
        for process in &running {
            process.signal("TERM");
        }
        for process in &mut running {
            assert_eq!(process.wait(), Some(0));
        }
    }
}

impl Process {
    fn new(test: &TestDb, command: &'static str) -> Self {
        let sink = SmtpSink::start(Script::accept_all().delay(Duration::from_millis(20)));
        let port = free_port();
        let program = Program::live(&test.url, &sink)
            .with("PLEDGEPOST_PUBLIC_URL", "http://127.0.0.1:8080")
            .with("PLEDGEPOST_BIND", &format!("127.0.0.1:{port}"))
            .with("PLEDGEPOST_SEND_CONNECTIONS", "4")
            .with("PLEDGEPOST_DOUBT_WINDOW", &WINDOW.to_string());
        Self { program, sink, running: None, command }
    }
}

/// Who got more than one of these mails, with the Message-IDs.
fn doubled(log: &[Received]) -> HashMap<&str, HashSet<&str>> {
    let (mut ids, mut times) = (HashMap::<&str, HashSet<&str>>::new(), HashMap::<&str, usize>::new());
    for mail in log {
        ids.entry(&mail.rcpt).or_default().insert(&mail.message_id);
        *times.entry(&mail.rcpt).or_default() += 1;
    }
    ids.retain(|rcpt, _| times[rcpt] > 1);
    ids
}

fn everybody(log: &[Received]) -> usize {
    log.iter().map(|mail| mail.rcpt.as_str()).collect::<HashSet<_>>().len()
}

/// Two that serve and two that work share a campaign. Paused by a command they all stop, and go on where they were; a second
/// campaign is cancelled under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_share_a_campaign_and_stop_together() {
    const READERS: usize = 3000;
    let mut cluster = Cluster::new(&["serve", "worker", "serve", "worker"], READERS);
    cluster.start();
    let id = cluster.send();
    cluster
        .until(Duration::from_secs(60), "all processes send", |all| all.of_each().iter().all(|sent| *sent > 20))
        .await;
    cluster.ok(&["campaign", "pause", &id]);
    let sent = cluster.is_still().await;
    assert!(sent < READERS, "it was in the middle");
    cluster.ok(&["campaign", "resume", &id]);
    cluster.until(Duration::from_secs(90), "everybody has it", |all| all.count() >= READERS).await;
    cluster.until_state(&id, "sent").await;
    assert_eq!(cluster.status(&id)["sent"], READERS);
    let log = cluster.log();
    assert_eq!((log.len(), everybody(&log)), (READERS, READERS), "each once: {:?}", doubled(&log));

    let second = cluster.send();
    cluster.until(Duration::from_secs(60), "the second is sent", |all| all.count() > READERS + 200).await;
    let said = cluster.ok(&["campaign", "cancel", &second]);
    let sent = cluster.is_still().await - READERS;
    assert!(sent < READERS, "it was in the middle");
    let status = cluster.status(&second);
    assert_eq!((&status["state"], &status["sent"]), (&"cancelled".into(), &sent.into()), "{said}: {status}");
    let log = cluster.log();
    assert!(doubled(&log).values().all(|ids| ids.len() == 2), "twice is once per campaign");
    assert_eq!(log.len(), READERS + sent);
    cluster.stop();
}

/// What a killed process had leased is sent by the others, who need half a minute to take it for dead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_process_held_is_sent_by_the_others_within_a_minute() {
    const READERS: usize = 1500;
    let mut cluster = Cluster::new(&["worker", "serve"], READERS);
    cluster.start();
    let id = cluster.send();
    cluster.until(Duration::from_secs(60), "both send", |all| all.of_each().iter().all(|sent| *sent > 100)).await;
    // A reply that does not come leaves rows in its hands for certain.
    let victim = &mut cluster.processes[0];
    victim.sink.change(|script| script.delay(Duration::from_secs(600)));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut killed = victim.running.take().unwrap();
    killed.signal("KILL");
    assert_eq!(killed.wait(), None);
    let died = Instant::now();
    cluster.until(Duration::from_secs(75), "everybody has it", |all| everybody(&all.log()) == READERS).await;
    assert!(died.elapsed() < Duration::from_secs(60), "it took {:?}", died.elapsed());
    cluster.until_state(&id, "sent").await;
    let log = cluster.log();
    let twice = doubled(&log);
    assert!(twice.len() <= WINDOW, "{} doubled", twice.len());
    assert!(twice.values().all(|ids| ids.len() == 1), "each with its first Message-ID: {twice:?}");
    assert_eq!(cluster.status(&id)["sent"], READERS);
    cluster.stop();
}
