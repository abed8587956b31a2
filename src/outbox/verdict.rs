//! What became of an item, before policy turns it into a row's state.

use super::queue::Item;
use crate::mail::ServerFault;
use crate::values::At;

pub enum Verdict {
    Sent {
        code: u16,
        reply: String,
    },
    /// Refused for good, about the recipient.
    Failed {
        code: Option<u16>,
        reply: String,
    },
    /// To be tried again. Without a code the line broke.
    Deferred {
        code: Option<u16>,
        reply: String,
    },
    /// A policy refusal of this recipient: waits, and counts as refused.
    Policy {
        code: Option<u16>,
        reply: String,
    },
    /// No reply after the final dot.
    Doubt {
        reply: String,
    },
    /// Never left, and not its own fault: goes back as it was.
    Back,
    /// The content was refused. If others were too, all go back and the campaign stops; or, with a fault, the server is paused.
    Refused {
        code: u16,
        reply: String,
        fault: Option<ServerFault>,
    },
    /// Not now, and this was no attempt.
    Later {
        at: At,
        reason: String,
    },
    /// Not mailed on purpose.
    Skipped {
        reason: String,
    },
}

impl Verdict {
    pub fn label(&self) -> &'static str {
        match self {
            Verdict::Sent { .. } => "sent",
            Verdict::Failed { .. } => "failed",
            Verdict::Deferred { .. } => "deferred",
            Verdict::Policy { .. } => "policy",
            Verdict::Doubt { .. } => "doubt",
            Verdict::Back => "back",
            Verdict::Refused { .. } => "refused",
            Verdict::Skipped { .. } => "skipped",
            Verdict::Later { .. } => "later",
        }
    }
}

/// From a sender or the engine to the recorder.
pub struct Report {
    pub item: Item,
    pub verdict: Verdict,
    /// The place of the mail server in the list; none when none was asked.
    pub server: Option<usize>,
    /// The server itself failed, and this is the first that tells it.
    pub fault: Option<ServerFault>,
}

impl Report {
    /// Without a mail server.
    pub fn of(item: Item, verdict: Verdict) -> Self {
        Self { item, verdict, server: None, fault: None }
    }
}
