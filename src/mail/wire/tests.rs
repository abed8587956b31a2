use std::sync::Mutex;
use std::time::Instant;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;

/// What the server does, in order.
#[derive(Clone, Copy)]
enum Do {
    /// Sends these bytes, each piece in a packet of its own.
    Say(&'static [&'static str]),
    /// Reads a line that must begin so.
    Hear(&'static str),
    /// Reads a message up to its final dot.
    Body,
    /// Reads that many bytes of a message.
    PartOfBody(usize),
    /// Goes on in TLS.
    Encrypt,
    /// Says nothing until the client is gone.
    Wait,
}
use Do::{Body, Encrypt, Hear, PartOfBody, Say, Wait};

const HELLO: [Do; 3] = [Say(&["220 hi\r\n"]), Hear("EHLO client.example"), Say(&["250 ok\r\n"])];
const ENVELOPE: [Do; 4] = [
    Hear("MAIL FROM:<news@org.example>"),
    Say(&["250 ok\r\n"]),
    Hear("RCPT TO:<anna@reader.example>"),
    Say(&["250 ok\r\n"]),
];
const MESSAGE: [Do; 4] = [Hear("DATA"), Say(&["354 go\r\n"]), Body, Say(&["250 2.0.0 queued as 1\r\n"])];

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

static BODIES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A server that plays the script once; the handle gives what it did not like.
async fn server(script: Vec<Do>) -> (u16, JoinHandle<Result<(), String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let playing = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.map_err(|e| e.to_string())?;
        tcp.set_nodelay(true).unwrap();
        let mut stream: BufReader<Box<dyn Duplex>> = BufReader::new(Box::new(tcp));
        for step in script {
            stream = play(stream, step).await?;
        }
        Ok(())
    });
    (port, playing)
}

async fn play(mut stream: BufReader<Box<dyn Duplex>>, step: Do) -> Result<BufReader<Box<dyn Duplex>>, String> {
    let mut line = Vec::new();
    match step {
        Say(pieces) => {
            for piece in pieces {
                stream.write_all(piece.as_bytes()).await.map_err(|e| e.to_string())?;
                stream.flush().await.map_err(|e| e.to_string())?;
                if pieces.len() > 1 {
                    tokio::time::sleep(Duration::from_millis(15)).await;
                }
            }
        }
        Hear(start) => {
            stream.read_until(b'\n', &mut line).await.map_err(|e| e.to_string())?;
            let heard = String::from_utf8_lossy(&line).into_owned();
            if !heard.starts_with(start) {
                return Err(format!("heard {heard:?} instead of {start:?}"));
            }
        }
        Body => {
            while !line.ends_with(b"\r\n.\r\n") {
                if stream.read_until(b'\n', &mut line).await.map_err(|e| e.to_string())? == 0 {
                    return Err("the message ended early".into());
                }
            }
            BODIES.lock().unwrap().push(String::from_utf8_lossy(&line).into_owned());
        }
        PartOfBody(count) => {
            use tokio::io::AsyncReadExt;
            line.resize(count, 0);
            stream.read_exact(&mut line).await.map_err(|e| e.to_string())?;
        }
        Encrypt => {
            use rustls::pki_types::pem::PemObject;
            use rustls::pki_types::{CertificateDer, PrivateKeyDer};
            let cert = CertificateDer::from_pem_slice(include_bytes!("../testdata/tls-cert.pem")).unwrap();
            let key = PrivateKeyDer::from_pem_slice(include_bytes!("../testdata/tls-key.pem")).unwrap();
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let config = rustls::ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![cert], key)
                .unwrap();
            let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
            let inner = stream.into_inner();
            let tls = acceptor.accept(inner).await.map_err(|e| e.to_string())?;
            return Ok(BufReader::new(Box::new(tls)));
        }
        Wait => {
            use tokio::io::AsyncReadExt;
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
        }
    }
    Ok(stream)
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn mail_server(port: u16, rest: &str) -> MailServer {
    MailServer::parse(&format!("smtp://127.0.0.1:{port}{rest}")).unwrap()
}

async fn open(port: u16, rest: &str) -> Result<Connection, ServerFault> {
    let timeouts = Timeouts::all(Duration::from_millis(700));
    Connection::open_with(&mail_server(port, rest), "client.example", timeouts).await
}

async fn send(connection: &mut Connection) -> Outcome {
    let mail = b"Subject: x\r\n\r\nHello\r\n.dot\r\n";
    connection
        .send(
            &Outgoing { from: &address("news@org.example"), to: &address("anna@reader.example"), bytes: mail },
            None,
            &|| true,
        )
        .await
}

