//! `/metrics` of a process that sends: what an operator's Prometheus reads while a campaign runs and when it is over; and
//! of one that only sends.

use std::time::{Duration, Instant};

use crate::on_both;
use crate::support::TestDb;
use crate::support::program::{Program, free_port};
use crate::support::smtp_sink::{Script, SmtpSink, Which};

const READERS: usize = 400;
/// At a domain that nobody else is at.
const ALONE: usize = 80;

/// The sum of all series of that name whose labels have all of these.
fn sum(text: &str, name: &str, labels: &[(&str, &str)]) -> f64 {
    let series = text.lines().filter_map(|line| line.strip_prefix(name)).filter(|rest| rest.starts_with([' ', '{']));
    let wanted = series.filter(|rest| labels.iter().all(|(key, value)| rest.contains(&format!("{key}=\"{value}\""))));
    wanted.map(|rest| rest.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
}

async fn scrape(base: &str) -> String {
    let answer = reqwest::get(format!("{base}/metrics")).await.unwrap();
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.unwrap();
    assert!(!text.contains('@'), "no address is in any number:\n{text}");
    text
}

async fn until(base: &str, what: &str, done: impl Fn(&str) -> bool) -> String {
    let end = Instant::now() + Duration::from_secs(40);
    loop {
        let text = scrape(base).await;
        if done(&text) {
            return text;
        }
        assert!(Instant::now() < end, "never happened: {what}\n{text}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

on_both! {
    async fn what_a_process_does_stands_in_its_numbers(backend) {
        let test = TestDb::unmigrated(backend);
        let sink = SmtpSink::start(
            Script::accept_all()
                .delay(Duration::from_millis(30))
                .rcpt(Which::Is("reader7@example.org".into()), "550 5.1.1 No such user"),
        );
        let server = sink.addr().to_string();
        let port = free_port();
        let base = format!("http://127.0.0.1:{port}");
        let program = Program::live(&test.url, &sink)
            .with("PLEDGEPOST_BIND", &format!("127.0.0.1:{port}"))
            .with("PLEDGEPOST_SEND_CONNECTIONS", "4")
            .with("PLEDGEPOST_DOUBT_WINDOW", "40");
        program.ok(&["migrate"]);
        program.ok(&["topic", "add", "--slug", "news", "--name", "News"]);
        let rows: String = (0..READERS)
            .map(|n| if n < ALONE { format!("reader{n}@alone{n}.example\n") } else { format!("reader{n}@example.org\n") })
            .collect();
        let rows = rows.replace("reader7@alone7.example", "reader7@example.org");
        let file = program.file("readers.csv", format!("Email\n{rows}"));
        program.ok(&["subscribers", "import", &file, "--topic", "news", "--confirmed", "--basis", "the old list"]);
        let body = program.file("body.md", "News. [Read]({{web_url}})\n");
        let id = program.ok(&["campaign", "create", "--subject", "News", "--body", &body, "--topic", "news"]);
        let mut serving = program.start(&["serve"]);
        program.ok(&["campaign", "send", &id]);
        sink.wait_for(40, Duration::from_secs(60)).await;

        let text = scrape(&base).await;
        let waiting = sum(&text, "pledgepost_mails_waiting", &[("kind", "campaign"), ("state", "queued")]);
        assert!(waiting > 0.0 && waiting < 400.0, "{waiting} mails wait");
        assert!(sum(&text, "pledgepost_mails_leased", &[]) <= 40.0, "{text}");
        assert_eq!(sum(&text, "pledgepost_nodes", &[]), 1.0);
        assert_eq!(sum(&text, "pledgepost_server_paused", &[("server", &server)]), 0.0);
        let open = sum(&text, "pledgepost_connections_open", &[("server", &server)]);
        assert!((1.0..=6.0).contains(&open), "{open} connections are open");

        let sent = |text: &str| sum(text, "pledgepost_deliveries_total", &[("outcome", "sent"), ("server", &server)]);
        let text = until(&base, "all is sent", |text| sent(text) == 399.0).await;
        assert_eq!(sum(&text, "pledgepost_deliveries_total", &[("outcome", "failed")]), 1.0);
        let of = |domain| sum(&text, "pledgepost_domain_deliveries_total", &[("outcome", "sent"), ("domain", domain)]);
        assert_eq!(of("example.org") + of("other"), 399.0, "seldom domains have no name of their own:\n{text}");
        assert!(of("example.org") >= 300.0, "{}", of("example.org"));
        let replies = |phase, class| {
            sum(&text, "pledgepost_smtp_replies_total", &[("server", &server), ("phase", phase), ("class", class)])
        };
        assert_eq!((replies("data", "2xx"), replies("rcpt", "5xx")), (399.0, 1.0));
        assert!(sum(&text, "pledgepost_mail_seconds_count", &[("server", &server)]) >= 400.0, "{text}");
        assert!(sum(&text, "pledgepost_mail_seconds_bucket", &[("le", "+Inf")]) >= 400.0);
        assert!(sum(&text, "pledgepost_record_group_size_sum", &[]) >= 400.0, "each outcome was committed");
        assert_eq!(sum(&text, "pledgepost_database_errors_total", &[]), 0.0);
        serving.signal("TERM");
        assert_eq!(serving.wait(), Some(0));
    }

    async fn a_worker_tells_how_it_is_doing(backend) {
        const TOKEN: &str = "what only our Prometheus knows";
        let test = TestDb::unmigrated(backend);
        let sink = SmtpSink::start(Script::accept_all());
        let port = free_port();
        let base = format!("http://127.0.0.1:{port}");
        let program = Program::live(&test.url, &sink)
            .with("PLEDGEPOST_WORKER_BIND", &format!("127.0.0.1:{port}"))
            .with("PLEDGEPOST_METRICS_TOKEN", TOKEN);
        program.ok(&["migrate"]);
        program.ok(&["topic", "add", "--slug", "news", "--name", "News"]);
        let file = program.file("readers.csv", "Email\na@example.org\nb@example.org\n");
        program.ok(&["subscribers", "import", &file, "--topic", "news", "--confirmed", "--basis", "the old list"]);
        let body = program.file("body.md", "News. [Read]({{web_url}})\n");
        let id = program.ok(&["campaign", "create", "--subject", "News", "--body", &body, "--topic", "news"]);
        let mut working = program.start(&["worker"]);
        program.ok(&["campaign", "send", &id]);
        sink.wait_for(2, Duration::from_secs(60)).await;
        until(&base, "both are sent", |text| sum(text, "pledgepost_deliveries_total", &[("outcome", "sent")]) == 2.0).await;
        // Asked as from another machine, through a proxy.
        let client = reqwest::Client::new();
        let ask = async |path: &str, token: Option<&str>| {
            let request = client.get(format!("{base}{path}")).header("x-forwarded-for", "203.0.113.9");
            let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
            request.send().await.unwrap().status().as_u16()
        };
        assert_eq!((ask("/health/live", None).await, ask("/health/ready", None).await), (200, 200));
        assert_eq!((ask("/metrics", None).await, ask("/metrics", Some("a guess")).await), (404, 404));
        assert_eq!(ask("/metrics", Some(TOKEN)).await, 200);
        for path in ["/", "/subscribe", "/staff", "/sandbox/mail"] {
            assert_eq!(ask(path, Some(TOKEN)).await, 404, "a worker has no pages: {path}");
        }
        working.signal("TERM");
        assert_eq!(working.wait(), Some(0));
    }
}
