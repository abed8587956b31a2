//! The line to the server, plain or encrypted, and what goes over it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::failure::{Failure, Loss, within};
use super::replies::Inbox;

/// How much an encrypted stream is given at once: no more than it takes in (rustls keeps 64 KB), so that it is known
/// roughly how much of a large mail cannot have left.
const TLS_PIECE: usize = 64 * 1024;

#[derive(Debug)]
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A transport with what was read and what is to be written; both buffers live as long as the connection.
#[derive(Debug)]
pub(super) struct Line {
    pub transport: Transport,
    pub inbox: Inbox,
    /// Commands that leave in one piece.
    pub out: Vec<u8>,
}

impl Line {
    pub fn new(transport: Transport) -> Self {
        Self { transport, inbox: Inbox::new(), out: Vec::with_capacity(512) }
    }

    pub fn is_encrypted(&self) -> bool {
        matches!(self.transport, Transport::Tls(_))
    }

    /// Sends what stands in `out`.
    pub async fn flush(&mut self, time: Duration) -> Result<(), Failure> {
        within(time, async {
            self.transport.write_all(&self.out).await?;
            self.transport.flush().await
        })
        .await
    }

    /// Waits for the next reply; gives its code.
    pub async fn answer(&mut self, time: Duration) -> Result<u16, Failure> {
        within(time, self.inbox.next(&mut self.transport)).await
    }

    /// Waits for the next reply, which must be one of these.
    pub async fn expect(&mut self, time: Duration, codes: std::ops::RangeInclusive<u16>) -> Result<(), Failure> {
        let code = self.answer(time).await?;
        if codes.contains(&code) { Ok(()) } else { Err(Failure::Refused(self.inbox.reply())) }
    }

    /// One command and its reply, which must be the last thing that the server has to say.
    pub async fn command(&mut self, time: Duration, parts: &[&str]) -> Result<u16, Failure> {
        self.out.clear();
        parts.iter().for_each(|part| self.out.extend_from_slice(part.as_bytes()));
        self.out.extend_from_slice(b"\r\n");
        self.flush(time).await?;
        self.only_answer(time).await
    }

    /// A reply behind which nothing may stand: we asked for no more.
    pub async fn only_answer(&mut self, time: Duration) -> Result<u16, Failure> {
        let code = self.answer(time).await?;
        if self.inbox.has_more() {
            return Err(Failure::garbled("it said more than it was asked for"));
        }
        Ok(code)
    }
}

impl Transport {
    /// Writes two pieces as one, without putting them together. `left` says, also after a failure, how many bytes may
    /// have left us. Between two steps of it no more than `patience` may pass.
    pub async fn hand_over(
        &mut self,
        first: &[u8],
        second: &[u8],
        patience: Duration,
        left: &mut usize,
    ) -> Result<(), Failure> {
        let (mut first, mut second) = (first, second);
        let mut done = 0;
        let stuck = |_| Failure::Lost(Loss::Silent, format!("it took nothing for {} s", patience.as_secs_f32()));
        while !(first.is_empty() && second.is_empty()) {
            let (mut one, mut two) = (first, second);
            if let Transport::Tls(_) = self {
                one = one.get(..TLS_PIECE).unwrap_or(one);
                two = two.get(..TLS_PIECE - one.len()).unwrap_or(two);
                // Whatever encryption is given may be on its way, even if it then reports an error.
                *left = done + one.len() + two.len();
            }
            let slices = [IoSlice::new(one), IoSlice::new(two)];
            let writing = std::future::poll_fn(|cx| Pin::new(&mut *self).poll_write_vectored(cx, &slices));
            let count = tokio::time::timeout(patience, writing).await.map_err(stuck)??;
            if count == 0 {
                return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
            }
            done += count;
            *left = done.max(*left);
            let rest = count.saturating_sub(first.len());
            first = first.get(count..).unwrap_or_default();
            second = second.get(rest..).unwrap_or_default();
        }
        Ok(tokio::time::timeout(patience, self.flush()).await.map_err(stuck)??)
    }
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Transport::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Transport::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Transport::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Transport::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Transport::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Transport::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Transport::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Transport::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Transport::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
