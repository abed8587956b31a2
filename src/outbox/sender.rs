//! One sender: holds one connection to its mail server and mails what the queue gives it.
//!
//! While a mail's end is on its way, the envelope of the next one goes with it: one round trip per mail. So a sender holds
//! at most two mails, in two buffers that it keeps.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::sync::mpsc;

use super::Server;
use super::accepted::Accepted;
use super::domains::Domains;
use super::metrics::{Connected, Meter};
use super::queue::{Item, Queue};
use super::routes::Halt;
use super::verdict::{Report, Verdict};
use crate::lease::Node;
use crate::mail::{Connection, Outcome as Reply, Outgoing, Phase, ServerFault, Signer, Timeouts};
use crate::values::EmailAddress;

/// What a sender has in hand: taken out by the engine when the sender had to be ended.
#[derive(Default)]
pub struct Hands {
    pub current: Option<Item>,
    /// The content of the current mail may have left.
    pub left: bool,
    pub next: Option<Item>,
}

pub struct Sender {
    pub queue: Arc<Queue>,
    pub node: Arc<Node>,
    pub server: Arc<Server>,
    /// Its place in the list of servers.
    pub place: usize,
    /// Takes nothing but system mails.
    pub only_system: bool,
    pub halt: Arc<Halt>,
    pub hello: String,
    pub signer: Option<Arc<Signer>>,
    pub timeouts: Timeouts,
    pub domains: Arc<Domains>,
    pub accepted: Arc<Accepted>,
    pub reports: mpsc::UnboundedSender<Report>,
    pub hands: Arc<Mutex<Hands>>,
}

/// A connection without work is given up after this long.
const IDLE: Duration = Duration::from_secs(10);
/// A server that turns a connection away though it took a mail on another one so lately takes no more connections: it is well.
const LATELY: Duration = Duration::from_secs(3);
/// The longest rest of a sender whose connection was one too many.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// A connection, counted while it is open.
struct Counted {
    connection: Connection,
    _open: Connected,
}

/// A mail that is ready to leave; its bytes lie in one of the sender's buffers.
struct Ready {
    from: EmailAddress,
    to: EmailAddress,
    begun: Instant,
}

impl Sender {
    pub async fn run(self) {
        let mut connection: Option<Counted> = None;
        let (mut bytes, mut spare) = (Vec::new(), Vec::new());
        let mut ready: Option<Ready> = None;
        let meter = Meter::new(&self.server.name);
        let mut one_too_many = 0_u32;
        loop {
            let mail = match ready.take() {
                Some(mail) => mail,
                None => {
                    let Some(item) = self.wait(&mut connection).await else { break };
                    let Some((item, mail)) = self.compose(item, &mut bytes) else { continue };
                    self.hands().current = Some(item);
                    mail
                }
            };
            let next = self.follower(&mut spare);
            let next_out = next.as_ref().map(|next| Outgoing { from: &next.from, to: &next.to, bytes: &spare });
            let current = Outgoing { from: &mail.from, to: &mail.to, bytes: &bytes };
            let reply = self.send(&current, next_out, &mut connection).await;
            let now = Instant::now();
            meter.mail(&reply, now.saturating_duration_since(mail.begun));
            self.domains.leave(mail.to.domain(), mail.begun, now);
            let too_many = self.settle(reply);
            one_too_many = if too_many { one_too_many + 1 } else { 0 };
            if let Some(next) = next {
                let mut hands = self.hands();
                let item = hands.next.take();
                if !too_many && item.as_ref().is_some_and(|item| self.may_begin(item)) {
                    hands.current = item;
                    std::mem::swap(&mut bytes, &mut spare);
                    ready = Some(Ready { begun: Instant::now(), ..next });
                } else {
                    drop(hands);
                    self.domains.leave(next.to.domain(), next.begun, Instant::now());
                    // Its envelope may be out already.
                    connection = None;
                    item.into_iter().for_each(|item| self.report(item, Verdict::Back));
                }
                if let Some(ready) = &ready {
                    self.domains.begin_anew(ready.to.domain(), next.begun, ready.begun);
                }
            }
            if too_many {
                let rest = Duration::from_secs(1 << one_too_many.min(5)).min(LONGEST_REST);
                self.queue.rest(rest).await;
            }
        }
        if let Some(counted) = connection.take() {
            counted.connection.quit().await;
        }
    }

    /// The next item; a connection that has no work for long is given up meanwhile.
    async fn wait(&self, connection: &mut Option<Counted>) -> Option<Item> {
        loop {
            if connection.is_none() {
                return self.queue.pop(self.only_system).await;
            }
            match tokio::time::timeout(IDLE, self.queue.pop(self.only_system)).await {
                Ok(item) => return item,
                Err(_idle) => {
                    if let Some(idle) = connection.take() {
                        idle.connection.quit().await;
                    }
                }
            }
        }
    }

    fn may_begin(&self, item: &Item) -> bool {
        !self.halt.is_raised() && item.is_open() && self.node.holds(item.lease)
    }

