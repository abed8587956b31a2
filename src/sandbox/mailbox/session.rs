//! One dialogue with a client (RFC 5321), over anything that reads and writes.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::watch;
use tokio::time::timeout;

use super::body::{Body, TooBig};
use super::command::{BadCommand, Command, parse};

/// A mail that came in whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub sender: String,
    pub recipients: Vec<String>,
    pub raw: Vec<u8>,
}

/// The mail could not be kept now; the client should try again.
#[derive(Debug)]
pub struct NotKept;

/// Takes responsibility for mails: only after this has succeeded does the client hear 250.
pub trait Keep {
    fn keep(&self, mail: Mail) -> impl Future<Output = Result<(), NotKept>> + Send;
}

/// How patient the server is.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Silence between commands.
    pub idle: Duration,
    /// For one whole mail.
    pub body: Duration,
    pub mail_bytes: usize,
    pub line_bytes: usize,
    pub recipients: usize,
    /// Mistakes without a mail in between.
    pub mistakes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(300),
            body: Duration::from_secs(600),
            mail_bytes: 10 * 1024 * 1024,
            line_bytes: 1000,
            recipients: 100,
            mistakes: 20,
        }
    }
}

/// Talks with one client until it leaves, errs too often, falls silent, or `stop` turns true.
///
/// # Errors
/// When the connection breaks.
pub async fn serve<S, K>(stream: S, keep: &K, limits: Limits, mut stop: watch::Receiver<bool>) -> std::io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
    K: Keep,
{
    let mut session =
        Session { io: BufReader::with_capacity(16 * 1024, stream), out: Vec::new(), line: Vec::new(), limits };
    session.say("220 sandbox.pledgepost ESMTP (mails stay here)");
    let mut talk = Talk::default();
    loop {
        session.flush_before_waiting().await?;
        let line = tokio::select! {
            biased;
            () = stopped(&mut stop) => return session.leave("421 4.3.2 The mailbox is closing").await,
            line = timeout(limits.idle, session.read_line()) => line,
        };
        let line = match line {
            Ok(line) => line?,
            Err(_) => return session.leave("421 4.4.2 You were silent for too long").await,
        };
        let command = match line {
            Line::Whole => parse(&session.line),
            Line::TooLong => {
                session.say("500 5.5.2 The line is too long");
                talk.mistakes += 1;
                Err(BadCommand::Unknown)
            }
            Line::End => return Ok(()),
        };
        match command {
            Ok(Command::Quit) => return session.leave("221 2.0.0 Good-bye").await,
            Ok(Command::Data) => match talk.ready() {
                Ok(()) => session.data(&mut talk, keep).await?,
                Err(reply) => talk.answer(&mut session, reply),
            },
            Ok(command) => {
                let reply = talk.turn(command, &limits);
                talk.answer(&mut session, reply);
            }
            Err(_) if line == Line::TooLong => {}
            Err(bad) => talk.answer(&mut session, describe(bad)),
        }
        if talk.mistakes > limits.mistakes {
            return session.leave("421 4.7.0 Too many mistakes").await;
        }
    }
}

/// Returns when the mailbox closes, or its handle is gone.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

fn describe(bad: BadCommand) -> &'static str {
    match bad {
        BadCommand::Unknown => "500 5.5.1 This command is not known",
        BadCommand::NotOffered => "502 5.5.1 This command is not offered",
        BadCommand::Syntax("UTF-8 was expected") => "500 5.5.2 This is no text",
        BadCommand::Syntax(expected) => match expected.split(' ').next() {
            Some("MAIL") => "501 5.1.7 Syntax: MAIL FROM:<address> [parameters]",
            Some("RCPT") => "501 5.1.3 Syntax: RCPT TO:<address>",
            _ => "501 5.5.4 The parameter is missing or wrong",
        },
        BadCommand::Parameter => "555 5.5.4 This parameter is not known",
    }
}

/// What has been agreed so far.
#[derive(Default)]
struct Talk {
    greeted: bool,
    mail: Option<Envelope>,
    mistakes: u32,
}

struct Envelope {
    sender: String,
    recipients: Vec<String>,
    utf8: bool,
}

const OK: &str = "250 2.0.0 OK";

