//! What a sink should do. Each builder method adds to what the script did before.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Where in a dialogue something may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Greeting,
    Ehlo,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// In the middle of the mail: `Drop` cuts the connection, `Stall` stops reading.
    Body,
    /// After the final dot. `Stall` and `Drop` take the mail and do not say so; a 4xx or 5xx reply refuses it.
    Dot,
}
impl Phase {
    pub const COUNT: usize = Phase::Dot as usize + 1;
}

#[derive(Debug, Clone)]
pub enum Act {
    /// 421 also closes the connection, as real servers do.
    Reply(String),
    /// No answer, ever; the connection stays open.
    Stall,
    /// The connection is closed without an answer.
    Drop,
    /// The usual answer, after that long: past the client's deadline, say.
    Late(Duration),
}
impl Act {
    pub fn reply(reply: &str) -> Self {
        Act::Reply(reply.to_owned())
    }
}

/// Which recipients a rule is about.
#[derive(Debug, Clone)]
pub enum Which {
    All,
    /// Every nth that this rule sees.
    Every(usize),
    /// The first n attempts of each recipient: greylisting.
    FirstAttempts(usize),
    Is(String),
    Containing(String),
}

/// One RCPT.
#[derive(Debug, Clone)]
pub struct Asked {
    pub address: String,
    /// Of this recipient, from 1.
    pub attempt: usize,
    /// Among all RCPTs of the sink, from 1.
    pub order: usize,
    pub connection: usize,
}

type Answer = Arc<dyn Fn(&Asked) -> Option<String> + Send + Sync>;

#[derive(Clone, Default)]
pub struct Script {
    faults: Vec<Fault>,
    rules: Vec<Rule>,
    answer: Option<Answer>,
    pub(super) auth: bool,
    pub(super) hidden: Vec<String>,
    pub(super) close_after: Option<usize>,
    pub(super) at_most: Option<usize>,
    pub(super) delay: Duration,
    pub(super) slow: Vec<(String, Duration)>,
    pub(super) offered: Vec<(String, String)>,
    pub(super) flushes: bool,
    pub(super) keep_raw: bool,
    pub(super) body_bytes: usize,
}

#[derive(Clone)]
struct Fault {
    phase: Phase,
    act: Act,
    skip: usize,
    times: usize,
    seen: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Rule {
    which: Which,
    reply: String,
    seen: Arc<AtomicUsize>,
}

impl Script {
    pub fn accept_all() -> Self {
        Self::default()
    }
    /// Each time: `at(Phase::Greeting, Act::reply("421 4.3.2 busy"))`.
    pub fn at(self, phase: Phase, act: Act) -> Self {
        self.at_times(phase, act, 0, usize::MAX)
    }
    /// Lets `skip` pass, then acts `times` times, then no more.
    pub fn at_times(mut self, phase: Phase, act: Act, skip: usize, times: usize) -> Self {
        self.faults.push(Fault { phase, act, skip, times, seen: Arc::default() });
        self
    }
    /// Drops the connection of every mail once that many bytes of it came in.
    pub fn drop_in_body(mut self, after_bytes: usize) -> Self {
        self.body_bytes = after_bytes;
        self.at(Phase::Body, Act::Drop)
    }
    /// The first rule that fits answers RCPT.
    pub fn rcpt(mut self, which: Which, reply: &str) -> Self {
        self.rules.push(Rule { which, reply: reply.to_owned(), seen: Arc::default() });
        self
    }
    /// Asked before the rules; `None` leaves it to them.
    pub fn rcpt_by(mut self, answer: impl Fn(&Asked) -> Option<String> + Send + Sync + 'static) -> Self {
        self.answer = Some(Arc::new(answer));
        self
    }
    /// Offers and asks for AUTH PLAIN or LOGIN; anything passes unless `Phase::Auth` says otherwise.
    pub fn offer_auth(mut self) -> Self {
        self.auth = true;
        self
    }
    /// Leaves a line out of the answer to EHLO, such as `PIPELINING`.
    pub fn without(mut self, capability: &str) -> Self {
        self.hidden.push(capability.to_owned());
        self
    }
    /// Closes each connection with 421 at the command behind its nth mail.
    pub fn close_after(mut self, mails: usize) -> Self {
        self.close_after = Some(mails);
        self
    }
    /// Greets a connection with 421 while so many others are open.
    pub fn at_most(mut self, connections: usize) -> Self {
        self.at_most = Some(connections);
        self
    }
    /// Before each reply, or group of replies to pipelined commands: stands for a round trip.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
    /// Takes that long to answer RCPT of addresses that contain `part`.
    pub fn slow_rcpt(mut self, part: &str, delay: Duration) -> Self {
        self.slow.push((part.to_owned(), delay));
        self
    }
    /// Offers a line in the answer to EHLO (in the place of the usual one of that name), and answers `reply` to whoever
    /// relies on it: to the command of that name, or to MAIL with a parameter of that name.
    pub fn lie(mut self, offer: &str, reply: &str) -> Self {
        self.offered.push((offer.to_owned(), reply.to_owned()));
        self
    }
    /// Offers PIPELINING and throws away what came in one piece with DATA or behind a mail's final dot.
    pub fn flush_input(mut self) -> Self {
        self.flushes = true;
        self
    }
    /// Keeps each whole mail in the log.
    pub fn keep_raw(mut self) -> Self {
        self.keep_raw = true;
        self
    }

    pub(super) fn fault(&self, phase: Phase) -> Option<&Act> {
        // Every fault of the phase counts, so that their `skip`s do not depend on one another.
        let mut act = None;
        for fault in self.faults.iter().filter(|fault| fault.phase == phase) {
            let seen = fault.seen.fetch_add(1, Ordering::SeqCst);
            if seen >= fault.skip && seen - fault.skip < fault.times {
                act = act.or(Some(&fault.act));
            }
        }
        act
    }

    /// How long RCPT of this address takes.
    pub(super) fn slowness(&self, address: &str) -> Option<Duration> {
        self.slow.iter().find(|(part, _)| address.contains(part.as_str())).map(|(_, delay)| *delay)
    }
    /// What is answered to a line that relies on an offer that was a lie.
    pub(super) fn lie_about(&self, line: &str) -> Option<&str> {
        let line = line.to_ascii_uppercase();
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let relies = |offer: &str| {
            let word = offer.split(' ').next().unwrap_or_default();
            let parameter = if word == "8BITMIME" { "BODY" } else { word };
            verb == word
                || verb == "MAIL" && rest.split(' ').skip(1).any(|part| part.split('=').next() == Some(parameter))
        };
        self.offered.iter().find(|(offer, _)| relies(offer)).map(|(_, reply)| reply.as_str())
    }

    pub(super) fn answer(&self, asked: &Asked) -> Option<String> {
        let by_hand = self.answer.as_ref().and_then(|answer| answer(asked));
        by_hand.or_else(|| self.rules.iter().find(|rule| rule.fits(asked)).map(|rule| rule.reply.clone()))
    }
}

impl Rule {
    fn fits(&self, asked: &Asked) -> bool {
        match &self.which {
            Which::All => true,
            Which::Every(n) => (self.seen.fetch_add(1, Ordering::SeqCst) + 1).is_multiple_of(*n),
            Which::FirstAttempts(n) => asked.attempt <= *n,
            Which::Is(address) => asked.address.eq_ignore_ascii_case(address),
            Which::Containing(part) => asked.address.contains(part.as_str()),
        }
    }
}
