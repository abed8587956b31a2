//! The listener: one task per connection, from this machine only.

use std::net::{IpAddr, SocketAddr};
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
            Ok((stream, peer)) if !is_this_machine(peer.ip()) => {
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

/// The listener may have been bound wider than it should be; who comes from outside is sent away all the same.
fn is_this_machine(peer: IpAddr) -> bool {
    peer.to_canonical().is_loopback()
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
mod tests {
    use super::*;

    #[test]
    fn knows_its_own_machine() {
        for (peer, own) in [
            ("127.0.0.1", true),
            ("127.8.9.1", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("10.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("::", false),
            ("0.0.0.0", false),
        ] {
            assert_eq!(is_this_machine(peer.parse().unwrap()), own, "{peer}");
        }
    }
}