    /// Makes the mail. None when it must not or cannot leave; that is reported.
    fn compose(&self, mut item: Item, out: &mut Vec<u8>) -> Option<(Item, Ready)> {
        let begun = Instant::now();
        if !self.may_begin(&item)
            || (item.row.campaign_id.is_some() && !self.domains.enter(item.row.address.domain(), begun))
        {
            self.report(item, Verdict::Back);
            return None;
        }
        out.clear();
        let made = item.mail.take().context("nothing to send").and_then(|mail| mail.write(self.signer.as_deref(), out));
        match made {
            Ok(from) => {
                let to = item.row.address.clone();
                Some((item, Ready { from, to, begun }))
            }
            Err(error) => {
                tracing::error!(delivery = %item.row.id, error = format!("{error:#}"), "mail cannot be made");
                self.domains.leave(item.row.address.domain(), begun, begun);
                let reply = "The mail could not be made (see the log).".to_owned();
                self.report(item, Verdict::Failed { code: None, reply });
                None
            }
        }
    }

    fn follower(&self, out: &mut Vec<u8>) -> Option<Ready> {
        if self.only_system {
            return None;
        }
        let (item, mail) = self.compose(self.queue.follower()?, out)?;
        self.hands().next = Some(item);
        Some(mail)
    }

    async fn send(&self, mail: &Outgoing<'_>, next: Option<Outgoing<'_>>, connection: &mut Option<Counted>) -> Reply {
        let reused = connection.is_some();
        let reply = self.attempt(mail, next, connection).await;
        if reused && matches!(&reply, Reply::ServerFault(fault) if fault.reconnect) {
            // Servers close a line after so many mails or so much time; that is no fault.
            *connection = None;
            return self.attempt(mail, next, connection).await;
        }
        reply
    }

    async fn attempt(&self, mail: &Outgoing<'_>, next: Option<Outgoing<'_>>, slot: &mut Option<Counted>) -> Reply {
        let mut counted = match slot.take() {
            Some(counted) => counted,
            None => match Connection::open_with(&self.server.address, &self.hello, self.timeouts).await {
                Ok(connection) => Counted { connection, _open: Connected::to(&self.server.name) },
                Err(fault) => return Reply::ServerFault(fault),
            },
        };
        let may_leave = || self.may_leave();
        let reply = counted.connection.send(mail, next.as_ref(), &may_leave).await;
        if counted.connection.is_usable() {
            *slot = Some(counted);
        }
        reply
    }

    /// Asked right before the content leaves: the node may have slept since the row was leased, and then it is someone
    /// else's now; or its campaign was paused.
    fn may_leave(&self) -> bool {
        let mut hands = self.hands();
        let Some(item) = hands.current.as_ref().filter(|item| item.is_open() && self.node.holds(item.lease)) else {
            return false;
        };
        self.accepted.leaves(item.row.id);
        hands.left = true;
        true
    }

    /// Answers whether this sender's connection is one too many for the server.
    fn settle(&self, reply: Reply) -> bool {
        let item = {
            let mut hands = self.hands();
            hands.left = false;
            hands.current.take()
        };
        let Some(item) = item else { return false };
        let verdict = match reply {
            Reply::Accepted { code, reply } => {
                self.accepted.took(item.row.id, code, &self.server.name, &reply);
                self.halt.works();
                Verdict::Sent { code, reply }
            }
            Reply::RecipientFailed { code, reply } => Verdict::Failed { code: Some(code), reply },
            Reply::Deferred { code, reply } => Verdict::Deferred { code, reply },
            Reply::MessageRefused { code, reply } => Verdict::Refused { code, reply, fault: None },
            Reply::Withdrawn => Verdict::Back,
            Reply::Doubt { reply } => Verdict::Doubt { reply },
            Reply::ServerFault(fault) if is_policy(&fault, Phase::Rcpt) => {
                Verdict::Policy { code: fault.code, reply: fault.message }
            }
            Reply::ServerFault(fault) if is_policy(&fault, Phase::Data) => Verdict::Refused {
                code: fault.code.unwrap_or_default(),
                reply: fault.message.clone(),
                fault: Some(fault),
            },
            Reply::ServerFault(fault) if self.is_one_too_many(&fault) => {
                self.report(item, Verdict::Back);
                return true;
            }
            Reply::ServerFault(fault) => {
                let fault = self.halt.raise().then_some(fault);
                let report = Report { item, verdict: Verdict::Back, server: Some(self.place), fault };
                let _ = self.reports.send(report);
                return false;
            }
        };
        self.report(item, verdict);
        false
    }

    /// Providers allow so many connections; a server that serves the others well is not to be paused for that.
    fn is_one_too_many(&self, fault: &ServerFault) -> bool {
        matches!(fault.phase, Phase::Connect | Phase::Greeting) && self.halt.worked_within(LATELY)
    }

    fn report(&self, item: Item, verdict: Verdict) {
        // The recorder outlives the senders; if it is gone, the keeper gives the row back.
        let _ = self.reports.send(Report { item, verdict, server: Some(self.place), fault: None });
    }

    fn hands(&self) -> std::sync::MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A policy refusal (5.7.x) of one mail. It may be about us or about this reader's provider; giving the row back unchanged
/// would let one such reader hold up everybody else, so it waits like a 4xx and counts as a refusal: if many are refused so,
/// the campaign stops, or the server is paused.
fn is_policy(fault: &ServerFault, phase: Phase) -> bool {
    fault.phase == phase && fault.code.is_some_and(|code| code >= 500)
}
