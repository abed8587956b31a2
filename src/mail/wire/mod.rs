//! One connection to a mail server, held by one worker.
//!
//! The commands go through lettre's connection one by one, so that it is known how far a mail came. The stream under it
//! is ours: lettre's own has no TCP_NODELAY, which costs 40 ms per mail.

mod handshake;
mod stream;
mod tls;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret;

use super::email::envelope_address;
use super::reply::{Outcome, Phase, Reply, ServerFault, Verdict};
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
    /// From the first byte of the message to the reply after the final dot.
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
            message: minutes(10),
        }
    }
}

impl Timeouts {
    /// The same time for each, for tests.
    pub fn all(each: Duration) -> Self {
        Self { connect: each, greeting: each, mail: each, rcpt: each, data: each, message: each }
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
    inner: AsyncSmtpConnection,
    server: String,
    timeouts: Timeouts,
    /// Set by the stream when the end of a message left.
    dot_left: Arc<AtomicBool>,
    usable: bool,
    /// Whether a mail went through it already.
    served: bool,
}

/// Why a command was not followed by a positive reply.
enum Failure {
    Refused(Reply),
    /// Lost, silent or garbled.
    Lost(String),
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
        let dot_left = Arc::new(AtomicBool::new(false));
        let hello = introduction(hello);
        let stream = handshake::connect(server, &hello.to_string(), timeouts, dot_left.clone()).await?;
        let encrypted = stream.is_encrypted();
        let connecting = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello);
        let inner = within(timeouts.greeting, connecting).await.map_err(|why| why.fault(&name, Phase::Ehlo))?;
        let mut connection = Self { inner, server: name, timeouts, dot_left, usable: true, served: false };
        if let Some((user, password)) = server.credentials() {
            if !encrypted && !server.is_loopback() {
                let why = Failure::Lost("it offers no encryption, and our password is not sent without".into());
                return Err(why.fault(&connection.server, Phase::StartTls));
            }
            connection.log_in(user, password.expose_secret()).await?;
        }
        Ok(connection)
    }

    async fn log_in(&mut self, user: &str, password: &str) -> Result<(), ServerFault> {
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        if self.inner.server_info().get_auth_mechanism(&mechanisms).is_none() {
            let why = Failure::Lost("it offers no way to log in that we know (AUTH PLAIN, AUTH LOGIN)".into());
            return Err(why.fault(&self.server, Phase::Auth));
        }
        let credentials = Credentials::new(user.to_owned(), password.to_owned());
        match within(self.timeouts.greeting, self.inner.auth(&mechanisms, &credentials)).await {
            Ok(_) => Ok(()),
            Err(why) => Err(why.fault(&self.server, Phase::Auth)),
        }
    }

    /// Sends one mail to one recipient. Where the server pipelines, the envelope of `next` leaves in one piece with the
    /// end of this mail (RFC 2920 section 3.1): the next call must then be for that very mail, or the connection be closed.
    /// `may_leave` is asked right before content is written; after a no the mail was withdrawn.
    pub async fn send(
        &mut self,
        mail: &Outgoing<'_>,
        _next: Option<&Outgoing<'_>>,
        may_leave: &(dyn Fn() -> bool + Sync),
    ) -> Outcome {
        let Outgoing { from: envelope_from, to, bytes } = *mail;
        let (from, to_address) = match (envelope_address(envelope_from), envelope_address(to)) {
            (Ok(from), Ok(to)) => (from, to),
            (Err(error), _) => return self.fault(Phase::Mail, Failure::Lost(format!("{error:#}"))),
            (_, Err(error)) => return Outcome::RecipientFailed { code: 553, reply: format!("553 5.1.3 {error:#}") },
        };
        let parameters = match self.parameters(to, envelope_from, bytes) {
            Ok(parameters) => parameters,
            Err(outcome) => return *outcome,
        };
        self.dot_left.store(false, Ordering::SeqCst);
        if let Err(why) = self.mail(from, parameters).await {
            // After a refused MAIL there is nothing to reset; a lost connection is noted in `fault`.
            return self.fault(Phase::Mail, why);
        }
        let rcpt = within(self.timeouts.rcpt, self.inner.command(Rcpt::new(to_address, vec![]))).await;
        match rcpt.and_then(|response| expect(response, 200..=299)) {
            Ok(()) => {}
            Err(why) => return self.refused(Phase::Rcpt, why, Reply::at_rcpt).await,
        }
        let data = within(self.timeouts.data, self.inner.command(Data)).await;
        match data.and_then(|response| expect(response, 354..=354)) {
            Ok(()) => {}
            Err(why) => return self.refused(Phase::Data, why, Reply::at_data).await,
        }
        if !may_leave() {
            self.usable = false;
            return Outcome::Withdrawn;
        }
        let sent = within(self.timeouts.message, self.inner.message(bytes)).await;
        match sent {
            Ok(response) => {
                let reply = reply_of(&response);
                self.served = true;
                if (200..=299).contains(&reply.code) {
                    return Outcome::Accepted { code: reply.code, reply: reply.to_string() };
                }
                // 3xx where only yes or no makes sense: we no longer understand each other.
                self.usable = false;
                Outcome::Doubt { reply: reply.to_string() }
            }
            Err(Failure::Refused(reply)) => {
                // The server answered the message: the transaction is over on both sides.
                self.served = true;
                self.verdict(Phase::Data, reply, Reply::at_data)
            }
            Err(Failure::Lost(why)) => {
                self.usable = false;
                match self.dot_left.load(Ordering::SeqCst) {
                    true => Outcome::Doubt { reply: format!("no reply after the end of the mail: {why}") },
                    false => Outcome::Deferred { code: None, reply: format!("lost while the mail was sent: {why}") },
                }
            }
        }
    }

    /// Whether the next mail may go through this connection.
    pub fn is_usable(&self) -> bool {
        self.usable && !self.inner.has_broken()
    }

    /// Says good-bye; waits for the answer no longer than a moment.
    pub async fn quit(mut self) {
        if self.is_usable() {
            let _ = within(Duration::from_secs(2), self.inner.command(Quit)).await;
        }
    }

    /// What MAIL must say about the mail.
    fn parameters(
        &self,
        to: &EmailAddress,
        from: &EmailAddress,
        bytes: &[u8],
    ) -> Result<Vec<MailParameter>, Box<Outcome>> {
        let server = self.inner.server_info();
        let mut parameters = Vec::new();
        if to.needs_smtputf8() || from.needs_smtputf8() {
            if !server.supports_feature(Extension::SmtpUtfEight) {
                // RFC 6531 section 3.5 gives 553 and X.6.7 for this.
                let reply = format!(
                    "553 5.6.7 not sent: the mail server {} cannot take addresses with letters beyond ASCII (SMTPUTF8)",
                    self.server
                );
                return Err(Box::new(Outcome::RecipientFailed { code: 553, reply }));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !bytes.is_ascii() && server.supports_feature(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(parameters)
    }

    async fn mail(&mut self, from: Address, parameters: Vec<MailParameter>) -> Result<(), Failure> {
        let response = within(self.timeouts.mail, self.inner.command(Mail::new(Some(from), parameters))).await?;
        expect(response, 200..=299)
    }

    /// A refusal in the middle of a transaction: the server must forget it before the next mail.
    async fn refused(&mut self, phase: Phase, why: Failure, judge: fn(&Reply) -> Verdict) -> Outcome {
        match why {
            Failure::Lost(why) => {
                self.usable = false;
                Outcome::Deferred { code: None, reply: why }
            }
            Failure::Refused(reply) => {
                let outcome = self.verdict(phase, reply, judge);
                if self.usable && within(self.timeouts.rcpt, self.inner.command(Rset)).await.is_err() {
                    self.usable = false;
                }
                outcome
            }
        }
    }

    fn verdict(&mut self, phase: Phase, reply: Reply, judge: fn(&Reply) -> Verdict) -> Outcome {
        let code = reply.code;
        match judge(&reply) {
            Verdict::Recipient => Outcome::RecipientFailed { code, reply: reply.to_string() },
            Verdict::Later => Outcome::Deferred { code: Some(code), reply: reply.to_string() },
            Verdict::Message => Outcome::MessageRefused { code, reply: reply.to_string() },
            Verdict::Server => self.fault(phase, Failure::Refused(reply)),
        }
    }

    fn fault(&mut self, phase: Phase, why: Failure) -> Outcome {
        let over = match &why {
            Failure::Lost(_) => true,
            Failure::Refused(reply) => reply.code == 421 || reply.code < 400,
        };
        self.usable &= !over;
        let mut fault = why.fault(&self.server, phase);
        fault.reconnect = over && self.served && phase == Phase::Mail;
        Outcome::ServerFault(fault)
    }
}

impl Failure {
    fn fault(self, server: &str, phase: Phase) -> ServerFault {
        let (code, message) = match self {
            Failure::Refused(reply) => (Some(reply.code), reply.text),
            Failure::Lost(why) => (None, why),
        };
        ServerFault { server: server.to_owned(), phase, code, message, reconnect: false }
    }
}

impl From<lettre::transport::smtp::Error> for Failure {
    fn from(error: lettre::transport::smtp::Error) -> Self {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        match error.status() {
            Some(code) => Failure::Refused(Reply { code: code.into(), text: source.unwrap_or_default() }),
            None => Failure::Lost(match source.as_deref() {
                Some("incomplete response") => "the connection was closed".into(),
                Some(text) => text.to_owned(),
                None => error.to_string(),
            }),
        }
    }
}

/// How we introduce ourselves: a host name, or an address in brackets (RFC 5321 section 4.1.3); one word in any case.
fn introduction(hello: &str) -> ClientId {
    match hello.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(hello.chars().filter(char::is_ascii_graphic).collect()),
    }
}

async fn within<T, E: Into<Failure>>(time: Duration, work: impl Future<Output = Result<T, E>>) -> Result<T, Failure> {
    match tokio::time::timeout(time, work).await {
        Ok(result) => result.map_err(Into::into),
        Err(_) => Err(Failure::Lost(format!("no answer within {} s", time.as_secs_f32()))),
    }
}

fn reply_of(response: &Response) -> Reply {
    Reply { code: response.code().into(), text: response.message().collect::<Vec<_>>().join(" ") }
}

fn expect(response: Response, codes: std::ops::RangeInclusive<u16>) -> Result<(), Failure> {
    let reply = reply_of(&response);
    if codes.contains(&reply.code) { Ok(()) } else { Err(Failure::Refused(reply)) }
}

#[cfg(test)]
mod tests;
