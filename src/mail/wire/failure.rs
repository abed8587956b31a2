//! Why a command was not followed by a positive reply.

use std::io;
use std::time::Duration;

use crate::mail::reply::{Phase, Reply, ServerFault};

#[derive(Debug)]
pub(super) enum Failure {
    Refused(Reply),
    Lost(Loss, String),
}

/// How a conversation ended without a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// The other side, or the way there, is gone.
    Closed,
    Silent,
    /// What came was no reply, or one to something that we did not say.
    Garbled,
    /// We ended it ourselves.
    Ours,
}

impl Failure {
    pub fn ours(why: impl Into<String>) -> Self {
        Failure::Lost(Loss::Ours, why.into())
    }
    pub fn garbled(why: impl Into<String>) -> Self {
        Failure::Lost(Loss::Garbled, why.into())
    }

    pub fn fault(self, server: &str, phase: Phase) -> ServerFault {
        let (code, message) = match self {
            Failure::Refused(reply) => (Some(reply.code), reply.text),
            Failure::Lost(_, why) => (None, why),
        };
        ServerFault { server: server.to_owned(), phase, code, message, reconnect: false }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let why = match error.kind() {
            // What a closed line is called depends on who noticed it how; staff need one word for it.
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
                "the connection was closed".to_owned()
            }
            _ => error.to_string(),
        };
        Failure::Lost(Loss::Closed, why)
    }
}

pub(super) async fn within<T, E: Into<Failure>>(
    time: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(time, work).await {
        Ok(result) => result.map_err(Into::into),
        Err(_) => Err(Failure::Lost(Loss::Silent, format!("no answer within {} s", time.as_secs_f32()))),
    }
}