/// Opens without TLS, sends one mail, and checks that the server heard what it should.
async fn one(script: &[&[Do]]) -> (Outcome, bool) {
    let (port, playing) = server([&HELLO, script.concat().as_slice()].concat()).await;
    let mut connection = open(port, "?tls=none").await.unwrap();
    let outcome = send(&mut connection).await;
    let usable = connection.is_usable();
    drop(connection);
    playing.await.unwrap().unwrap();
    (outcome, usable)
}

#[tokio::test]
async fn many_mails_over_one_connection_at_once() {
    let mut script = HELLO.to_vec();
    for _ in 0..20 {
        script.extend(ENVELOPE);
        script.extend(MESSAGE);
    }
    script.extend([Hear("QUIT"), Say(&["221 bye\r\n"])]);
    let (port, playing) = server(script).await;
    let mut connection = open(port, "?tls=none").await.unwrap();
    let start = Instant::now();
    for _ in 0..20 {
        let outcome = send(&mut connection).await;
        assert_eq!(outcome, Outcome::Accepted { code: 250, reply: "250 2.0.0 queued as 1".into() });
        assert!(connection.is_usable());
    }
    // With Nagle's delay it would be 20 × 40 ms.
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    connection.quit().await;
    playing.await.unwrap().unwrap();
    assert!(BODIES.lock().unwrap().iter().any(|body| body.contains("Hello\r\n..dot\r\n")), "dots are doubled");
}

#[tokio::test]
async fn refusals_at_rcpt_leave_the_connection_usable() {
    let start = [Hear("MAIL FROM:"), Say(&["250 ok\r\n"]), Hear("RCPT TO:")];
    let reset = [Hear("RSET"), Say(&["250 ok\r\n"])];
    let (outcome, usable) = one(&[&start, &[Say(&["451 4.7.1 greylisted\r\n"])], &reset]).await;
    assert_eq!(outcome, Outcome::Deferred { code: Some(451), reply: "451 4.7.1 greylisted".into() });
    assert!(usable);
    // In pieces, and in two lines.
    let said = Say(&["550-5.1.1 no su", "ch user\r\n550 5.1.1 re", "ally not\r", "\n"]);
    let (outcome, usable) = one(&[&start, &[said], &reset]).await;
    assert_eq!(outcome, Outcome::RecipientFailed { code: 550, reply: "550 5.1.1 no such user really not".into() });
    assert!(usable);
    let (outcome, usable) = one(&[&start, &[Say(&["550 5.7.1 policy\r\n"])], &reset]).await;
    assert!(matches!(outcome, Outcome::ServerFault(ServerFault { phase: Phase::Rcpt, code: Some(550), .. })));
    assert!(usable);
    let (outcome, usable) = one(&[&start, &[Say(&["421 4.3.2 closing\r\n"])]]).await;
    assert!(matches!(outcome, Outcome::ServerFault(ServerFault { code: Some(421), .. })) && !usable);
}

#[tokio::test]
async fn faults_of_the_server_while_mailing() {
    let (outcome, usable) = one(&[&[Hear("MAIL"), Say(&["554 5.7.1 who are you\r\n"])]]).await;
    let Outcome::ServerFault(fault) = outcome else { panic!("{outcome:?}") };
    assert!(fault.to_string().ends_with("refused our sender address: 554 5.7.1 who are you"), "{fault}");
    assert!(usable && !fault.reconnect);
    let (outcome, usable) = one(&[&[Hear("MAIL")]]).await;
    assert!(matches!(
        outcome,
        Outcome::ServerFault(ServerFault { phase: Phase::Mail, code: None, reconnect: false, .. })
    ));
    assert!(!usable);
}

#[tokio::test]
async fn a_connection_that_served_and_is_closed_is_worth_another() {
    let bye = [Hear("MAIL"), Say(&["421 4.7.0 enough for one connection\r\n"])];
    let (port, playing) = server([&HELLO[..], &ENVELOPE, &MESSAGE, &bye].concat()).await;
    let mut connection = open(port, "?tls=none").await.unwrap();
    assert!(matches!(send(&mut connection).await, Outcome::Accepted { .. }));
    let outcome = send(&mut connection).await;
    assert!(
        matches!(outcome, Outcome::ServerFault(ServerFault { reconnect: true, code: Some(421), .. })),
        "{outcome:?}"
    );
    assert!(!connection.is_usable());
    playing.await.unwrap().unwrap();
}

