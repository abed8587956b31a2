//! From a name to an open, perhaps encrypted stream.
//!
//! STARTTLS is done by hand before lettre takes over: so one TLS set-up serves both ways, and what a server (or somebody
//! between us) sent in clear text behind its answer to STARTTLS is refused instead of being taken for encrypted replies.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::stream::{Stream, Transport};
use super::{Failure, Timeouts, tls, within};
use crate::mail::reply::{Phase, Reply, ServerFault};
use crate::mail::server::{MailServer, Tls};

/// More than any honest server says at once.
const MAX_REPLY: usize = 16 * 1024;

/// Connects, greets and encrypts; lettre says EHLO (once more) on what comes back.
pub(super) async fn connect(
    server: &MailServer,
    hello: &str,
    timeouts: Timeouts,
    dot_left: Arc<AtomicBool>,
) -> Result<Stream, ServerFault> {
    let name = server.name();
    let fault = |phase: Phase| {
        let name = name.clone();
        move |why: Failure| why.fault(&name, phase)
    };
    let tcp = within(timeouts.connect, async {
        let tcp = TcpStream::connect((server.host(), server.port())).await?;
        // Body and final dot are two writes; without this the second waits for the peer's delayed acknowledgement.
        tcp.set_nodelay(true)?;
        Ok::<_, std::io::Error>(tcp)
    });
    let tcp = tcp.await.map_err(fault(Phase::Connect))?;
    let mut transport = match server.tls() {
        Tls::Implicit => within(timeouts.greeting, encrypt(tcp, server)).await.map_err(fault(Phase::Tls))?,
        _ => Transport::Plain(tcp),
    };
    let (greeting, raw) =
        within(timeouts.greeting, read_reply(&mut transport)).await.map_err(fault(Phase::Greeting))?;
    if greeting.code != 220 {
        return Err(Failure::Refused(greeting).fault(&name, Phase::Greeting));
    }
    let transport = match (server.tls(), transport) {
        (Tls::Opportunistic | Tls::Required, Transport::Plain(tcp)) => {
            let start = async { Ok::<_, Failure>(start_tls(tcp, server, hello).await) };
            within(timeouts.greeting, start).await.map_err(fault(Phase::StartTls))??
        }
        (_, transport) => transport,
    };
    Ok(Stream { transport, greeting: raw, dot_left })
}

async fn start_tls(tcp: TcpStream, server: &MailServer, hello: &str) -> Result<Transport, ServerFault> {
    let name = server.name();
    let mut plain = Transport::Plain(tcp);
    let ehlo = command(&mut plain, &format!("EHLO {hello}\r\n")).await.map_err(|why| why.fault(&name, Phase::Ehlo))?;
    if ehlo.code != 250 {
        return Err(Failure::Refused(ehlo).fault(&name, Phase::Ehlo));
    }
    // The reader joins the lines of a reply with line feeds.
    if !ehlo.text.lines().any(|line| line.trim().eq_ignore_ascii_case("STARTTLS")) {
        return match server.tls() {
            Tls::Required => Err(Failure::Lost("it does not offer it, and tls=required asks for it".into())
                .fault(&name, Phase::StartTls)),
            _ => Ok(plain),
        };
    }
    let answer = command(&mut plain, "STARTTLS\r\n").await.map_err(|why| why.fault(&name, Phase::StartTls))?;
    match (answer.code, plain) {
        (220, Transport::Plain(tcp)) => encrypt(tcp, server).await.map_err(|why| why.fault(&name, Phase::Tls)),
        // Not now (454), for a server whose certificate expired, say: opportunistic means to go on.
        (_, plain) if server.tls() == Tls::Opportunistic => Ok(plain),
        _ => Err(Failure::Refused(answer).fault(&name, Phase::StartTls)),
    }
}

async fn encrypt(tcp: TcpStream, server: &MailServer) -> Result<Transport, Failure> {
    let config = tls::config(server.verifies()).map_err(|error| Failure::Lost(format!("{error:#}")))?;
    let host = ServerName::try_from(server.host().to_owned())
        .map_err(|_| Failure::Lost(format!("{} cannot have a certificate", server.host())))?;
    let stream = TlsConnector::from(config).connect(host, tcp).await?;
    Ok(Transport::Tls(Box::new(stream)))
}

async fn command(transport: &mut Transport, line: &str) -> Result<Reply, Failure> {
    transport.write_all(line.as_bytes()).await?;
    transport.flush().await?;
    Ok(read_reply(transport).await?.0)
}

/// One reply, as it came too. Nothing may follow it: we asked for no more.
async fn read_reply(transport: &mut Transport) -> Result<(Reply, Vec<u8>), Failure> {
    let mut raw = Vec::with_capacity(256);
    loop {
        if let Some(reply) = parse(&raw)? {
            return Ok((reply, raw));
        }
        if raw.len() > MAX_REPLY {
            return Err(Failure::Lost("it answers without end".into()));
        }
        if transport.read_buf(&mut raw).await? == 0 {
            return Err(Failure::Lost("the connection was closed".into()));
        }
        // As in the stream: lettre reads the greeting again, and takes only UTF-8.
        raw.iter_mut().filter(|byte| !byte.is_ascii() || **byte == 0).for_each(|byte| *byte = b'?');
    }
}

/// None while the last line of the reply (`250 …`, not `250-…`) is not there.
fn parse(raw: &[u8]) -> Result<Option<Reply>, Failure> {
    let text = String::from_utf8_lossy(raw);
    let mut lines = Vec::new();
    let mut rest = text.as_ref();
    while let Some((line, after)) = rest.split_once('\n') {
        let line = line.trim_end_matches('\r');
        let (code, said) = line.split_at_checked(3).unwrap_or((line, ""));
        let Ok(code) = code.parse::<u16>() else {
            return Err(Failure::Lost(format!(
                "it does not speak SMTP: {}",
                line.chars().take(80).collect::<String>()
            )));
        };
        lines.push(said.get(1..).unwrap_or_default());
        if !said.starts_with('-') {
            return match after.is_empty() {
                true => Ok(Some(Reply { code, text: lines.join("\n") })),
                false => Err(Failure::Lost("it said more than it was asked for".into())),
            };
        }
        rest = after;
    }
    Ok(None)
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::Lost(error.to_string())
    }
}
