//! The listener: one task per connection, from this machine only.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::intake::{self, Intake};
use super::session::{self, Limits};
use crate::db::Database;
use crate::values::Clock;

/// More than any sender of ours opens; each may hold one mail in memory.
const CONNECTIONS: usize = 200;
/// How long connections may finish what they are at when the mailbox closes.
const FAREWELL: Duration = Duration::from_secs(5);

/// The mail server of the sandbox.
pub struct Mailbox;

/// A running mailbox. It closes when this is dropped; [`MailboxHandle::shutdown`] also waits for it.
#[derive(Debug)]
pub struct MailboxHandle {
    /// Where it listens.
    pub addr: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Mailbox {
    /// Serves the listener until the handle is dropped or shut down. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn start(listener: TcpListener, db: Database, clock: Clock) -> std::io::Result<MailboxHandle> {
        let addr = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let (intake, keeping) = intake::open(db, clock);
        let keeping = tokio::spawn(keeping);
        let task = tokio::spawn(async move {
            accept(listener, intake, stopped).await;
            // All sessions are gone, so the intake ends once what they handed in is kept.
            let _ = keeping.await;
        });
        Ok(MailboxHandle { addr, stop, task })
    }
}

impl MailboxHandle {
    /// Takes no new connections, lets the open ones finish their mail, and returns when all of it is kept.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        let _ = self.task.await;
    }
}

async fn accept(listener: TcpListener, intake: Intake, mut stopped: watch::Receiver<bool>) {
    let mut sessions = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = session::stopped(&mut stopped) => break,
        };
        while sessions.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) if !peer.ip().to_canonical().is_loopback() => {
                sessions.spawn(refuse(stream, "554 5.7.1 This mailbox is for its own machine only\r\n"));
            }
            Ok((stream, _)) if sessions.len() >= CONNECTIONS => {
                sessions.spawn(refuse(stream, "421 4.3.2 Too many connections\r\n"));
            }
            Ok((stream, peer)) => {
                let (intake, stopped) = (intake.clone(), stopped.clone());
                sessions.spawn(async move {
                    if let Err(error) = converse(stream, &intake, stopped).await {
                        tracing::debug!(%peer, %error, "connection to the sandbox mailbox lost");
                    }
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: they come back as connections end.
                tracing::warn!(%error, "the sandbox mailbox cannot accept a connection");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    let all_gone = async { while sessions.join_next().await.is_some() {} };
    if timeout(FAREWELL, all_gone).await.is_err() {
        tracing::warn!("the sandbox mailbox cut off connections that did not end");
    }
}

async fn converse(stream: TcpStream, intake: &Intake, stopped: watch::Receiver<bool>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    session::serve(stream, intake, Limits::default(), stopped).await
}

async fn refuse(mut stream: TcpStream, reply: &'static str) {
    // The peer may be gone already, and there is nothing to tell it then.
    let _ = timeout(FAREWELL, stream.write_all(reply.as_bytes())).await;
}

#[cfg(test)]
pub(super) mod tests {
    use tokio::io::{AsyncBufReadExt, BufReader};

    use super::super::store;
    use super::*;
    use crate::db::{DatabaseUrl, PoolSizes, migrate};
    use crate::error::Error;
    use crate::values::At;

    pub(in super::super) fn database() -> (tempfile::TempDir, Database) {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("test.db"));
        migrate::migrate(&url).unwrap();
        (folder, Database::connect(url, PoolSizes::default()).unwrap())
    }

    async fn mailbox(db: &Database) -> MailboxHandle {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let clock = Clock::fake(At::from_micros(1_700_000_000_000_000));
        Mailbox::start(listener, db.clone(), clock).unwrap()
    }

    /// Sends `mails` pipelined mails, each to an own recipient, and waits for each 250.
    async fn send(to: SocketAddr, client: usize, mails: usize, padding: usize) {
        let mut stream = BufReader::new(TcpStream::connect(to).await.unwrap());
        stream.get_ref().set_nodelay(true).unwrap();
        stream.write_all(b"EHLO me\r\n").await.unwrap();
        await_code(&mut stream, "250 ").await;
        let padding = format!("{}\r\n", "x".repeat(76)).repeat(padding / 78);
        for n in 0..mails {
            let head = format!("MAIL FROM:<news@b.org>\r\nRCPT TO:<Reader{client}-{n}@d.org>\r\nDATA\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            await_code(&mut stream, "354").await;
            let mail = format!(
                "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= {n}\r\nMessage-ID: <{client}.{n}@b.org>\r\n\r\n..\r\n{padding}.\r\n"
            );
            stream.write_all(mail.as_bytes()).await.unwrap();
            await_code(&mut stream, "250 2.0.0 Kept").await;
        }
        stream.write_all(b"QUIT\r\n").await.unwrap();
        await_code(&mut stream, "221").await;
    }

    async fn await_code(stream: &mut BufReader<TcpStream>, code: &str) {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(stream.read_line(&mut line).await.unwrap() > 0, "closed before {code}");
            assert!(line < String::from("4"), "{line}");
            if line.starts_with(code) {
                return;
            }
        }
    }

    #[tokio::test]
    async fn keeps_each_mail_before_it_says_so() {
        let (_folder, db) = database();
        let mailbox = mailbox(&db).await;
        send(mailbox.addr, 7, 1, 0).await;
        let mail = db.read(|db| Ok::<_, Error>(store::newest_to(db, "reader7-0@D.org", 1)?.remove(0))).await.unwrap();
        assert_eq!(mail.row.recipient, "Reader7-0@d.org");
        assert_eq!(mail.row.sender, "news@b.org");
        assert_eq!(mail.row.subject, "Grüße 0");
        assert_eq!(mail.row.message_id, "7.0@b.org");
        assert_eq!(mail.row.at.rfc3339(), "2023-11-14T22:13:20Z");
        assert!(mail.raw.ends_with(b"\r\n\r\n.\r\n"));

        let mut idle = BufReader::new(TcpStream::connect(mailbox.addr).await.unwrap());
        await_code(&mut idle, "220").await;
        let addr = mailbox.addr;
        mailbox.shutdown().await;
        let mut farewell = String::new();
        idle.read_line(&mut farewell).await.unwrap();
        assert!(farewell.starts_with("421"), "{farewell}");
        assert!(TcpStream::connect(addr).await.is_err());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn gathers_the_mails_of_all_connections() {
        let (connections, mails) = (10, 100);
        let (_folder, db) = database();
        let mailbox = mailbox(&db).await;
        let begin = std::time::Instant::now();
        let mut clients = JoinSet::new();
        for client in 0..connections {
            clients.spawn(send(mailbox.addr, client, mails, 5_000));
        }
        while let Some(client) = clients.join_next().await {
            client.unwrap();
        }
        let total = connections * mails;
        let took = begin.elapsed();
        mailbox.shutdown().await;
        let kept = db.read(|db| Ok::<_, Error>(store::count(db)?)).await.unwrap();
        assert_eq!(kept, total as i64);
        // A wide bound: this fails only when mails are written one by one behind a sync, or wait for one another.
        assert!(took < Duration::from_secs(20), "{total} mails took {took:?}");
        tracing::info!(?took, total, "mails kept");
    }
}
