//! One connection to a mail server, held by one worker.
//!
//! Our own client: where the server pipelines (RFC 2920), the commands for a mail leave in one piece, and those for the
//! next mail leave together with the content of this one, so that a mail costs one round trip. What is known at every
//! moment is how far a mail came: before its final dot was handed over it did not leave us, after it only a reply tells.
//! `handshake` opens the line, `group` and `steps` say who a mail is from and for, `content` sends it, `verdict` judges.

mod auth;
mod content;
mod envelope;
mod extensions;
mod failure;
mod group;
mod handshake;
mod pipelining;
mod replies;
mod steps;
mod stream;
mod tls;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;

use self::envelope::Open;
use self::extensions::Extensions;
use self::failure::Failure;
use self::handshake::introduction;
pub use self::pipelining::Pipelining;
use self::stream::Line;
use super::reply::{Outcome, Phase, ServerFault};
use super::server::MailServer;
use crate::values::EmailAddress;

/// How long to wait for each answer (RFC 5321 section 4.5.3.2).
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    pub connect: Duration,
    /// Greeting, EHLO, STARTTLS, TLS, AUTH: each.
    pub greeting: Duration,
    pub mail: Duration,
    pub rcpt: Duration,
    pub data: Duration,
    /// For the server to take some more of a message.
    pub block: Duration,
    /// For the whole of a message to leave, and again for the reply after its final dot.
    pub message: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let minutes = |n: u64| Duration::from_secs(n * 60);
        Self {
            connect: Duration::from_secs(30),
            greeting: minutes(5),
            mail: minutes(5),
            rcpt: minutes(5),
            data: minutes(2),
            block: minutes(3),
            message: minutes(10),
        }
    }
}

impl Timeouts {
    /// The same time for each, for tests.
    pub fn all(each: Duration) -> Self {
        Self { connect: each, greeting: each, mail: each, rcpt: each, data: each, block: each, message: each }
    }
}

/// One mail to one recipient, as it is on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    pub from: &'a EmailAddress,
    pub to: &'a EmailAddress,
    /// CRLF line ends, no dot-stuffing, no final dot.
    pub bytes: &'a [u8],
}

/// A connection that is ready to send.
pub struct Connection {
    line: Line,
    offered: Extensions,
    /// `host:port`, for people.
    server: String,
    timeouts: Timeouts,
    pipelining: Arc<Pipelining>,
    /// The mail whose envelope left behind the mail before.
    open: Open,
    /// The server still has a refused envelope in mind.
    reset_due: bool,
    /// No mail may go through the line any more. Also while a call is under way: one that is dropped half-way leaves the
    /// conversation in a state that nobody knows.
    over: bool,
    /// Whether a mail went through it already.
    served: bool,
    /// A mail with lines that begin with a dot is written anew here.
    stuffed: Vec<u8>,
}

impl Connection {
    /// Connects, encrypts as the server's URL says, and logs in.
    ///
    /// # Errors
    /// A fault of the server, in words for staff.
    pub async fn open(server: &MailServer, hello: &str) -> Result<Self, ServerFault> {
        Self::open_with(server, hello, Timeouts::default()).await
    }

    /// As [`Connection::open`], with other timeouts.
    ///
    /// # Errors
    /// A fault of the server, in words for staff.
    pub async fn open_with(server: &MailServer, hello: &str, timeouts: Timeouts) -> Result<Self, ServerFault> {
        let name = server.name();
        let (mut line, offered) = handshake::connect(server, &introduction(hello), timeouts).await?;
        if let Some((user, password)) = server.credentials() {
            if !line.is_encrypted() && !server.is_loopback() {
                let why = Failure::ours("it offers no encryption, and our password is not sent without");
                return Err(why.fault(&name, Phase::StartTls));
            }
            let login = (user.as_str(), password.expose_secret());
            let result = auth::log_in(&mut line, &offered, login, timeouts.greeting).await;
            result.map_err(|why| why.fault(&name, Phase::Auth))?;
        }
        Ok(Self {
            line,
            offered,
            server: name,
            timeouts,
            pipelining: server.pipelining().clone(),
            open: Open::default(),
            reset_due: false,
            over: false,
            served: false,
            stuffed: Vec::new(),
        })
    }

    /// Sends one mail to one recipient. Where the server pipelines, the envelope of `next` leaves in one piece with the
    /// end of this mail (RFC 2920 section 3.1): the next call must then be for that very mail, or the connection be
    /// dropped. A call for another one sends nothing, ends the connection and asks for a new one. What the server says to
    /// the envelope of `next` is the outcome of the call for it.
    ///
    /// `may_leave` is asked right before content is written; after a no the mail was withdrawn and the connection ends.
    ///
    /// A fault with `reconnect` means that nothing of this mail left us and that a new connection may well take it.
    /// If the call is dropped half-way, the mail may have left, and the connection is not usable any more.
    pub async fn send(
        &mut self,
        mail: &Outgoing<'_>,
        next: Option<&Outgoing<'_>>,
        may_leave: &(dyn Fn() -> bool + Sync),
    ) -> Outcome {
        if std::mem::replace(&mut self.over, true) {
            return self.ended(Phase::Mail, Failure::ours("the connection is closed already"));
        }
        self.over = false;
        let mut guard = Unfinished { connection: self, finished: false };
        let outcome = guard.connection.transact(mail, next, may_leave).await;
        guard.finished = true;
        outcome
    }

    async fn transact(
        &mut self,
        mail: &Outgoing<'_>,
        next: Option<&Outgoing<'_>>,
        may_leave: &(dyn Fn() -> bool + Sync),
    ) -> Outcome {
        if let Err(refusal) = self.check(mail) {
            return *refusal;
        }
        let ready = match (self.open.take(mail), self.pipelines()) {
            (Some(true), _) => self.answers(pipelining::Group::Behind).await,
            (Some(false), _) => {
                let why = Failure::ours("another mail's turn had come on this connection");
                return self.ended(Phase::Mail, why);
            }
            (None, _) if self.line.inbox.has_more() => return self.spoke_unasked().await,
            (None, true) => self.all_at_once(mail).await,
            (None, false) => self.step_by_step(mail).await,
        };
        if let Err(outcome) = ready {
            return *outcome;
        }
        if !may_leave() {
            self.over = true;
            return Outcome::Withdrawn;
        }
        self.content(mail, next).await
    }

    /// Whether commands go out in groups.
    fn pipelines(&self) -> bool {
        self.offered.pipelining && !self.pipelining.is_off()
    }

    /// Whether the next mail may go through this connection.
    pub fn is_usable(&self) -> bool {
        !self.over
    }

    /// Says good-bye; waits for the answer no longer than a moment.
    pub async fn quit(mut self) {
        // Where an envelope is open, the server waits for content and would take QUIT for it.
        if self.is_usable() && !self.open.is_open() {
            let _ = self.line.command(Duration::from_secs(2), &["QUIT"]).await;
        }
    }
}

/// Ends the connection if a call is dropped before it is done.
struct Unfinished<'a> {
    connection: &'a mut Connection,
    finished: bool,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.connection.over |= !self.finished;
    }
}

#[cfg(test)]
mod tests;
