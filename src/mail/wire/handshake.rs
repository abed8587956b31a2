//! From a name to a line that is ready for mail: connect, greet, encrypt, introduce ourselves.

use rustls::pki_types::ServerName;
use std::net::IpAddr;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::extensions::Extensions;
use super::failure::{Failure, within};
use super::stream::{Line, Transport};
use super::{Timeouts, tls};
use crate::mail::reply::{Phase, ServerFault};
use crate::mail::server::{MailServer, Tls};

/// What went wrong, and where.
type Stop = (Phase, Failure);

/// Opens a line as the server's URL says.
pub(super) async fn connect(
    server: &MailServer,
    hello: &str,
    timeouts: Timeouts,
) -> Result<(Line, Extensions), ServerFault> {
    shake_hands(server, hello, timeouts).await.map_err(|(phase, why)| why.fault(&server.name(), phase))
}

async fn shake_hands(server: &MailServer, hello: &str, timeouts: Timeouts) -> Result<(Line, Extensions), Stop> {
    let time = timeouts.greeting;
    let tcp = within(timeouts.connect, async {
        let tcp = TcpStream::connect((server.host(), server.port())).await?;
        // A mail may be more than one packet; without this the last one waits for the peer's delayed acknowledgement.
        tcp.set_nodelay(true)?;
        Ok::<_, std::io::Error>(tcp)
    });
    let tcp = tcp.await.map_err(|why| (Phase::Connect, why))?;
    let mut line = Line::new(match server.tls() {
        Tls::Implicit => within(time, encrypt(tcp, server)).await.map_err(|why| (Phase::Tls, why))?,
        Tls::None | Tls::Opportunistic | Tls::Required => Transport::Plain(tcp),
    });
    let greeting = line.only_answer(time).await.map_err(|why| (Phase::Greeting, why))?;
    if greeting != 220 {
        return Err((Phase::Greeting, Failure::Refused(line.inbox.reply())));
    }
    let offered = introduce(&mut line, hello, timeouts).await.map_err(|why| (Phase::Ehlo, why))?;
    match server.tls() {
        Tls::None | Tls::Implicit => Ok((line, offered)),
        Tls::Opportunistic if !offered.start_tls => Ok((line, offered)),
        Tls::Opportunistic | Tls::Required => start_tls(line, offered, server, hello, timeouts).await,
    }
}

async fn start_tls(
    mut line: Line,
    offered: Extensions,
    server: &MailServer,
    hello: &str,
    timeouts: Timeouts,
) -> Result<(Line, Extensions), Stop> {
    let time = timeouts.greeting;
    if !offered.start_tls {
        return Err((Phase::StartTls, Failure::ours("it does not offer it, and tls=required asks for it")));
    }
    // What a server, or somebody between us, sent in clear text behind its answer would be taken for encrypted replies:
    // `command` refuses that.
    let answer = line.command(time, &["STARTTLS"]).await.map_err(|why| (Phase::StartTls, why))?;
    match (answer, line.transport) {
        (220, Transport::Plain(tcp)) => {
            let transport = within(time, encrypt(tcp, server)).await.map_err(|why| (Phase::Tls, why))?;
            let mut line = Line::new(transport);
            // What was offered in clear text may not have been the server's own words (RFC 3207 section 4.2).
            let offered = introduce(&mut line, hello, timeouts).await.map_err(|why| (Phase::Ehlo, why))?;
            Ok((line, offered))
        }
        // Not now (454), for a server whose certificate expired, say: opportunistic means to go on.
        (_, transport) if server.tls() == Tls::Opportunistic => {
            Ok((Line { transport, inbox: line.inbox, out: line.out }, offered))
        }
        _ => Err((Phase::StartTls, Failure::Refused(line.inbox.reply()))),
    }
}

/// EHLO, or HELO for a server that knows no better (RFC 5321 section 3.2).
async fn introduce(line: &mut Line, hello: &str, timeouts: Timeouts) -> Result<Extensions, Failure> {
    let time = timeouts.greeting;
    let code = line.command(time, &["EHLO ", hello]).await?;
    if code == 250 {
        return Ok(Extensions::read(line.inbox.lines()));
    }
    let refused = line.inbox.reply();
    if (500..=599).contains(&code) && matches!(line.command(time, &["HELO ", hello]).await, Ok(250)) {
        return Ok(Extensions::default());
    }
    // What it said to EHLO tells more than what it said to the second try.
    Err(Failure::Refused(refused))
}

async fn encrypt(tcp: TcpStream, server: &MailServer) -> Result<Transport, Failure> {
    let config = tls::config(server.verifies()).map_err(|error| Failure::ours(format!("{error:#}")))?;
    let host = ServerName::try_from(server.host().to_owned())
        .map_err(|_| Failure::ours(format!("{} cannot have a certificate", server.host())))?;
    let stream = TlsConnector::from(config).connect(host, tcp).await?;
    Ok(Transport::Tls(Box::new(stream)))
}

/// How we introduce ourselves: a host name, or an address in brackets (RFC 5321 section 4.1.3); one word in any case.
pub(super) fn introduction(hello: &str) -> String {
    match hello.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => format!("[{address}]"),
        Ok(IpAddr::V6(address)) => format!("[IPv6:{address}]"),
        Err(_) => hello.chars().filter(char::is_ascii_graphic).collect(),
    }
}
