//! The instrument itself is checked first.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::*;

struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(sink: &SmtpSink) -> Self {
        let stream = TcpStream::connect(sink.addr()).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        Self(BufReader::new(stream))
    }
    fn greeted(sink: &SmtpSink) -> Self {
        let mut client = Self::connect(sink);
        assert_eq!(client.code(), "220");
        assert_eq!(client.ask("EHLO me"), "250");
        client
    }
    /// The code of the next reply; `closed` or `silent` without one.
    fn code(&mut self) -> String {
        loop {
            let mut line = String::new();
            match self.0.read_line(&mut line) {
                Ok(0) => return "closed".into(),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return "silent".into();
                }
                Err(_) => return "closed".into(),
                Ok(_) if line.as_bytes()[3] == b'-' => {}
                Ok(_) => return line[..3].to_owned(),
            }
        }
    }
    fn ask(&mut self, line: &str) -> String {
        let _ = self.0.get_mut().write_all(format!("{line}\r\n").as_bytes());
        self.code()
    }
    /// The reply at which the mail ended.
    fn send(&mut self, to: &str, id: &str) -> String {
        for line in ["MAIL FROM:<news@b.org> SIZE=10".to_owned(), format!("RCPT TO:<{to}>"), "DATA".to_owned()] {
            let code = self.ask(&line);
            if !code.starts_with(['2', '3']) {
                return code;
            }
        }
        self.ask(&format!("Message-ID:\r\n <{id}>\r\nsubject: hello\r\n\r\n..x\r\n."))
    }
    fn once(sink: &SmtpSink, to: &str) -> String {
        let mut client = Self::connect(sink);
        match client.code().as_str() {
            "220" => match client.ask("EHLO me").as_str() {
                "250" => client.send(to, "m1"),
                other => other.to_owned(),
            },
            other => other.to_owned(),
        }
    }
}

#[test]
fn writes_down_what_it_took() {
    let sink = SmtpSink::start(Script::accept_all().keep_raw());
    let mut client = Client::greeted(&sink);
    assert_eq!(client.send("a@b.org", "m1"), "250");
    assert_eq!(client.send("a@b.org", "m2"), "250");
    assert_eq!(client.send("c@b.org", "m3"), "250");
    assert_eq!(client.ask("QUIT"), "221");
    assert_eq!(sink.accepted_recipients(), ["a@b.org", "a@b.org", "c@b.org"]);
    assert_eq!(sink.duplicates(), HashMap::from([("a@b.org".into(), vec!["m1".into(), "m2".into()])]));
    let first = &sink.log()[0];
    assert_eq!((first.mail_from.as_str(), first.subject.as_str(), first.attempt), ("news@b.org", "hello", 1));
    assert_eq!(first.raw.as_ref().unwrap().as_slice(), b"Message-ID:\r\n <m1>\r\nsubject: hello\r\n\r\n.x\r\n");
    assert_eq!((first.order, first.connection, first.reply.as_str()), (0, 0, "250 2.0.0 taken"));
    assert!(first.answered && first.at < Duration::from_secs(60) && first.bytes > 40);
    assert_eq!((sink.connections(), sink.most_open(), sink.reached(Phase::Dot)), (1, 1, 3));
    assert_eq!(sink.url(), format!("smtp://{}?tls=none", sink.addr()));
    sink.wait_for_blocking(3, Duration::from_secs(1));
}

#[test]
fn refuses_recipients_by_rule() {
    let script = Script::accept_all()
        .rcpt(Which::Containing("gone".into()), "550 5.1.1 no such user")
        .rcpt(Which::FirstAttempts(1), "451 4.7.1 come back later")
        .rcpt_by(|asked| (asked.address == "now@b.org").then(|| "250 2.1.5 OK".into()));
    let sink = SmtpSink::start(script);
    let answers: Vec<String> =
        ["gone@b.org", "a@b.org", "now@b.org", "a@b.org"].iter().map(|to| Client::once(&sink, to)).collect();
    assert_eq!(answers, ["550", "451", "250", "250"]);
    assert_eq!(sink.log().iter().map(|r| r.accepted).collect::<Vec<_>>(), [false, false, true, true]);
    sink.set(Script::accept_all().rcpt(Which::Every(2), "451 4.2.0 no"));
    let answers: Vec<String> = (0..4).map(|_| Client::once(&sink, "a@b.org")).collect();
    assert_eq!(answers, ["250", "451", "250", "451"]);
    sink.set(Script::accept_all().rcpt(Which::Is("A@b.org".into()), "452 4.2.2 full").rcpt(Which::All, "550 5.2.1 no"));
    assert_eq!([Client::once(&sink, "a@b.org"), Client::once(&sink, "aa@b.org")], ["452", "550"]);
    sink.set(Script::accept_all().rcpt_by(|asked| Some(format!("450 {} {}", asked.order, asked.connection))));
    Client::once(&sink, "z@b.org");
    assert_eq!(sink.log().last().unwrap().reply, "450 11 10");
}

