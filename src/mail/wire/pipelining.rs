//! Whether a server takes commands in groups (RFC 2920), as this process learnt it.
//!
//! Some servers, and boxes between us and them, offer PIPELINING and then lose or muddle what comes in one piece. One
//! connection that finds this out tells the others.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use super::failure::Loss;

/// A server that never answered a group yet gets no more time than this: one that lost commands would be waited for by
/// every connection for minutes.
const PATIENCE: Duration = Duration::from_secs(20);
/// A server may well close after its first mail, whatever came behind it; not time and again.
const STRIKES: u8 = 3;

/// Shared by the connections to one server.
#[derive(Debug, Default)]
pub struct Pipelining {
    state: AtomicU8,
    strikes: AtomicU8,
}

/// What was sent in one piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// MAIL, RCPT and DATA.
    Envelope,
    /// The same behind the end of a mail.
    Behind,
}

const OFF: u8 = 1;

impl Group {
    /// The bit that says that this kind of group was once answered as it should.
    fn proven(self) -> u8 {
        match self {
            Group::Envelope => 2,
            Group::Behind => 4,
        }
    }
}

impl Pipelining {
    /// Never in groups.
    pub(in crate::mail) fn off() -> Self {
        Self { state: AtomicU8::new(OFF), strikes: AtomicU8::new(0) }
    }
    pub(super) fn is_off(&self) -> bool {
        self.state.load(Ordering::Relaxed) & OFF != 0
    }
    fn is_proven(&self, group: Group) -> bool {
        self.state.load(Ordering::Relaxed) & group.proven() != 0
    }

    /// How long to wait for a reply in a group, if a single command may take `usual`.
    pub(super) fn patience(&self, group: Group, usual: Duration) -> Duration {
        if self.is_proven(group) { usual } else { usual.min(PATIENCE) }
    }

    /// All replies to a group came, in order.
    pub(super) fn worked(&self, group: Group) {
        if !self.is_proven(group) {
            self.state.fetch_or(group.proven(), Ordering::Relaxed);
        }
    }

    /// A group was not answered as it should. Says whether the server is to blame: silence and a closed line have
    /// other causes too, for a server that did well before.
    pub(super) fn failed(&self, group: Group, how: Loss, server: &str) -> bool {
        let blame = match how {
            Loss::Garbled => true,
            Loss::Ours => false,
            Loss::Silent | Loss::Closed if self.is_proven(group) => false,
            Loss::Closed if group == Group::Behind => self.strikes.fetch_add(1, Ordering::Relaxed) + 1 >= STRIKES,
            Loss::Silent | Loss::Closed => true,
        };
        if blame && self.state.fetch_or(OFF, Ordering::Relaxed) & OFF == 0 {
            tracing::warn!(server, "offers PIPELINING and does not keep to it; gets one command at a time from now on");
        }
        blame
    }
}
