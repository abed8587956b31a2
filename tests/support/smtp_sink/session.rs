//! The sink's side of a dialogue. Written apart from the product's own server, so that the two share no mistake.

use std::io::Result;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::mail::{Mail, Outcome, closed, path, positive, read_body};
use super::script::{Act, Asked, Phase, Script};
use super::{Received, Shared};

pub async fn listen(listener: std::net::TcpListener, shared: Arc<Shared>) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let connection = shared.connections.fetch_add(1, Ordering::SeqCst);
        let open = shared.open.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most_open.fetch_max(open, Ordering::SeqCst);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let session = Session {
                io: BufReader::with_capacity(64 * 1024, stream),
                out: Vec::new(),
                shared: Arc::clone(&shared),
                connection,
                place: open,
                mails: 0,
                from: None,
                rcpts: Vec::new(),
                authenticated: false,
            };
            // A broken connection is what many tests are about.
            let _ = session.run().await;
            shared.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

struct Session {
    io: BufReader<TcpStream>,
    out: Vec<u8>,
    shared: Arc<Shared>,
    connection: usize,
    /// How many were open when it came, itself included.
    place: usize,
    mails: usize,
    from: Option<String>,
    rcpts: Vec<Asked>,
    authenticated: bool,
}

impl Session {
    async fn run(mut self) -> Result<()> {
        let script = self.script();
        if script.at_most.is_some_and(|most| self.place > most) {
            self.say("421 4.7.0 too many connections from your host");
            return self.flush().await;
        }
        self.act(Phase::Greeting, &script, "220 sink.test ESMTP").await?;
        let mut line = Vec::new();
        loop {
            self.read_line(&mut line).await?;
            let script = self.script();
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            let (verb, rest) = text.split_once(' ').unwrap_or((&text, ""));
            if script.close_after.is_some_and(|mails| self.mails >= mails) {
                self.say("421 4.3.2 enough mails for one connection");
                return self.flush().await;
            }
            if let Some(reply) = script.lie_about(&text) {
                self.tell(reply).await?;
                if verb.eq_ignore_ascii_case("STARTTLS") && positive(reply) {
                    self.flush().await?;
                    return closed();
                }
                continue;
            }
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => self.ehlo(&script).await?,
                "HELO" => self.say("250 sink.test"),
                "AUTH" if script.auth => self.auth(rest, &script).await?,
                "MAIL" if script.auth && !self.authenticated => self.say("530 5.7.0 log in first"),
                "MAIL" if self.from.is_some() => self.say("503 5.5.1 one mail at a time"),
                "MAIL" => {
                    if self.act(Phase::Mail, &script, "250 2.1.0 OK").await? {
                        self.from = Some(path(rest));
                    }
                }
                "RCPT" if self.from.is_none() => self.say("503 5.5.1 MAIL first"),
                "RCPT" => self.rcpt(path(rest), &script).await?,
                "DATA" if self.rcpts.is_empty() => self.say("503 5.5.1 RCPT first"),
                "DATA" => self.data(&script).await?,
                "RSET" => {
                    self.reset();
                    self.say("250 2.0.0 OK");
                }
                "NOOP" => self.say("250 2.0.0 OK"),
                "QUIT" => {
                    self.say("221 2.0.0 bye");
                    return self.flush().await;
                }
                _ => self.say("500 5.5.1 unknown"),
            }
        }
    }

    fn script(&self) -> Arc<Script> {
        Arc::clone(&self.shared.script.lock().unwrap())
    }
    fn reset(&mut self) {
        self.from = None;
        self.rcpts.clear();
    }
    fn say(&mut self, reply: &str) {
        self.out.extend_from_slice(reply.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    async fn flush(&mut self) -> Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let delay = self.script().delay;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        self.io.write_all(&self.out).await?;
        self.out.clear();
        Ok(())
    }

    async fn read_line(&mut self, line: &mut Vec<u8>) -> Result<()> {
        if !self.io.buffer().contains(&b'\n') {
            self.flush().await?;
        }
        line.clear();
        self.io.read_until(b'\n', line).await?;
        if line.ends_with(b"\n") { Ok(()) } else { closed() }
    }

    /// Does what the script says about a phase, else gives the usual answer. Says whether the answer was positive.
    async fn act(&mut self, phase: Phase, script: &Script, usual: &str) -> Result<bool> {
        self.reach(phase);
        match script.fault(phase) {
            None => self.tell(usual).await,
            Some(Act::Reply(reply)) => self.tell(reply).await,
            Some(Act::Late(delay)) => {
                tokio::time::sleep(*delay).await;
                self.tell(usual).await
            }
            Some(silent) => self.fall_silent(silent).await,
        }
    }

    fn reach(&self, phase: Phase) {
        self.shared.reached[phase as usize].fetch_add(1, Ordering::SeqCst);
    }

    /// Gives an answer, and says whether it was positive; 421 also closes.
    async fn tell(&mut self, reply: &str) -> Result<bool> {
        self.say(reply);
        if reply.starts_with("421") {
            self.flush().await?;
            return closed();
        }
        Ok(positive(reply))
    }

    async fn fall_silent<T>(&mut self, act: &Act) -> Result<T> {
        if matches!(act, Act::Stall) { self.stall().await } else { closed() }
    }

    /// Reads on without answering until the client gives up.
    async fn stall<T>(&mut self) -> Result<T> {
        self.flush().await?;
        let mut scrap = [0; 4096];
        while self.io.read(&mut scrap).await? > 0 {}
        closed()
    }

    /// Throws away what came in already.
    fn flush_input(&mut self) {
        let waiting = self.io.buffer().len();
        self.io.consume(waiting);
    }

    async fn ehlo(&mut self, script: &Script) -> Result<()> {
        self.reset();
        let mut offers = vec!["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 20000000", "ENHANCEDSTATUSCODES"];
        if script.auth {
            offers.push("AUTH PLAIN LOGIN");
        }
        offers.retain(|offer| !script.hidden.iter().any(|hidden| offer.starts_with(hidden.as_str())));
        let name_of = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        offers.retain(|offer| !script.offered.iter().any(|(lie, _)| name_of(lie) == name_of(offer)));
        offers.extend(script.offered.iter().map(|(lie, _)| lie.as_str()));
        let mut lines = vec!["sink.test"];
        lines.append(&mut offers);
        let last = lines.len() - 1;
        let answer: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(n, line)| format!("250{}{line}", if n == last { ' ' } else { '-' }))
            .collect();
        self.act(Phase::Ehlo, script, &answer.join("\r\n")).await.map(drop)
    }

    async fn auth(&mut self, rest: &str, script: &Script) -> Result<()> {
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let decoded = |text: &str| {
            let bytes = data_encoding::BASE64.decode(text.trim().as_bytes()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let login = if mechanism.eq_ignore_ascii_case("PLAIN") {
            let plain = decoded(&self.challenge(initial, "").await?);
            let mut parts = plain.split('\0').skip(1).map(str::to_owned);
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
        } else {
            let user = decoded(&self.challenge(initial, "VXNlcm5hbWU6").await?);
            (user, decoded(&self.challenge("", "UGFzc3dvcmQ6").await?))
        };
        self.shared.logins.lock().unwrap().push(login);
        self.authenticated = self.act(Phase::Auth, script, "235 2.7.0 welcome").await?;
        Ok(())
    }

    async fn challenge(&mut self, initial: &str, prompt: &str) -> Result<String> {
        if !initial.is_empty() {
            return Ok(initial.to_owned());
        }
        self.say(&format!("334 {prompt}"));
        let mut line = Vec::new();
        self.read_line(&mut line).await?;
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    async fn rcpt(&mut self, address: String, script: &Script) -> Result<()> {
        let attempt = {
            let mut attempts = self.shared.attempts.lock().unwrap();
            let attempt = attempts.entry(address.to_lowercase()).or_default();
            *attempt += 1;
            *attempt
        };
        let order = self.shared.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let asked = Asked { address, attempt, order, connection: self.connection };
        self.reach(Phase::Rcpt);
        if let Some(delay) = script.slowness(&asked.address) {
            self.flush().await?;
            tokio::time::sleep(delay).await;
        }
        let fault = script.fault(Phase::Rcpt);
        if let Some(Act::Late(delay)) = fault {
            tokio::time::sleep(*delay).await;
        }
        let reply = match fault {
            None | Some(Act::Late(_)) => script.answer(&asked).unwrap_or_else(|| "250 2.1.5 OK".to_owned()),
            Some(Act::Reply(reply)) => reply.clone(),
            Some(silent) => {
                self.write_down(&[asked], Outcome::silent(false), &Mail::default());
                return self.fall_silent(silent).await;
            }
        };
        if positive(&reply) {
            self.rcpts.push(asked);
        } else {
            self.write_down(&[asked], Outcome::told(&reply), &Mail::default());
        }
        self.tell(&reply).await.map(drop)
    }

    async fn data(&mut self, script: &Script) -> Result<()> {
        let rcpts = std::mem::take(&mut self.rcpts);
        self.reach(Phase::Data);
        let fault = script.fault(Phase::Data);
        if let Some(Act::Late(delay)) = fault {
            tokio::time::sleep(*delay).await;
        }
        match fault {
            None | Some(Act::Late(_)) => self.say("354 go on"),
            Some(Act::Reply(reply)) => {
                self.write_down(&rcpts, Outcome::told(reply), &Mail::default());
                self.reset();
                return self.tell(reply).await.map(drop);
            }
            Some(silent) => {
                self.write_down(&rcpts, Outcome::silent(false), &Mail::default());
                return self.fall_silent(silent).await;
            }
        }
        self.flush().await?;
        if script.flushes {
            self.flush_input();
        }
        self.reach(Phase::Body);
        let fault = script.fault(Phase::Body);
        let stop_at = fault.map(|_| script.body_bytes.max(1));
        let Some(raw) = read_body(&mut self.io, stop_at).await? else {
            self.write_down(&rcpts, Outcome::silent(false), &Mail::default());
            match fault {
                // Not reading fills the client's socket, so that its write stalls too.
                Some(Act::Stall) => std::future::pending::<()>().await,
                Some(Act::Reply(reply)) => self.say(reply),
                _ => {}
            }
            self.flush().await?;
            return closed();
        };
        self.dot(rcpts, Mail::new(raw), script).await
    }

    /// After the final dot.
    async fn dot(&mut self, rcpts: Vec<Asked>, mail: Mail, script: &Script) -> Result<()> {
        self.reach(Phase::Dot);
        let fault = script.fault(Phase::Dot);
        if let Some(Act::Late(delay)) = fault {
            // It has the mail; the client may be gone when it says so.
            self.write_down(&rcpts, Outcome::silent(true), &mail);
            tokio::time::sleep(*delay).await;
            self.mails += 1;
            self.reset();
            return self.tell("250 2.0.0 taken, at last").await.map(drop);
        }
        let reply = match fault {
            None | Some(Act::Late(_)) => "250 2.0.0 taken".to_owned(),
            Some(Act::Reply(reply)) => reply.clone(),
            Some(silent) => {
                self.write_down(&rcpts, Outcome::silent(true), &mail);
                return self.fall_silent(silent).await;
            }
        };
        // Written down before it is said: who has heard 250 finds the mail in the log.
        self.write_down(&rcpts, Outcome::told(&reply), &mail);
        self.mails += 1;
        self.reset();
        if script.flushes {
            self.flush_input();
        }
        self.tell(&reply).await.map(drop)
    }

    fn write_down(&self, rcpts: &[Asked], outcome: Outcome<'_>, mail: &Mail) {
        let raw = self.script().keep_raw.then(|| Arc::clone(&mail.raw));
        let mut log = self.shared.log.lock().unwrap();
        for rcpt in rcpts {
            let order = log.len();
            log.push(Received {
                order,
                at: self.shared.begin.elapsed(),
                connection: self.connection,
                mail_from: self.from.clone().unwrap_or_default(),
                rcpt: rcpt.address.clone(),
                attempt: rcpt.attempt,
                message_id: mail.header("message-id").trim_matches(['<', '>']).to_owned(),
                subject: mail.header("subject"),
                bytes: mail.raw.len(),
                accepted: outcome.accepted,
                answered: outcome.answered,
                reply: outcome.reply.to_owned(),
                raw: raw.clone(),
            });
            self.shared.accepted.fetch_add(usize::from(outcome.accepted), Ordering::SeqCst);
        }
    }
}
