//! Import, create and send by the commands, against a mail server; the process is ended in mid-campaign.
//! Judged by the mail server's own log.

use std::collections::HashSet;
use std::time::Duration;

use crate::on_both;
use crate::support::TestDb;
use crate::support::program::Program;
use crate::support::smtp_sink::{Act, Phase, Script, SmtpSink};

const READERS: usize = 1500;

fn ready(program: &Program, readers: usize) -> String {
    program.ok(&["migrate"]);
    program.ok(&["topic", "add", "--slug", "news", "--name", "News"]);
    let rows: String = (0..readers).map(|n| format!("reader{n}@example.org,Reader {n},en\n")).collect();
    let file = program.file("readers.csv", format!("Email,name,language\n{rows}"));
    program.ok(&[
        "subscribers",
        "import",
        &file,
        "--topic",
        "news",
        "--confirmed",
        "--basis",
        "moved from the old list",
    ]);
    let body = program.file("body.md", "Dear {{subscriber.name}},\n\nnews. [Read]({{web_url}})\n");
    program.ok(&["campaign", "create", "--subject", "For {{subscriber.name}}", "--body", &body, "--topic", "news"])
}

fn everybody(sink: &SmtpSink) -> usize {
    sink.accepted_recipients().into_iter().collect::<HashSet<_>>().len()
}

on_both! {
    async fn sigterm_half_way_and_again_is_still_everybody_once(backend) {
        let (test, sink) = (TestDb::unmigrated(backend), SmtpSink::start(Script::accept_all().delay(Duration::from_millis(1))));
        let program = Program::live(&test.url, &sink);
        let id = ready(&program, READERS);
        assert!(id.parse::<i64>().is_ok(), "the id alone on a line: {id:?}");
        let mut sending = program.start(&["campaign", "send", &id, "--wait"]);
        sink.wait_for(READERS / 2, Duration::from_secs(60)).await;
        sending.signal("TERM");
        assert_eq!(sending.wait(), Some(1), "it says that it did not get to the end");
        assert!(sink.accepted_count() < READERS, "it was in the middle");
        program.ok(&["campaign", "send", &id, "--wait"]);
        assert_eq!(sink.accepted_count(), READERS);
        assert_eq!(everybody(&sink), READERS);
        let status: serde_json::Value = serde_json::from_str(&program.ok(&["campaign", "status", &id, "--json"])).unwrap();
        assert_eq!((&status["state"], &status["sent"]), (&"sent".into(), &READERS.into()));
        let rows = program.ok(&["campaign", "deliveries", &id, "--csv"]);
        assert_eq!(rows.lines().count(), READERS + 1);
        assert!(rows.lines().next().unwrap().starts_with("email,state,attempts,code,reply,message_id,updated_at"));
    }

    async fn kill_nine_loses_nobody_and_doubles_at_most_the_window(backend) {
        let (test, sink) = (TestDb::unmigrated(backend), SmtpSink::start(Script::accept_all().delay(Duration::from_millis(1))));
        let program = Program::live(&test.url, &sink).with("PLEDGEPOST_DOUBT_WINDOW", "20");
        let id = ready(&program, 600);
        let mut sending = program.start(&["campaign", "send", &id, "--wait"]);
        sink.wait_for(200, Duration::from_secs(60)).await;
        sending.signal("KILL");
        assert_eq!(sending.wait(), None);
        program.ok(&["campaign", "send", &id, "--wait"]);
        assert_eq!(everybody(&sink), 600, "nobody is missing");
        let twice = sink.duplicates();
        assert!(twice.len() <= 20, "{} doubled", twice.len());
        assert!(twice.values().all(|ids| ids.iter().collect::<HashSet<_>>().len() == 1), "each with its first Message-ID");
    }

    async fn a_wrong_password_ends_nothing_and_bounces_nobody(backend) {
        let test = TestDb::unmigrated(backend);
        let sink = SmtpSink::start(Script::accept_all().offer_auth().at(Phase::Auth, Act::reply("535 5.7.8 Authentication failed")));
        let program = Program::live(&test.url, &sink).with("PLEDGEPOST_SMTP_URL", &format!("smtp://u:wrong@{}?tls=opportunistic", sink.addr()));
        let id = ready(&program, 20);
        let mut sending = program.start(&["campaign", "send", &id, "--wait"]);
        sink.wait_until(Duration::from_secs(30), "a log-in was tried", |sink| sink.reached(Phase::Auth) > 0).await;
        sending.signal("TERM");
        sending.wait();
        let status: serde_json::Value = serde_json::from_str(&program.ok(&["campaign", "status", &id, "--json"])).unwrap();
        assert_eq!((&status["queued"], &status["failed"], &status["deferred"]), (&20.into(), &0.into(), &0.into()));
        let doctor = program.run(&["doctor"]);
        assert_eq!(doctor.status.code(), Some(1));
        let said = String::from_utf8(doctor.stdout).unwrap();
        assert!(said.contains("535"), "staff are told what the server said: {said}");
    }
}
