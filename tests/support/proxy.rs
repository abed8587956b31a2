//! A small HTTP proxy that can hold a request before the server sees it, or its answer before the client does: so a test
//! knows exactly where the client stands when it kills it. One request per connection, on a runtime of its own.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

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

type Fits = Box<dyn Fn(&str, &str) -> bool + Send + Sync>;

struct Gate {
    side: Side,
    what: &'static str,
    fits: Fits,
    /// How many requests wait here.
    waiting: watch::Sender<usize>,
    open: watch::Sender<bool>,
}

#[derive(Default)]
struct Shared {
    gates: Mutex<Vec<Arc<Gate>>>,
    log: Mutex<Vec<String>>,
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

    /// From now on, holds what fits by method and path; `what` names it for messages.
    pub fn hold(
        &self,
        side: Side,
        what: &'static str,
        fits: impl Fn(&str, &str) -> bool + Send + Sync + 'static,
    ) -> Held {
        let (waiting, open) = (watch::Sender::new(0), watch::Sender::new(false));
        let gate = Arc::new(Gate { side, what, fits: Box::new(fits), waiting, open });
        self.shared.gates.lock().unwrap().push(Arc::clone(&gate));
        Held { gate, shared: Arc::clone(&self.shared) }
    }

    /// What went by: `POST /v1/refunds 200`; without a status when nothing came back.
    pub fn log(&self) -> Vec<String> {
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
        let what = format!("the gate for {} ({:?})", self.gate.what, self.gate.side);
        let reached = tokio::time::timeout(within, waiting.wait_for(|&n| n > 0)).await;
        let log = self.shared.log.lock().unwrap().clone();
        assert!(reached.is_ok(), "nobody came to {what} within {within:?}; passed so far: {log:?}");
    }
    /// Waits until nobody stands before the gate any more: those who did were killed. Who opens it sooner may let them through
    /// before it is seen that they are gone.
    pub async fn deserted(&self, within: Duration) {
        let mut waiting = self.gate.waiting.subscribe();
        let deserted = tokio::time::timeout(within, waiting.wait_for(|&n| n == 0)).await;
        assert!(deserted.is_ok(), "somebody still waits at the gate for {}", self.gate.what);
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
            log.push(format!("{method} {}", path.split('?').next().unwrap()));
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
        let status = String::from_utf8_lossy(answer.get(9..12).unwrap_or_default()).into_owned();
        self.log.lock().unwrap()[entry] += &format!(" {status}");
        self.wait(Side::Answer, &method, &path, &mut client).await?;
        client.write_all(&answer).await?;
        client.shutdown().await
    }

    /// Waits while a gate is shut; an error when the client is gone meanwhile.
    async fn wait(&self, side: Side, method: &str, path: &str, client: &mut TcpStream) -> std::io::Result<()> {
        let fits = |gate: &&Arc<Gate>| gate.side == side && (gate.fits)(method, path);
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
