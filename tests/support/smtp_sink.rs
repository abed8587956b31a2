//! An SMTP server that does what a test tells it and writes down what it saw: tests compare with this log, never with our own tables.
//!
//! It runs on threads of its own, so it serves sync and async tests and `pledgepost` started as a child alike.

mod mail;
mod script;
mod session;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub use script::{Act, Phase, Script, Which};

/// One recipient of one mail, or one recipient that was refused.
#[derive(Debug, Clone)]
pub struct Received {
    /// Place in the log, from 0.
    pub order: usize,
    /// Since the sink was started.
    pub at: Duration,
    /// Number of the connection, from 0.
    pub connection: usize,
    pub mail_from: String,
    pub rcpt: String,
    /// How many times this recipient was asked for so far, this time included.
    pub attempt: usize,
    /// Without angle brackets; empty when the mail did not get so far.
    pub message_id: String,
    /// As it was written (unfolded, not decoded).
    pub subject: String,
    pub bytes: usize,
    /// The sink took the mail. A client that got no answer cannot know: see `answered`.
    pub accepted: bool,
    /// The client was told the outcome.
    pub answered: bool,
    /// What it was told.
    pub reply: String,
    /// After [`Script::keep_raw`], without dot-stuffing.
    pub raw: Option<Arc<Vec<u8>>>,
}

/// A running sink; it ends when dropped.
pub struct SmtpSink {
    addr: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<tokio::runtime::Runtime>,
}

struct Shared {
    script: Mutex<Arc<Script>>,
    log: Mutex<Vec<Received>>,
    attempts: Mutex<HashMap<String, usize>>,
    logins: Mutex<Vec<(String, String)>>,
    accepted: AtomicUsize,
    asked: AtomicUsize,
    connections: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
    reached: [AtomicUsize; Phase::COUNT],
    begin: Instant,
}

impl SmtpSink {
    pub fn start(script: Script) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), script)
    }

    /// On a known address: for a server that was away and comes back.
    pub fn start_at(addr: SocketAddr, script: Script) -> Self {
        let listener = TcpListener::bind(addr).unwrap();
        listener.set_nonblocking(true).unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            script: Mutex::new(Arc::new(script)),
            log: Mutex::default(),
            attempts: Mutex::default(),
            logins: Mutex::default(),
            accepted: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
            reached: Default::default(),
            begin: Instant::now(),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.spawn(session::listen(listener, Arc::clone(&shared)));
        Self { addr, shared, runtime: Some(runtime) }
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
    /// For `PLEDGEPOST_SMTP_URL`.
    pub fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.addr)
    }

    /// From the next command on, also on open connections (a connection that stalls goes on stalling).
    pub fn set(&self, script: Script) {
        *self.shared.script.lock().unwrap() = Arc::new(script);
    }
    /// `sink.change(|script| script.rcpt(…))`
    pub fn change(&self, change: impl FnOnce(Script) -> Script) {
        let mut script = self.shared.script.lock().unwrap();
        *script = Arc::new(change(Script::clone(&script)));
    }

    pub fn log(&self) -> Vec<Received> {
        self.shared.log.lock().unwrap().clone()
    }
    pub fn accepted_count(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }
    /// In the order of arrival, repeated where a recipient got several mails.
    pub fn accepted_recipients(&self) -> Vec<String> {
        self.shared.log.lock().unwrap().iter().filter(|r| r.accepted).map(|r| r.rcpt.clone()).collect()
    }
    /// Recipients that got more than one mail, with the Message-IDs of all of them.
    pub fn duplicates(&self) -> HashMap<String, Vec<String>> {
        let mut mails: HashMap<String, Vec<String>> = HashMap::new();
        for received in self.shared.log.lock().unwrap().iter().filter(|r| r.accepted) {
            mails.entry(received.rcpt.clone()).or_default().push(received.message_id.clone());
        }
        mails.retain(|_, ids| ids.len() > 1);
        mails
    }
    /// How many connections were opened, refused ones included.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
    /// The most that were open at one time.
    pub fn most_open(&self) -> usize {
        self.shared.most_open.load(Ordering::SeqCst)
    }
    /// How many times a client came to this phase, whatever the script answered.
    pub fn reached(&self, phase: Phase) -> usize {
        self.shared.reached[phase as usize].load(Ordering::SeqCst)
    }
    /// User and password of each AUTH.
    pub fn logins(&self) -> Vec<(String, String)> {
        self.shared.logins.lock().unwrap().clone()
    }

    /// Waits until `mails` were accepted.
    pub async fn wait_for(&self, mails: usize, timeout: Duration) {
        self.wait_until(timeout, &format!("{mails} accepted mails"), |sink| sink.accepted_count() >= mails).await;
    }
    /// Waits for whatever the test is after, named for its message.
    pub async fn wait_until(&self, timeout: Duration, what: &str, done: impl Fn(&Self) -> bool) {
        let end = Instant::now() + timeout;
        while !done(self) {
            assert!(Instant::now() < end, "{what} within {timeout:?}: {}", self.describe());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    /// [`SmtpSink::wait_for`] for tests without a runtime.
    pub fn wait_for_blocking(&self, mails: usize, timeout: Duration) {
        let end = Instant::now() + timeout;
        while self.accepted_count() < mails {
            assert!(Instant::now() < end, "{mails} accepted mails within {timeout:?}: {}", self.describe());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    pub fn describe(&self) -> String {
        let last = self.shared.log.lock().unwrap().last().map(|r| format!("{} → {:?}", r.rcpt, r.reply));
        format!("{} accepted, {} connections, last: {last:?}", self.accepted_count(), self.connections())
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // The plain way waits, which panics inside a runtime.
            runtime.shutdown_background();
        }
    }
}
