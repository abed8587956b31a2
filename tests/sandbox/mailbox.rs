//! The sandbox mailbox over a real connection, down to its rows.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use pledgepost::db::Database;
use pledgepost::error::Error;
use pledgepost::sandbox::mailbox::store::{self, NewMail};
use pledgepost::sandbox::mailbox::{Mailbox, MailboxHandle, read};
use pledgepost::values::{At, Clock, PageRequest};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::on_both;
use crate::support::TestDb;

const NOON: i64 = 1_700_000_000_000_000;

async fn mailbox(db: &Database) -> MailboxHandle {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Mailbox::start(listener, db.clone(), Clock::fake(At::from_micros(NOON))).unwrap()
}

/// Sends mails one after the other, each to an own recipient, and waits for each 250.
async fn send(to: SocketAddr, client: usize, mails: usize, bytes: usize) {
    let mut stream = BufReader::new(TcpStream::connect(to).await.unwrap());
    stream.get_ref().set_nodelay(true).unwrap();
    stream.write_all(b"EHLO me\r\n").await.unwrap();
    expect(&mut stream, "250 ").await;
    let padding = format!("{}\r\n", "x".repeat(76)).repeat(bytes / 78);
    for n in 0..mails {
        let head = format!("MAIL FROM:<news@b.org>\r\nRCPT TO:<Reader{client}-{n}@d.org>\r\nDATA\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        expect(&mut stream, "354").await;
        let mail = format!(
            "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe=00?= {n}\r\nMessage-ID: <{client}.{n}@b.org>\r\n\r\n..\r\n{padding}.\r\n"
        );
        stream.write_all(mail.as_bytes()).await.unwrap();
        expect(&mut stream, "250 2.0.0 Kept").await;
    }
    stream.write_all(b"QUIT\r\n").await.unwrap();
    expect(&mut stream, "221").await;
}

async fn expect(stream: &mut BufReader<TcpStream>, begin: &str) {
    let mut line = String::new();
    while !line.starts_with(begin) {
        assert!(!line.starts_with(['4', '5']), "{line}");
        line.clear();
        assert!(stream.read_line(&mut line).await.unwrap() > 0, "closed before {begin}");
    }
}

fn mail<'a>(recipient: &'a str, subject: &'a str) -> NewMail<'a> {
    let recipient_key = recipient.to_lowercase();
    let raw = b"Subject: x\r\n\r\n\0\xff";
    NewMail { at: At::from_micros(NOON), sender: "", recipient, recipient_key, subject, message_id: "m@b.org", raw }
}

on_both! {
    async fn keeps_each_mail_before_it_says_so(backend) {
        let test = TestDb::new(backend);
        let db = test.connect();
        let mailbox = mailbox(&db).await;
        let addr = mailbox.addr;
        send(addr, 7, 1, 0).await;
        let stored = db.read(|db| Ok::<_, Error>(store::newest_to(db, "reader7-0@D.org", 1)?.remove(0))).await.unwrap();
        assert_eq!(stored.row.recipient, "Reader7-0@d.org");
        assert_eq!(stored.row.sender, "news@b.org");
        assert_eq!(stored.row.subject, "Grüße 0");
        assert_eq!(stored.row.message_id, "7.0@b.org");
        assert_eq!(stored.row.at, At::from_micros(NOON));
        assert_eq!(read::read(&stored.raw).text.as_deref(), Some(".\r\n"));

        let mut idle = BufReader::new(TcpStream::connect(addr).await.unwrap());
        expect(&mut idle, "220").await;
        mailbox.shutdown().await;
        let mut farewell = String::new();
        idle.read_line(&mut farewell).await.unwrap();
        assert!(farewell.starts_with("421"), "{farewell}");
        assert!(TcpStream::connect(addr).await.is_err());
    }

    async fn gathers_the_mails_of_all_connections(backend) {
        let (connections, mails) = (10, 50);
        let test = TestDb::new(backend);
        let db = test.connect();
        let mailbox = mailbox(&db).await;
        let begin = Instant::now();
        let mut clients = JoinSet::new();
        for client in 0..connections {
            clients.spawn(send(mailbox.addr, client, mails, 5_000));
        }
        while let Some(client) = clients.join_next().await {
            client.unwrap();
        }
        let (total, took) = (connections * mails, begin.elapsed());
        mailbox.shutdown().await;
        assert_eq!(db.read(|db| Ok::<_, Error>(store::count(db)?)).await.unwrap(), total as i64);
        // A wide bound: this fails when mails wait for one another, not on a busy machine.
        assert!(took < Duration::from_secs(20), "{total} mails took {took:?}");
    }

    async fn lists_finds_and_forgets(backend) {
        let test = TestDb::new(backend);
        test.connect().write(|db| {
            let many: Vec<String> = (0..1201).map(|n| format!("Reader{n}@example.org")).collect();
            let mails: Vec<NewMail<'_>> = many.iter().map(|to| mail(to, "Water & 100 % air")).collect();
            assert_eq!(store::insert(db, &mails)?, 1201);
            store::insert(db, &[mail("Ünal@example.org", "Confirm_it")])?;

            let all = store::list(db, None, PageRequest::new(Some(2), 100))?;
            assert_eq!((all.total, all.rows.len(), all.pages()), (1202, 100, 13));
            assert!(all.rows[0].id > all.rows[99].id);
            for (search, found) in
                [("reader12@", 1), ("ünal", 1), ("WATER", 1201), ("100 %", 1201), ("m_i", 1), ("r%9", 0), ("\\", 0), (" ", 1202)]
            {
                assert_eq!(store::list(db, Some(search), PageRequest::new(None, 5))?.total, found, "{search}");
            }
            let stored = store::newest_to(db, "ÜNAL@example.org", 5)?.remove(0);
            assert_eq!(stored.row.bytes, 16);
            assert_eq!(store::find(db, stored.row.id)?, stored);
            assert_eq!(store::find(db, -1), Err(diesel::result::Error::NotFound));

            assert_eq!((store::prune(db, 2000)?, store::prune(db, 10)?, store::count(db)?), (0, 1192, 10));
            assert_eq!(store::find(db, stored.row.id)?.row.subject, "Confirm_it");
            assert_eq!((store::delete_all(db)?, store::count(db)?), (10, 0));
            Ok::<(), Error>(())
        }).await.unwrap();
    }
}
