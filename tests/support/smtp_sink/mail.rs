//! One mail as the sink sees it, and the small words of the protocol.

use std::io::{BufRead, ErrorKind, Result};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;

pub fn closed<T>() -> Result<T> {
    Err(ErrorKind::ConnectionAborted.into())
}
pub fn positive(reply: &str) -> bool {
    reply.starts_with(['2', '3'])
}

/// The mail without dot-stuffing; `None` when `stop_at` bytes came in before its end.
pub async fn read_body(io: &mut BufReader<TcpStream>, stop_at: Option<usize>) -> Result<Option<Vec<u8>>> {
    let (mut body, mut line_start) = (Vec::new(), 0);
    loop {
        let packet = io.fill_buf().await?;
        if packet.is_empty() {
            return closed();
        }
        let mut rest = packet;
        let mut done = false;
        while !done && BufRead::read_until(&mut rest, b'\n', &mut body)? > 0 && body.ends_with(b"\n") {
            let begins_line = line_start == 0 || body[..line_start].ends_with(b"\r\n");
            if begins_line && body[line_start] == b'.' {
                done = &body[line_start..] == b".\r\n";
                if done {
                    body.truncate(line_start);
                } else {
                    body.remove(line_start);
                }
            }
            line_start = body.len();
        }
        let used = packet.len() - rest.len();
        io.consume(used);
        if stop_at.is_some_and(|bytes| done || body.len() >= bytes) {
            return Ok(None);
        }
        if done {
            return Ok(Some(body));
        }
    }
}

pub struct Outcome<'a> {
    pub accepted: bool,
    pub answered: bool,
    pub reply: &'a str,
}
impl<'a> Outcome<'a> {
    pub fn told(reply: &'a str) -> Self {
        Self { accepted: positive(reply), answered: true, reply }
    }
    pub fn silent(accepted: bool) -> Self {
        Self { accepted, answered: false, reply: "" }
    }
}

#[derive(Default)]
pub struct Mail {
    pub raw: Arc<Vec<u8>>,
    headers: String,
}
impl Mail {
    pub fn new(raw: Vec<u8>) -> Self {
        let end = raw.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(raw.len());
        let headers = String::from_utf8_lossy(&raw[..end]).replace("\r\n ", " ").replace("\r\n\t", " ");
        Self { raw: Arc::new(raw), headers }
    }
    pub fn header(&self, name: &str) -> String {
        let value = |line: &str| {
            let (key, value) = line.split_once(':')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        self.headers.lines().find_map(value).unwrap_or_default()
    }
}

/// `FROM:<a@b.org> SIZE=1` → `a@b.org`.
pub fn path(rest: &str) -> String {
    let inside = rest.split_once('<').map_or(rest, |(_, inside)| inside);
    inside.rsplit_once('>').map_or(inside, |(path, _)| path).to_owned()
}
