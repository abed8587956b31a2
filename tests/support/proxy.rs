//! A small HTTP proxy that can hold a request before the server sees it, or its answer before the client does: so a test
//! knows exactly where the client stands when it kills it. One request per connection, on a runtime of its own.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Where something is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The server has not seen it.
    Request,
    /// The server has done it; the client does not know.
    Answer,
}

/// One request as it went by.
#[derive(Debug, Clone)]
pub struct Passed {
    pub method: String,
    pub path: String,
    /// None while there is no answer, or when it never reached the server.
    pub status: Option<u16>,
}

struct Gate {
    side: Side,
    method: String,
    prefix: String,
    /// How many requests wait here.
    waiting: watch::Sender<usize>,
    open: watch::Sender<bool>,
}

#[derive(Default)]
struct Shared {
    gates: Mutex<Vec<Arc<Gate>>>,
    log: Mutex<Vec<Passed>>,
}

pub struct Proxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<tokio::runtime::Runtime>,
}

/// A gate that is shut until it is dropped or opened.
pub struct Held {
    gate: Arc<Gate>,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Passes on to `upstream`.
    pub fn start(upstream: SocketAddr) -> Self {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let inner = Arc::clone(&shared);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            loop {
                let Ok((client, _)) = listener.accept().await else { continue };
                let shared = Arc::clone(&inner);
                // A client that was killed in the middle is what these tests are about.
                tokio::spawn(async move { shared.pass(client, upstream).await.ok() });
            }
        });
        Self { addr, shared, runtime: Some(runtime) }
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.addr)
    }

    /// From now on, holds what fits: `hold(Side::Answer, "POST", "/v1/checkout/sessions")`.
    pub fn hold(&self, side: Side, method: &str, prefix: &str) -> Held {
        let gate = Arc::new(Gate {
            side,
            method: method.into(),
            prefix: prefix.into(),
            waiting: watch::Sender::new(0),
            open: watch::Sender::new(false),
        });
        self.shared.gates.lock().unwrap().push(Arc::clone(&gate));
        Held { gate, shared: Arc::clone(&self.shared) }
    }

    pub fn log(&self) -> Vec<Passed> {
        self.shared.log.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Held {
    /// Waits until a request stands before the gate.
    pub async fn reached(&self, within: Duration) {
        let mut waiting = self.gate.waiting.subscribe();
        let what = format!("{} {} at {:?}", self.gate.method, self.gate.prefix, self.gate.side);
        let reached = tokio::time::timeout(within, waiting.wait_for(|&n| n > 0)).await;
        let log = self.shared.log.lock().unwrap().clone();
        assert!(reached.is_ok(), "nobody came to {what} within {within:?}; passed so far: {log:?}");
    }
    /// Lets everything through, now and later.
    pub fn open(&self) {
        self.shared.gates.lock().unwrap().retain(|gate| !Arc::ptr_eq(gate, &self.gate));
        self.gate.open.send_replace(true);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.open();
    }
}

impl Shared {
    async fn pass(&self, mut client: TcpStream, upstream: SocketAddr) -> std::io::Result<()> {
        let (head, body) = read_message(&mut client).await?;
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
        let entry = {
            let mut log = self.log.lock().unwrap();
            log.push(Passed { method: method.clone(), path: path.clone(), status: None });
            log.len() - 1
        };
        self.wait(Side::Request, &method, &path, &mut client).await?;
        let mut server = TcpStream::connect(upstream).await?;
        let head: Vec<&str> = head
            .split("\r\n")
            .filter(|line| !line.is_empty() && !line.to_ascii_lowercase().starts_with("connection:"))
            .collect();
        server.write_all(format!("{}\r\nConnection: close\r\n\r\n", head.join("\r\n")).as_bytes()).await?;
        server.write_all(&body).await?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).await?;
        let status = String::from_utf8_lossy(answer.get(9..12).unwrap_or_default()).parse().ok();
        self.log.lock().unwrap()[entry].status = status;
        self.wait(Side::Answer, &method, &path, &mut client).await?;
        client.write_all(&answer).await?;
        client.shutdown().await
    }

    /// Waits while a gate is shut; an error when the client is gone meanwhile.
    async fn wait(&self, side: Side, method: &str, path: &str, client: &mut TcpStream) -> std::io::Result<()> {
        let fits = |gate: &&Arc<Gate>| gate.side == side && gate.method == method && path.starts_with(&gate.prefix);
        let Some(gate) = self.gates.lock().unwrap().iter().find(fits).cloned() else { return Ok(()) };
        gate.waiting.send_modify(|n| *n += 1);
        let mut open = gate.open.subscribe();
        let mut scrap = [0; 1];
        let result = tokio::select! {
            _ = open.wait_for(|&open| open) => Ok(()),
            _ = client.read(&mut scrap) => Err(std::io::ErrorKind::ConnectionAborted.into()),
        };
        gate.waiting.send_modify(|n| *n -= 1);
        result
    }
}

/// Head (with the request line) and body by Content-Length.
async fn read_message(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut part = [0; 8192];
    loop {
        let head_end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = head_end {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                return Ok((head, bytes.split_off(end + 4)));
            }
        }
        match stream.read(&mut part).await? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            n => bytes.extend_from_slice(&part[..n]),
        }
    }
}

/// Waits for whatever a test is after, named for its message.
pub async fn until(within: Duration, what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + within;
    while !done() {
        assert!(Instant::now() < end, "{what} within {within:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
