//! A mail server that takes everything and keeps nothing: as cheap as it can be, so that the sender is what is measured.
//!
//! It is this binary again, as a process of its own (`delivery sink`): two threads, each with half of the connections.
//! One `smtp-sink` of Postfix would be the limit itself, at about 8,000 mails of 24 KB a second.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio_rustls::TlsAcceptor;

use super::session;

/// What all connections write down.
pub struct Counters {
    begin: Instant,
    mails: AtomicU64,
    bytes: AtomicU64,
    last: AtomicU64,
    /// When the mail with this number was accepted, in microseconds; every hundredth.
    marks: Mutex<Vec<(u64, u64)>>,
    log: Mutex<Option<BufWriter<File>>>,
}

impl Counters {
    /// Counts a mail whose content had so many bytes on the wire.
    pub fn accepted(&self, bytes: usize) {
        let number = self.mails.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        let now = self.begin.elapsed().as_micros() as u64;
        self.last.store(now, Ordering::Relaxed);
        if number.is_multiple_of(100) {
            self.marks.lock().unwrap().push((number, now));
        }
    }
    /// Whether recipients are to be written down. Looked at once per connection.
    pub fn is_logging(&self) -> bool {
        self.log.lock().unwrap().is_some()
    }
    pub fn log(&self, recipient: &[u8], message_id: &[u8]) {
        if let Some(log) = self.log.lock().unwrap().as_mut() {
            log.write_all(&[recipient, b"\t", message_id, b"\n"].concat()).unwrap();
        }
    }
    fn clear(&self, log: Option<File>) {
        for counter in [&self.mails, &self.bytes, &self.last] {
            counter.store(0, Ordering::Relaxed);
        }
        self.marks.lock().unwrap().clear();
        *self.log.lock().unwrap() = log.map(BufWriter::new);
    }
    /// Mails, bytes, microseconds of the first, of the last, at a tenth and at nine tenths.
    fn line(&self) -> String {
        *self.log.lock().unwrap() = None;
        let (mails, bytes, last) = (&self.mails, &self.bytes, &self.last);
        let [mails, bytes, last] = [mails, bytes, last].map(|counter| counter.load(Ordering::Relaxed));
        let mut marks = self.marks.lock().unwrap().clone();
        marks.sort_unstable();
        let at = |wanted: u64| marks.iter().find(|(number, _)| *number >= wanted).map_or(last, |(_, at)| *at);
        format!("{mails} {bytes} {} {last} {} {}", at(0), at(mails / 10), at(mails * 9 / 10))
    }
}

/// The process: prints its port, then obeys lines on standard input: `begin LOG` (or `-`), `end`.
pub fn run(tls: Option<(&str, &str)>) {
    let acceptor = tls.map(|(certificate, key)| session::acceptor(certificate, key));
    let counters = Arc::new(Counters {
        begin: Instant::now(),
        mails: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
        last: AtomicU64::new(0),
        marks: Mutex::default(),
        log: Mutex::default(),
    });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    let shared = counters.clone();
    std::thread::spawn(move || accept(&listener, &shared, acceptor.as_ref()));
    for line in std::io::stdin().lines().map_while(Result::ok) {
        match line.split_once(' ') {
            Some(("begin", "-")) => counters.clear(None),
            Some(("begin", path)) => counters.clear(Some(File::create(path).unwrap())),
            _ => {
                println!("{}", counters.line());
                continue;
            }
        }
        println!("ready");
    }
}

fn accept(listener: &TcpListener, counters: &Arc<Counters>, acceptor: Option<&TlsAcceptor>) {
    // A runtime for each thread: nothing is stolen, so no wake-ups between the two.
    let threads = [(); 2].map(|()| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let handle = runtime.handle().clone();
        std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
        handle
    });
    for (stream, thread) in listener.incoming().zip(threads.iter().cycle()) {
        let Ok(stream) = stream else { continue };
        stream.set_nodelay(true).unwrap();
        stream.set_nonblocking(true).unwrap();
        thread.spawn(session::serve(stream, counters.clone(), acceptor.cloned()));
    }
}

/// A sink as the bench holds it.
pub struct Sink {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub port: u16,
}

/// What a sink saw between `begin` and `end`.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    pub mails: u64,
    /// Content of a mail on the wire, on average.
    pub bytes: u64,
    /// Mails a second between a tenth and nine tenths of them.
    pub steady: f64,
}

impl Sink {
    /// With the files of a certificate and its key it offers STARTTLS.
    pub fn start(tls: Option<(&str, &str)>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("sink").stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some((certificate, key)) = tls {
            command.args([certificate, key]);
        }
        let mut child = command.spawn().unwrap();
        let orders = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        answers.read_line(&mut port).unwrap();
        Self { child, orders, answers, port: port.trim().parse().unwrap() }
    }
    pub fn id(&self) -> u32 {
        self.child.id()
    }
    /// Forgets what it counted; writes recipients and Message-IDs into `log` from now on, for new connections.
    pub fn begin(&mut self, log: Option<&str>) {
        assert_eq!(self.order(&format!("begin {}", log.unwrap_or("-"))), "ready");
    }
    pub fn end(&mut self) -> Seen {
        let answer = self.order("end");
        let numbers: Vec<u64> = answer.split(' ').map(|word| word.parse().unwrap()).collect();
        let [mails, bytes, _first, _last, tenth, nine_tenths] = numbers.try_into().unwrap();
        let middle = (mails * 9 / 10 - mails / 10) as f64;
        Seen {
            mails,
            bytes: bytes.checked_div(mails).unwrap_or(0),
            steady: middle / (nine_tenths.saturating_sub(tenth).max(1) as f64 / 1e6),
        }
    }
    fn order(&mut self, line: &str) -> String {
        writeln!(self.orders, "{line}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        answer.trim().to_owned()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
