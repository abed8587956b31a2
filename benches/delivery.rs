//! A campaign of 20,000 to the sandbox mailbox, on SQLite and on PostgreSQL; start-up time and memory at rest.
//!
//! `scripts/bench` runs it with a PostgreSQL of its own. Everything (sender, mailbox, database) shares the machine's
//! cores: compare figures within one run, not between machines.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench may end with a panic, and prints its table"
)]

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pledgepost::app::{App, Background};
use pledgepost::audit::Actor;
use pledgepost::campaigns::{CampaignState, draft, report, send};
use pledgepost::config::Config;
use pledgepost::db::{DatabaseUrl, migrate};
use pledgepost::error::Error;
use pledgepost::installation::MadeBy;
use pledgepost::organisation::NameText;
use pledgepost::subscribers::import::{self, ImportTerms};
use pledgepost::subscribers::topics;
use pledgepost::values::{CampaignId, Clock, Language, Slug};

const READERS: usize = 20_000;
const ROUNDS: usize = 3;

fn main() {
    // `cargo test --benches` and the like only want to know that it builds.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("| what | database | median | range |\n| --- | --- | --- | --- |");
    for (name, urls) in [("SQLite", sqlite_urls()), ("PostgreSQL", postgres_urls())] {
        let mut rates: Vec<f64> = urls.iter().map(|url| runtime.block_on(campaign(url))).collect();
        print_row(&format!("campaign of {READERS}, mails per second"), name, &mut rates, 0);
    }
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (seconds, mebibytes) = start_up();
        starts.push(seconds * 1000.0);
        memory.push(mebibytes);
    }
    print_row("start to first answer on an existing database, ms", "SQLite", &mut starts, 0);
    print_row("memory at rest (resident), MiB", "SQLite", &mut memory, 1);
}

fn print_row(what: &str, database: &str, values: &mut [f64], digits: usize) {
    values.sort_by(f64::total_cmp);
    let (first, last) = (values.first().unwrap(), values.last().unwrap());
    let median = values.get(values.len() / 2).unwrap();
    println!("| {what} | {database} | {median:.digits$} | {first:.digits$}–{last:.digits$} |");
}

fn sqlite_urls() -> Vec<String> {
    (0..ROUNDS)
        .map(|_| format!("sqlite://{}", tempfile::tempdir().unwrap().keep().join("bench.db").display()))
        .collect()
}

fn postgres_urls() -> Vec<String> {
    let server = std::env::var("PLEDGEPOST_TEST_POSTGRES").expect("run scripts/bench, which starts a PostgreSQL");
    let base = server.rsplit_once('/').unwrap().0.to_owned();
    let mut admin = pledgepost::db::open(&DatabaseUrl::parse(&server).unwrap()).unwrap();
    (0..ROUNDS)
        .map(|round| {
            let name = format!("bench_{}_{round}", std::process::id());
            diesel::connection::SimpleConnection::batch_execute(&mut admin, &format!("CREATE DATABASE {name}"))
                .unwrap();
            format!("{base}/{name}")
        })
        .collect()
}

/// Mails per second from the start of the campaign until every outcome is recorded.
async fn campaign(url: &str) -> f64 {
    let app = App::build(Config::demo(url, 8080).unwrap(), Clock::System, MadeBy::Demo).unwrap();
    let id = prepare(&app);
    let background = Background::start(&app).await.unwrap();
    let begun = Instant::now();
    app.db
        .write(move |db| -> Result<_, Error> {
            let now = Clock::System.now();
            send::schedule(db, id, None, &Actor::command_line(), now)?;
            send::start(db, id, now)
        })
        .await
        .unwrap();
    app.ring();
    loop {
        let status = app.db.read(move |db| report::status(db, id)).await.unwrap();
        if status.state == CampaignState::Sent {
            assert_eq!(status.sent, i64::try_from(READERS).unwrap());
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let seconds = begun.elapsed().as_secs_f64();
    background.stop().await;
    READERS as f64 / seconds
}

fn prepare(app: &App) -> CampaignId {
    let (now, actor, language) = (app.clock.now(), Actor::command_line(), Language::english());
    let text = NameText { language: "en".into(), name: "News".into(), description: String::new() };
    let topic = app.db.write_here(|db| topics::add(db, "news", &[text], &actor, now)).unwrap();
    let mut file = String::from("email,name\n");
    for number in 0..READERS {
        file.push_str(&format!("reader{number}@example{}.org,Reader {number}\n", number % 50));
    }
    let terms = ImportTerms {
        topic,
        slug: Slug::parse("news").unwrap(),
        basis: Some("bench".into()),
        language: language.clone(),
    };
    let summary =
        import::import(&app.db, file.as_bytes(), &terms, &app.root, now, &mut |_, why| panic!("rejected: {why}"))
            .unwrap();
    assert_eq!(summary.added, u64::try_from(READERS).unwrap());
    let paragraph =
        "A paragraph of the kind that newsletters have, with **some** words set off and a [link]({{web_url}}).\n\n";
    let body = format!("Dear {{{{subscriber.name}}}},\n\n{}", paragraph.repeat(12));
    app.db
        .write_here(|db| {
            let id = draft::create(db, "Bench", &actor, now)?;
            draft::save_variant(db, id, "en", "News for {{subscriber.name}}", &body, &actor, now)?;
            draft::set_audience(db, id, &["news".to_owned()], &[], &actor, now)?;
            Ok::<_, Error>(id)
        })
        .unwrap()
}

/// Seconds until `/health/ready` answers on a database that exists, and MiB resident two seconds later.
fn start_up() -> (f64, f64) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("bench.db").display());
    migrate::migrate(&DatabaseUrl::parse(&url).unwrap()).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_pledgepost"))
        .args(["--config", "none.toml", "serve"])
        .env_clear()
        .env("DATABASE_URL", &url)
        .env("PLEDGEPOST_BIND", format!("127.0.0.1:{port}"))
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !answers(port) {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never came up");
        std::thread::sleep(Duration::from_millis(2));
    }
    let seconds = begun.elapsed().as_secs_f64();
    std::thread::sleep(Duration::from_secs(2));
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kibibytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    (seconds, kibibytes / 1024.0)
}

fn answers(port: u16) -> bool {
    use std::io::Write;
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut answer = String::new();
    stream.write_all(b"GET /health/ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}
