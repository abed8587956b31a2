//! One sender: holds one connection to the mail server and mails what the queue gives it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use tokio::sync::mpsc;

use super::Server;
use super::queue::{Item, Queue};
use crate::lease::Node;
use crate::mail::{Connection, Outcome as Reply, Outgoing, Phase, ServerFault, Signer, Timeouts};
use crate::values::{At, EmailAddress, NodeId};

/// What became of an item, before policy turns it into a row's state.
pub enum Verdict {
    Sent {
        code: u16,
        reply: String,
    },
    /// Refused for good, about the recipient.
    Failed {
        code: Option<u16>,
        reply: String,
    },
    /// To be tried again. Without a code the line broke.
    Deferred {
        code: Option<u16>,
        reply: String,
    },
    /// A policy refusal of this recipient: waits, and counts as refused.
    Policy {
        code: Option<u16>,
        reply: String,
    },
    /// No reply after the final dot.
    Doubt {
        reply: String,
    },
    /// Never left, and not its own fault: goes back as it was.
    Back,
    /// The content was refused: goes back, and its campaign stops.
    Refused {
        code: u16,
        reply: String,
    },
    /// Not now, and this was no attempt.
    Later {
        at: At,
        reason: String,
    },
    /// Not mailed on purpose.
    Skipped {
        reason: String,
    },
}

pub enum Report {
    Settled(Box<Item>, Verdict),
    /// The server itself failed; the item goes back.
    ServerFailed(Box<Item>, ServerFault),
}

pub struct Sender {
    pub queue: Arc<Queue>,
    pub node: Arc<Node>,
    pub server: Option<Arc<Server>>,
    pub hello: String,
    pub signer: Option<Arc<Signer>>,
    pub timeouts: Timeouts,
    pub reports: mpsc::UnboundedSender<Report>,
    /// Raised by the sender that finds the server failing, so that the others do not run into the same wall with every
    /// row of the queue; lowered by the engine when the server's pause is over.
    pub halt: Arc<AtomicBool>,
}

/// A connection without work is given up after this long.
const IDLE: Duration = Duration::from_secs(10);

impl Sender {
    pub async fn run(self) {
        let mut connection: Option<Connection> = None;
        loop {
            let next = match connection {
                Some(_) => tokio::time::timeout(IDLE, self.queue.pop()).await,
                None => Ok(self.queue.pop().await),
            };
            let item = match next {
                Ok(Some(item)) => item,
                Ok(None) => break,
                Err(_idle) => {
                    if let Some(idle) = connection.take() {
                        idle.quit().await;
                    }
                    continue;
                }
            };
            let report = self.deliver(item, &mut connection).await;
            if self.reports.send(report).is_err() {
                break;
            }
        }
        if let Some(connection) = connection.take() {
            connection.quit().await;
        }
    }

    async fn deliver(&self, item: Item, connection: &mut Option<Connection>) -> Report {
        let Item { row, hold, lease, mail } = item;
        let kept = |row| Box::new(Item { row, hold, lease, mail: None });
        if self.halt.load(Ordering::SeqCst) {
            return Report::Settled(kept(row), Verdict::Back);
        }
        let mut bytes = Vec::new();
        let made = mail.context("nothing to send").and_then(|mail| mail.write(self.signer.as_deref(), &mut bytes));
        let from = match made {
            Ok(from) => from,
            Err(error) => {
                tracing::error!(delivery = %row.id, error = format!("{error:#}"), "mail cannot be made");
                let reply = "The mail could not be made (see the log).".to_owned();
                return Report::Settled(kept(row), Verdict::Failed { code: None, reply });
            }
        };
        // The node may have slept since the row was leased: then it is someone else's now.
        if !self.node.holds(lease) {
            return Report::Settled(kept(row), Verdict::Back);
        }
        let reused = connection.is_some();
        let mut reply = self.attempt(&from, &row.address, &bytes, lease, connection).await;
        if reused && was_closed_between_mails(&reply) && self.node.holds(lease) {
            // Servers close a line after so many mails or so much time; that is no fault.
            *connection = None;
            reply = self.attempt(&from, &row.address, &bytes, lease, connection).await;
        }
        match reply {
            Reply::Accepted { code, reply } => Report::Settled(kept(row), Verdict::Sent { code, reply }),
            Reply::RecipientFailed { code, reply } => {
                Report::Settled(kept(row), Verdict::Failed { code: Some(code), reply })
            }
            Reply::Deferred { code, reply } => Report::Settled(kept(row), Verdict::Deferred { code, reply }),
            Reply::MessageRefused { code, reply } => Report::Settled(kept(row), Verdict::Refused { code, reply }),
            Reply::Withdrawn => Report::Settled(kept(row), Verdict::Back),
            Reply::Doubt { reply } => Report::Settled(kept(row), Verdict::Doubt { reply }),
            Reply::ServerFault(fault) if is_policy_at_rcpt(&fault) => {
                Report::Settled(kept(row), Verdict::Policy { code: fault.code, reply: fault.message })
            }
            Reply::ServerFault(fault) => {
                self.halt.store(true, Ordering::SeqCst);
                Report::ServerFailed(kept(row), fault)
            }
        }
    }

    async fn attempt(
        &self,
        from: &EmailAddress,
        to: &EmailAddress,
        bytes: &[u8],
        lease: NodeId,
        slot: &mut Option<Connection>,
    ) -> Reply {
        let mut connection = match slot.take() {
            Some(connection) => connection,
            None => {
                let Some(server) = &self.server else { return Reply::Withdrawn };
                match Connection::open_with(&server.address, &self.hello, self.timeouts).await {
                    Ok(connection) => connection,
                    Err(fault) => return Reply::ServerFault(fault),
                }
            }
        };
        let may_leave = || self.node.holds(lease);
        let reply = connection.send(&Outgoing { from, to, bytes }, None, &may_leave).await;
        if connection.is_usable() {
            *slot = Some(connection);
        }
        reply
    }
}

fn was_closed_between_mails(reply: &Reply) -> bool {
    matches!(reply, Reply::ServerFault(fault) if fault.reconnect)
}

/// A policy refusal of one recipient (5.7.x at RCPT). It may be about us or about this reader's provider; giving the row
/// back unchanged would let one such reader hold up everybody else, so it waits like a 4xx and counts as a refusal:
/// if many are refused so, the campaign stops.
fn is_policy_at_rcpt(fault: &ServerFault) -> bool {
    fault.phase == Phase::Rcpt && fault.code.is_some_and(|code| code >= 500)
}
