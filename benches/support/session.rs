//! The sink's side of a dialogue: everything that one read brought is answered with one write.

use std::sync::Arc;

use memchr::{memchr, memmem};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::sink::Counters;

const ROOM: usize = 256 * 1024;
/// What a command line and the end of the one before it may need.
const LEAST: usize = 64 * 1024;

pub fn acceptor(certificate: &str, key: &str) -> TlsAcceptor {
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap()))
}

/// A connection from greeting to end. Whatever breaks ends it.
pub async fn serve(stream: std::net::TcpStream, counters: Arc<Counters>, acceptor: Option<TlsAcceptor>) {
    let Ok(mut stream) = TcpStream::from_std(stream) else { return };
    let mut session = Session::new(counters, acceptor.is_some());
    if stream.write_all(b"220 sink.test ESMTP\r\n").await.is_err() || !session.talk(&mut stream).await {
        return;
    }
    if let Some(acceptor) = acceptor {
        session.tls = false;
        if let Ok(mut stream) = acceptor.accept(stream).await {
            session.talk(&mut stream).await;
        }
    }
}

struct Session {
    counters: Arc<Counters>,
    /// STARTTLS is still offered.
    tls: bool,
    logs: bool,
    in_data: bool,
    data_bytes: usize,
    recipient: Vec<u8>,
    /// The mail's head as far as it was read; only when recipients are written down.
    head: Vec<u8>,
    end: memmem::Finder<'static>,
}

enum Next {
    Read,
    Quit,
    StartTls,
}

impl Session {
    fn new(counters: Arc<Counters>, tls: bool) -> Self {
        Self {
            logs: counters.is_logging(),
            counters,
            tls,
            in_data: false,
            data_bytes: 0,
            recipient: Vec::new(),
            head: Vec::new(),
            end: memmem::Finder::new(b"\r\n.\r\n"),
        }
    }

    /// Until the client goes; answers whether TLS is to begin.
    async fn talk(&mut self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> bool {
        let (mut buffer, mut filled) = (vec![0; ROOM], 0);
        let mut replies = Vec::with_capacity(512);
        loop {
            match stream.read(&mut buffer[filled..]).await {
                Ok(0) | Err(_) => return false,
                Ok(count) => filled += count,
            }
            let (used, next) = self.take(&buffer[..filled], &mut replies);
            buffer.copy_within(used..filled, 0);
            filled -= used;
            assert!(ROOM - filled >= LEAST, "a line without end");
            if !replies.is_empty() {
                if stream.write_all(&replies).await.is_err() || stream.flush().await.is_err() {
                    return false;
                }
                replies.clear();
            }
            match next {
                Next::Read => {}
                Next::Quit => return false,
                Next::StartTls => return true,
            }
        }
    }

    /// Takes what is complete; answers how many bytes that were.
    fn take(&mut self, input: &[u8], replies: &mut Vec<u8>) -> (usize, Next) {
        let mut used = 0;
        loop {
            let rest = &input[used..];
            if self.in_data {
                let Some(end) = self.end.find(rest) else {
                    // What may be the beginning of the end stays.
                    let done = rest.len().saturating_sub(4);
                    self.keep(&rest[..done]);
                    return (used + done, Next::Read);
                };
                self.keep(&rest[..end]);
                used += end + 5;
                self.in_data = false;
                // Without the line end of DATA itself, with that before the final dot.
                self.counters.accepted(self.data_bytes);
                if self.logs {
                    self.counters.log(&self.recipient, message_id(&self.head));
                    self.head.clear();
                }
                replies.extend_from_slice(b"250 2.0.0 taken\r\n");
                continue;
            }
            let Some(line_end) = memchr(b'\n', rest) else { return (used, Next::Read) };
            let line = &rest[..line_end];
            used += line_end + 1;
            match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_slice() {
                b"MAIL" => replies.extend_from_slice(b"250 2.1.0 ok\r\n"),
                b"RCPT" => {
                    if self.logs {
                        self.recipient = between(line, b'<', b'>').to_vec();
                    }
                    replies.extend_from_slice(b"250 2.1.5 ok\r\n");
                }
                b"DATA" => {
                    replies.extend_from_slice(b"354 go on\r\n");
                    // Its line end stays in front of the mail: an empty mail is a lone dot.
                    (self.in_data, self.data_bytes) = (true, 0);
                    used -= 2;
                }
                b"EHLO" => {
                    let tls: &[u8] = if self.tls { b"250-STARTTLS\r\n" } else { b"" };
                    replies.extend_from_slice(b"250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n");
                    replies.extend_from_slice(tls);
                    replies.extend_from_slice(b"250 SIZE 104857600\r\n");
                }
                b"STAR" => {
                    replies.extend_from_slice(b"220 2.0.0 go on\r\n");
                    return (used, Next::StartTls);
                }
                b"QUIT" => {
                    replies.extend_from_slice(b"221 2.0.0 bye\r\n");
                    return (used, Next::Quit);
                }
                _ => replies.extend_from_slice(b"250 2.0.0 ok\r\n"),
            }
        }
    }

    fn keep(&mut self, content: &[u8]) {
        self.data_bytes += content.len();
        if self.logs && memmem::find(&self.head, b"\r\n\r\n").is_none() {
            self.head.extend_from_slice(content);
        }
    }
}

fn message_id(head: &[u8]) -> &[u8] {
    let at = memmem::find(head, b"\nMessage-ID:").or_else(|| memmem::find(head, b"\nMessage-Id:"));
    at.map(|at| between(&head[at..], b'<', b'>')).unwrap_or_default()
}

fn between(line: &[u8], open: u8, close: u8) -> &[u8] {
    let start = memchr(open, line).map_or(0, |at| at + 1);
    let length = memchr(close, &line[start..]).unwrap_or(0);
    &line[start..start + length]
}
