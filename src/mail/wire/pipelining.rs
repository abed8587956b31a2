//! Whether a server takes commands in groups (RFC 2920), as this process learnt it.
//!
//! Some servers, and boxes between us and them, offer PIPELINING and then lose or muddle what comes in one piece. One
//! connection that finds this out tells the others.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::failure::Loss;

/// A server that never answered a group yet gets no more time than this: one that lost commands would be waited for by
/// every connection for minutes.
const PATIENCE: Duration = Duration::from_secs(20);
/// A server may well close after its first mail, whatever came behind it; not time and again.
const STRIKES: u8 = 3;
/// A server that muddled a group gets one command at a time for so long …
const DISTRUST: Duration = Duration::from_secs(6 * 60 * 60);
/// … and one whose line broke for so long: that may have had another cause.
const CAUTION: Duration = Duration::from_secs(10 * 60);

/// Shared by the connections to one server.
#[derive(Debug, Default)]
pub struct Pipelining {
    proven: AtomicU8,
    strikes: AtomicU8,
    /// Until when nothing is sent in groups, in milliseconds since this process first asked.
    off_until: AtomicU64,
}

/// What was sent in one piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// MAIL, RCPT and DATA.
    Envelope,
    /// The same behind the end of a mail.
    Behind,
}

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
        Self { off_until: AtomicU64::new(u64::MAX), ..Self::default() }
    }
    pub(super) fn is_off(&self) -> bool {
        let until = self.off_until.load(Ordering::Relaxed);
        until > 0 && millis() < until
    }
    fn is_proven(&self, group: Group) -> bool {
        self.proven.load(Ordering::Relaxed) & group.proven() != 0
    }

    /// How long to wait for a reply in a group, if a single command may take `usual`.
    pub(super) fn patience(&self, group: Group, usual: Duration) -> Duration {
        if self.is_proven(group) { usual } else { usual.min(PATIENCE) }
    }

    /// All replies to a group came, in order.
    pub(super) fn worked(&self, group: Group) {
        if !self.is_proven(group) {
            self.proven.fetch_or(group.proven(), Ordering::Relaxed);
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
        if blame && !self.is_off() {
            let time = if how == Loss::Garbled { DISTRUST } else { CAUTION };
            let until = millis().saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
            self.off_until.store(until, Ordering::Relaxed);
            self.strikes.store(0, Ordering::Relaxed);
            let minutes = time.as_secs() / 60;
            tracing::warn!(
                server,
                minutes,
                "offers PIPELINING and does not keep to it; gets one command at a time for a while"
            );
        }
        blame
    }
}

fn millis() -> u64 {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(BEGIN.elapsed().as_millis()).unwrap_or(u64::MAX)
}