impl Talk {
    /// The answer to everything that needs no more input.
    fn turn(&mut self, command: Command, limits: &Limits) -> &'static str {
        match command {
            Command::Ehlo | Command::Helo => {
                (self.greeted, self.mail) = (true, None);
                match command {
                    Command::Helo => "250 sandbox.pledgepost",
                    _ => EHLO,
                }
            }
            Command::Mail { .. } if !self.greeted => "503 5.5.1 Say EHLO first",
            Command::Mail { .. } if self.mail.is_some() => "503 5.5.1 A mail is already begun",
            Command::Mail { size: Some(size), .. } if size > limits.mail_bytes as u64 => TOO_BIG,
            Command::Mail { from, utf8, .. } if !utf8 && !from.is_ascii() => NEEDS_UTF8,
            Command::Mail { from, utf8, .. } => {
                self.mail = Some(Envelope { sender: from, recipients: Vec::new(), utf8 });
                "250 2.1.0 OK"
            }
            Command::Rcpt { to } => match &mut self.mail {
                None => "503 5.5.1 MAIL comes first",
                Some(mail) if !mail.utf8 && !to.is_ascii() => NEEDS_UTF8,
                Some(mail) if mail.recipients.len() >= limits.recipients => "452 4.5.3 Too many recipients",
                Some(mail) => {
                    mail.recipients.push(to);
                    "250 2.1.5 OK"
                }
            },
            Command::Rset => {
                self.mail = None;
                OK
            }
            Command::Vrfy => "252 2.1.5 Every address is taken here",
            Command::Help => "214 2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT",
            Command::Noop | Command::Data | Command::Quit => OK,
        }
    }

    fn ready(&self) -> Result<(), &'static str> {
        match &self.mail {
            None => Err("503 5.5.1 MAIL comes first"),
            Some(mail) if mail.recipients.is_empty() => Err("554 5.5.1 No recipient was accepted"),
            Some(_) => Ok(()),
        }
    }

    fn answer<S: AsyncRead + AsyncWrite + Unpin>(&mut self, session: &mut Session<S>, reply: &str) {
        // What a client may ask in good faith (size, recipients) is no mistake; syntax and sequence are.
        self.mistakes += u32::from(reply.starts_with("50") || reply.starts_with("555"));
        session.say(reply);
    }
}

const TOO_BIG: &str = "552 5.3.4 The mail is larger than 10 MB";
const NEEDS_UTF8: &str = "553 5.6.7 This address needs SMTPUTF8";
/// SIZE is `Limits::mail_bytes` of every real server; tests with a smaller limit do not read it.
const EHLO: &str = "250-sandbox.pledgepost\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE 10485760\r\n\
                    250-ENHANCEDSTATUSCODES\r\n250 HELP";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Whole,
    TooLong,
    End,
}

struct Session<S> {
    io: BufReader<S>,
    out: Vec<u8>,
    line: Vec<u8>,
    limits: Limits,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    fn say(&mut self, reply: &str) {
        self.out.extend_from_slice(reply.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    /// Answers to a pipelined group leave together, and always before we wait for the client.
    async fn flush_before_waiting(&mut self) -> std::io::Result<()> {
        if !self.io.buffer().contains(&b'\n') || self.out.len() > 8 * 1024 {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> std::io::Result<()> {
        self.io.write_all(&self.out).await?;
        self.out.clear();
        self.io.flush().await
    }

    async fn leave(&mut self, reply: &str) -> std::io::Result<()> {
        self.say(reply);
        self.flush().await?;
        self.io.shutdown().await
    }

    async fn read_line(&mut self) -> std::io::Result<Line> {
        self.line.clear();
        let max = self.limits.line_bytes as u64;
        let mut read = (&mut self.io).take(max).read_until(b'\n', &mut self.line).await?;
        if self.line.last() == Some(&b'\n') {
            return Ok(Line::Whole);
        }
        while read as u64 == max && self.line.last() != Some(&b'\n') {
            self.line.clear();
            read = (&mut self.io).take(max).read_until(b'\n', &mut self.line).await?;
        }
        Ok(if self.line.last() == Some(&b'\n') { Line::TooLong } else { Line::End })
    }

    async fn read_body(&mut self) -> std::io::Result<Body> {
        let mut body = Body::new(self.limits.mail_bytes);
        loop {
            let packet = self.io.fill_buf().await?;
            if packet.is_empty() {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let (used, done) = body.take(packet);
            self.io.consume(used);
            if done {
                return Ok(body);
            }
        }
    }

    async fn data<K: Keep>(&mut self, talk: &mut Talk, keep: &K) -> std::io::Result<()> {
        self.say("354 End with a dot on a line of its own");
        self.flush().await?;
        let body = timeout(self.limits.body, self.read_body()).await??;
        let Some(envelope) = talk.mail.take() else { return Ok(()) };
        let reply = match body.finish() {
            Err(TooBig) => TOO_BIG,
            Ok(raw) => {
                talk.mistakes = 0;
                match keep.keep(Mail { sender: envelope.sender, recipients: envelope.recipients, raw }).await {
                    Ok(()) => "250 2.0.0 Kept",
                    Err(NotKept) => "451 4.3.0 The mail could not be kept; try again",
                }
            }
        };
        self.say(reply);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
