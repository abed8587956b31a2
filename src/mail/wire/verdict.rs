//! What became of a mail, and of the connection with it.

use super::Connection;
use super::failure::Failure;
use crate::mail::reply::{Outcome, Phase, Reply, ServerFault, Verdict};

impl Connection {
    pub(super) fn verdict(&mut self, phase: Phase, reply: Reply, judge: fn(&Reply) -> Verdict) -> Outcome {
        let code = reply.code;
        match judge(&reply) {
            Verdict::Recipient => Outcome::RecipientFailed { code, reply: reply.to_string() },
            Verdict::Later => Outcome::Deferred { code: Some(code), reply: reply.to_string() },
            Verdict::Message => Outcome::MessageRefused { code, reply: reply.to_string() },
            Verdict::Server => self.fault(phase, Failure::Refused(reply)),
        }
    }

    pub(super) fn fault(&mut self, phase: Phase, why: Failure) -> Outcome {
        let over = match &why {
            Failure::Lost(..) => true,
            Failure::Refused(reply) => reply.code == 421 || reply.code < 400,
        };
        self.over |= over;
        let reconnect = over && self.served && phase == Phase::Mail;
        Outcome::ServerFault(ServerFault { reconnect, ..why.fault(&self.server, phase) })
    }

    /// The connection ends before the mail left, and that says nothing against the next connection.
    pub(super) fn ended(&mut self, phase: Phase, why: Failure) -> Outcome {
        self.over = true;
        Outcome::ServerFault(ServerFault { reconnect: true, ..why.fault(&self.server, phase) })
    }

    /// It said something between two mails: good-bye, most likely.
    pub(super) async fn spoke_unasked(&mut self) -> Outcome {
        let why = match self.line.answer(self.timeouts.mail).await {
            Ok(_) => Failure::Refused(self.line.inbox.reply()),
            Err(why) => why,
        };
        self.ended(Phase::Mail, why)
    }
}
