//! One dialogue with a client (RFC 5321), over anything that reads and writes.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::watch;
use tokio::time::timeout;

use super::body::{Body, TooBig};
use super::command::{BadCommand, Command, parse};
use super::talk::{TOO_BIG, Talk};

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
            Line::TooLong => Err(BadCommand::TooLong),
            Line::End => return Ok(()),
        };
        match command {
            Ok(Command::Quit) => return session.leave("221 2.0.0 Good-bye").await,
            Ok(Command::Data) if talk.ready() => session.data(&mut talk, keep).await?,
            Ok(command) => session.say(talk.turn(command, &limits)),
            Err(bad) => session.say(&talk.mistake(bad)),
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