#[tokio::test]
async fn refusals_of_the_message() {
    let data = [Hear("DATA"), Say(&["354 go\r\n"]), Body];
    let (outcome, usable) = one(&[&ENVELOPE, &data, &[Say(&["554 5.6.0 we do not like it\r\n"])]]).await;
    assert_eq!(outcome, Outcome::MessageRefused { code: 554, reply: "554 5.6.0 we do not like it".into() });
    assert!(usable);
    let (outcome, _) = one(&[&ENVELOPE, &data, &[Say(&["451 4.3.0 later\r\n"])]]).await;
    assert!(matches!(outcome, Outcome::Deferred { code: Some(451), .. }));
    let refused = [Hear("DATA"), Say(&["550 5.7.26 sign your mails\r\n"]), Hear("RSET"), Say(&["250 ok\r\n"])];
    let (outcome, _) = one(&[&ENVELOPE, &refused]).await;
    assert!(matches!(outcome, Outcome::ServerFault(ServerFault { phase: Phase::Data, code: Some(550), .. })));
}

#[tokio::test]
async fn before_the_final_dot_deferred_after_it_doubt() {
    let go = [Hear("DATA"), Say(&["354 go\r\n"])];
    // A message that fills every buffer on the way, so that its end cannot have left.
    let (port, playing) = server([&HELLO[..], &ENVELOPE, &go, &[PartOfBody(10)]].concat()).await;
    let mut connection = open(port, "?tls=none").await.unwrap();
    let large = [b"Subject: x\r\n\r\n".as_slice(), &b"0123456789\r\n".repeat(2_000_000)].concat();
    let outcome = connection
        .send(
            &Outgoing { from: &address("news@org.example"), to: &address("anna@reader.example"), bytes: &large },
            None,
            &|| true,
        )
        .await;
    assert!(matches!(outcome, Outcome::Deferred { code: None, .. }), "{outcome:?}");
    assert!(!connection.is_usable());
    playing.await.unwrap().unwrap();

    let (outcome, usable) = one(&[&ENVELOPE, &go, &[Body, Wait]]).await;
    assert!(matches!(outcome, Outcome::Doubt { .. }) && !usable, "silence: {outcome:?}");
    let (outcome, usable) = one(&[&ENVELOPE, &go, &[Body]]).await;
    assert!(matches!(outcome, Outcome::Doubt { .. }) && !usable, "closed: {outcome:?}");
    let (outcome, usable) = one(&[&ENVELOPE, &go, &[Body, Say(&["garbage\r\n"])]]).await;
    assert!(matches!(outcome, Outcome::Doubt { .. }) && !usable, "garbled: {outcome:?}");
    let (outcome, usable) = one(&[&ENVELOPE, &go, &[Body, Say(&["354 go on\r\n"])]]).await;
    assert!(matches!(outcome, Outcome::Doubt { .. }) && !usable, "neither yes nor no: {outcome:?}");
    let (outcome, _) = one(&[&ENVELOPE, &[Hear("DATA"), Wait]]).await;
    assert!(matches!(outcome, Outcome::Deferred { code: None, .. }), "{outcome:?}");
}

