//! An envelope in one piece, and the replies to it, one per command and in their order (RFC 2920).

use super::failure::{Failure, Loss};
use super::pipelining::Group;
use super::{Connection, Outgoing, envelope};
use crate::mail::reply::{Outcome, Phase, Reply};

impl Connection {
    /// Sends the envelope and reads the replies; after it the server waits for the content, and has nothing more to say.
    pub(super) async fn all_at_once(&mut self, mail: &Outgoing<'_>) -> Result<(), Box<Outcome>> {
        let reset = std::mem::take(&mut self.reset_due);
        self.line.out.clear();
        if reset {
            self.line.out.extend_from_slice(b"RSET\r\n");
        }
        envelope::write(&mut self.line.out, mail, &self.offered);
        let time = self.pipelining.patience(Group::Envelope, self.timeouts.mail);
        if let Err(why) = self.line.flush(time).await {
            return Err(self.lost(Group::Envelope, Phase::Mail, why));
        }
        if reset && let Err(why) = self.line.expect(time, 200..=299).await {
            return Err(Box::new(self.ended(Phase::Mail, why)));
        }
        self.answers(Group::Envelope).await
    }

    /// Reads the replies to MAIL, RCPT and DATA.
    pub(super) async fn answers(&mut self, group: Group) -> Result<(), Box<Outcome>> {
        let mail = self.pipelining.patience(group, self.timeouts.mail);
        let rcpt = self.pipelining.patience(group, self.timeouts.rcpt);
        let data = self.pipelining.patience(group, self.timeouts.data);
        if let Err(why) = self.line.expect(mail, 200..=299).await {
            let reply = refusal(Phase::Mail, why).map_err(|why| self.lost(group, Phase::Mail, why))?;
            if reply.code != 421 {
                let taken = self.line.answer(rcpt).await.unwrap_or(421);
                self.end_of_refused(group, taken).await;
            }
            return Err(Box::new(self.fault(Phase::Mail, Failure::Refused(reply))));
        }
        if let Err(why) = self.line.expect(rcpt, 200..=299).await {
            let reply = refusal(Phase::Rcpt, why).map_err(|why| self.lost(group, Phase::Rcpt, why))?;
            if reply.code != 421 {
                self.reset_due = true;
                self.end_of_refused(group, reply.code).await;
            }
            return Err(Box::new(self.verdict(Phase::Rcpt, reply, Reply::at_rcpt)));
        }
        if let Err(why) = self.line.expect(data, 354..=354).await {
            let reply = refusal(Phase::Data, why).map_err(|why| self.lost(group, Phase::Data, why))?;
            self.reset_due = true;
            return Err(Box::new(self.verdict(Phase::Data, reply, Reply::at_data)));
        }
        if self.line.inbox.has_more() {
            // The reply to the mail itself must not be mistaken for what lies there already.
            let why = Failure::garbled("it said more than it was asked for");
            return Err(self.lost(group, Phase::Data, why));
        }
        self.pipelining.worked(group);
        Ok(())
    }

    /// Reads the reply to a DATA that came behind a refusal, and takes it back if it was granted all the same.
    async fn end_of_refused(&mut self, group: Group, rcpt: u16) {
        let time = self.pipelining.patience(group, self.timeouts.data);
        match self.line.answer(time).await {
            // The line is as good as before.
            Ok(422..=599 | 400..=420) if rcpt != 421 => self.pipelining.worked(group),
            // RFC 2920 section 3.1: the server waits for a mail to nobody; a lone dot is how to say that there is none.
            // Where a recipient was taken, the dot would be a mail to him: only a closed line prevents that.
            Ok(354) if (400..=599).contains(&rcpt) && rcpt != 421 => {
                self.line.out.clear();
                self.line.out.extend_from_slice(b".\r\n");
                let sent = self.line.flush(self.timeouts.block).await.is_ok();
                match sent.then_some(self.line.answer(self.timeouts.message).await) {
                    Some(Ok(code)) if code != 421 => self.pipelining.worked(group),
                    _ => self.over = true,
                }
            }
            _ => self.over = true,
        }
    }

    /// A group without the replies that belong to it. Nothing of the mail left.
    fn lost(&mut self, group: Group, phase: Phase, why: Failure) -> Box<Outcome> {
        self.over = true;
        let how = match &why {
            Failure::Lost(how, _) => *how,
            Failure::Refused(_) => Loss::Garbled,
        };
        let blamed = self.pipelining.failed(group, how, &self.server);
        // On a line that served, it is the line that ended, not the mail that was refused.
        let between_mails = phase == Phase::Mail && self.served || group == Group::Behind && how == Loss::Closed;
        Box::new(match (blamed || between_mails, phase, why) {
            (true, _, why) => self.ended(phase, why),
            (false, Phase::Rcpt | Phase::Data, Failure::Lost(_, why)) => Outcome::Deferred { code: None, reply: why },
            (false, _, why) => self.fault(phase, why),
        })
    }
}

/// A refusal that makes sense where it stands. All else means that the server and we are not at the same command.
fn refusal(phase: Phase, why: Failure) -> Result<Reply, Failure> {
    match why {
        Failure::Refused(reply) if reply.code < 400 || lost_track(phase, &reply) => {
            Err(Failure::garbled(format!("it muddles commands that come together: {reply}")))
        }
        Failure::Refused(reply) => Ok(reply),
        lost => Err(lost),
    }
}

/// Whether a refusal is about the order or the manner of commands.
pub(super) fn lost_track(phase: Phase, reply: &Reply) -> bool {
    let text = reply.text.to_ascii_lowercase();
    matches!(reply.code, 500 | 502 | 503)
        || text.contains("pipelin")
        || text.contains("synchroni")
        // What came before DATA had been accepted, so "no valid recipients" is none of our mistakes.
        || phase == Phase::Data && matches!(reply.enhanced(), Some((5, 5, _)))
}