#[test]
fn cuts_mails_short_and_comes_back_at_the_same_place() {
    let sink = SmtpSink::start(Script::accept_all().drop_in_body(20).without("PIPELINING"));
    let mut client = Client::greeted(&sink);
    assert_eq!(client.send("a@b.org", "m1"), "closed");
    let log = sink.log();
    assert_eq!((log.len(), log[0].accepted, log[0].answered, log[0].bytes), (1, false, false, 0));
    let addr = sink.addr();
    drop((client, sink));
    // The old listener goes with its threads, in the background.
    std::thread::sleep(Duration::from_millis(50));
    let sink = SmtpSink::start_at(addr, Script::accept_all());
    assert_eq!(Client::once(&sink, "a@b.org"), "250");
}

#[test]
fn fails_at_each_phase() {
    let sink = SmtpSink::start(Script::accept_all());
    for (phase, code) in [(Phase::Greeting, "421"), (Phase::Mail, "554"), (Phase::Data, "554"), (Phase::Dot, "452")] {
        sink.set(Script::accept_all().at_times(phase, Act::reply(&format!("{code} no")), 0, 1));
        assert_eq!(Client::once(&sink, "a@b.org"), code, "{phase:?}");
        assert_eq!(Client::once(&sink, "a@b.org"), "250", "{phase:?}");
    }
    for phase in [Phase::Greeting, Phase::Ehlo, Phase::Mail, Phase::Rcpt, Phase::Data, Phase::Body, Phase::Dot] {
        let before = sink.accepted_count();
        sink.set(Script::accept_all().at(phase, Act::Drop));
        assert_eq!(Client::once(&sink, "a@b.org"), "closed", "{phase:?}");
        sink.set(Script::accept_all().at(phase, Act::Stall));
        assert_eq!(Client::once(&sink, "a@b.org"), "silent", "{phase:?}");
        let taken = if phase == Phase::Dot { 2 } else { 0 };
        assert_eq!(sink.accepted_count() - before, taken, "{phase:?}");
    }
}

#[test]
fn asks_for_a_password_and_closes_after_some_mails() {
    let sink = SmtpSink::start(Script::accept_all().offer_auth().close_after(1).delay(Duration::from_millis(1)));
    let mut client = Client::greeted(&sink);
    assert_eq!(client.ask("MAIL FROM:<a@b.org>"), "530");
    sink.change(|script| script.at_times(Phase::Auth, Act::reply("535 5.7.8 no"), 0, 1));
    assert_eq!(client.ask("AUTH PLAIN AHVzZXIAc2VjcmV0"), "535");
    assert_eq!(client.ask("AUTH LOGIN"), "334");
    assert_eq!(client.ask("dXNlcg=="), "334");
    assert_eq!(client.ask("c2VjcmV0"), "235");
    assert_eq!(sink.logins(), [("user".into(), "secret".into()), ("user".into(), "secret".into())]);
    assert_eq!(client.send("a@b.org", "m1"), "250");
    assert_eq!(client.ask("NOOP"), "421");
}

/// 2,000 pipelined mails over four connections must not take long: the sink may not be what a test measures.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_fast() {
    let sink = SmtpSink::start(Script::accept_all());
    let clients: Vec<_> = (0..4)
        .map(|c| {
            let addr = sink.addr();
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(addr).unwrap();
                let mail = "x".repeat(70) + "\r\n";
                let text: String = (0..500)
                    .map(|n| {
                        let to = format!("MAIL FROM:<n@b.org>\r\nRCPT TO:<{c}-{n}@b.org>\r\nDATA\r\n");
                        format!("{to}Message-ID: <{c}-{n}@b.org>\r\n\r\n{}.\r\n", mail.repeat(30))
                    })
                    .collect();
                stream.write_all(format!("EHLO me\r\n{text}QUIT\r\n").as_bytes()).unwrap();
                stream.read_to_end(&mut Vec::new()).unwrap();
            })
        })
        .collect();
    sink.wait_for(2000, Duration::from_secs(20)).await;
    clients.into_iter().for_each(|client| client.join().unwrap());
    assert!(sink.duplicates().is_empty());
}