#[tokio::test]
async fn faults_at_the_door() {
    for (script, phase, words) in [
        (vec![Say(&["421 4.7.0 not now\r\n"])], Phase::Greeting, "turned us away: 421 4.7.0 not now"),
        (vec![Say(&["554 no\r\n"])], Phase::Greeting, "turned us away: 554 no"),
        (vec![Say(&["HTTP/1.1 400 Bad Request\r\n"])], Phase::Greeting, "does not speak SMTP"),
        (vec![], Phase::Greeting, "turned us away: the connection was closed"),
        (vec![Wait], Phase::Greeting, "no answer within 0.7 s"),
        (vec![HELLO[0], HELLO[1], Say(&["550 5.5.4 bad name\r\n"])], Phase::Ehlo, "EHLO): 550 5.5.4 bad name"),
    ] {
        for tls in ["?tls=none", ""] {
            let (port, playing) = server(script.clone()).await;
            let fault = open(port, tls).await.err().unwrap();
            assert_eq!(fault.phase, phase, "{fault}");
            assert!(fault.to_string().contains(words), "{fault}");
            playing.await.unwrap().unwrap();
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert_eq!(open(port, "").await.err().unwrap().phase, Phase::Connect);
}

#[tokio::test]
async fn logs_in_and_says_when_the_password_is_wrong() {
    let offer = [HELLO[0], HELLO[1], Say(&["250-hi\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 1000\r\n"])];
    for (answer, good) in [("235 2.7.0 in\r\n", true), ("535 5.7.8 bad credentials\r\n", false)] {
        let answer: &'static [&'static str] = Box::leak(Box::new([answer]));
        let script = [&offer[..], &[Hear("AUTH PLAIN AHUAcEB3"), Say(answer)]].concat();
        let (port, playing) = server(script).await;
        let url = MailServer::parse(&format!("smtp://u:p%40w@127.0.0.1:{port}")).unwrap();
        let result = Connection::open_with(&url, "client.example", Timeouts::all(Duration::from_secs(1))).await;
        match (good, result) {
            (true, Ok(connection)) => assert!(connection.is_usable()),
            (false, Err(fault)) => assert_eq!(
                fault.to_string(),
                format!("the mail server 127.0.0.1:{port} refused our password: 535 5.7.8 bad credentials")
            ),
            (_, other) => panic!("{:?}", other.err()),
        }
        playing.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn encrypts_when_the_server_offers_it() {
    let start = [HELLO[0], HELLO[1], Say(&["250-hi\r\n250 STARTTLS\r\n"]), Hear("STARTTLS")];
    let inside = [Say(&["220 go\r\n"]), Encrypt, Hear("EHLO client.example"), Say(&["250 ok\r\n"])];
    let (port, playing) = server([&start[..], &inside, &ENVELOPE, &MESSAGE].concat()).await;
    let mut connection = open(port, "").await.unwrap();
    assert!(matches!(send(&mut connection).await, Outcome::Accepted { .. }));
    playing.await.unwrap().unwrap();

    // A home-made certificate is not enough where a valid one is required.
    let (port, _playing) = server([&start[..], &inside].concat()).await;
    assert_eq!(open(port, "?tls=required").await.err().unwrap().phase, Phase::Tls);

    let (port, playing) = server([&HELLO[..], &[Wait]].concat()).await;
    let fault = open(port, "?tls=required").await.err().unwrap();
    assert!(fault.phase == Phase::StartTls && fault.to_string().contains("does not offer it"), "{fault}");
    playing.await.unwrap().unwrap();

    // Clear text behind the answer to STARTTLS would be read as if it had been encrypted.
    let (port, _playing) = server([&start[..], &[Say(&["220 go\r\n250 AUTH PLAIN\r\n"]), Wait]].concat()).await;
    let fault = open(port, "").await.err().unwrap();
    assert!(fault.to_string().contains("more than it was asked for"), "{fault}");
}

#[tokio::test]
async fn letters_beyond_ascii_need_smtputf8() {
    let to = address("имя@reader.example");
    let from = address("news@org.example");
    let (port, playing) = server([&HELLO[..], &[Wait]].concat()).await;
    let mut connection = open(port, "?tls=none").await.unwrap();
    let outcome = connection.send(&Outgoing { from: &from, to: &to, bytes: b"x\r\n" }, None, &|| true).await;
    assert!(matches!(&outcome, Outcome::RecipientFailed { reply, .. } if reply.contains("SMTPUTF8")), "{outcome:?}");
    assert!(connection.is_usable());
    drop(connection);
    playing.await.unwrap().unwrap();

    let able = [HELLO[0], HELLO[1], Say(&["250-hi\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"])];
    let envelope = [
        Hear("MAIL FROM:<news@org.example> SMTPUTF8 BODY=8BITMIME"),
        Say(&["250 ok\r\n"]),
        Hear("RCPT TO:<имя@reader.example>"),
        Say(&["250 ok\r\n"]),
    ];
    let (port, playing) = server([&able[..], &envelope, &MESSAGE].concat()).await;
    let mut connection = open(port, "?tls=none").await.unwrap();
    let outcome = connection
        .send(
            &Outgoing { from: &from, to: &to, bytes: "To: имя@reader.example\r\n\r\nx\r\n".as_bytes() },
            None,
            &|| true,
        )
        .await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    playing.await.unwrap().unwrap();
}

#[test]
fn introductions() {
    assert_eq!(introduction("org.example").to_string(), "org.example");
    assert_eq!(introduction("127.0.0.1").to_string(), "[127.0.0.1]");
    assert_eq!(introduction("[::1]").to_string(), "[IPv6:::1]");
    assert_eq!(introduction("a\r\nRSET b").to_string(), "aRSETb");
}
