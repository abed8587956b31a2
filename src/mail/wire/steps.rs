//! An envelope command by command, for servers that do not pipeline.

use std::time::Duration;

use super::failure::Failure;
use super::{Connection, Outgoing, envelope};
use crate::mail::reply::{Outcome, Phase, Reply, Verdict};

impl Connection {
    /// After it the server waits for the content, and has nothing more to say.
    pub(super) async fn step_by_step(&mut self, mail: &Outgoing<'_>) -> Result<(), Box<Outcome>> {
        if std::mem::take(&mut self.reset_due) && !self.reset().await {
            let why = Failure::ours("it does not forget the mail before (RSET)");
            return Err(Box::new(self.ended(Phase::Mail, why)));
        }
        let Timeouts { mail: for_mail, rcpt, data, .. } = self.timeouts;
        self.line.out.clear();
        envelope::write_mail(&mut self.line.out, mail, &self.offered);
        if let Err(why) = self.step(for_mail, 200).await {
            // After a refused MAIL there is nothing to reset; a lost connection is noted in `fault`.
            return Err(Box::new(self.fault(Phase::Mail, why)));
        }
        self.line.out.clear();
        envelope::write_rcpt(&mut self.line.out, mail);
        if let Err(why) = self.step(rcpt, 200).await {
            return Err(self.refused(Phase::Rcpt, why, Reply::at_rcpt).await);
        }
        self.line.out.clear();
        self.line.out.extend_from_slice(b"DATA\r\n");
        if let Err(why) = self.step(data, 354).await {
            return Err(self.refused(Phase::Data, why, Reply::at_data).await);
        }
        if self.line.inbox.has_more() {
            // The reply to the mail itself must not be mistaken for what lies there already.
            let why = Failure::garbled("it said more than it was asked for");
            return Err(Box::new(self.fault(Phase::Data, why)));
        }
        Ok(())
    }

    /// Sends what is in `out`; 200 stands for any good reply.
    async fn step(&mut self, time: Duration, code: u16) -> Result<(), Failure> {
        self.line.flush(time).await?;
        self.line.expect(time, code..=if code == 200 { 299 } else { code }).await
    }

    /// A refusal in the middle of a transaction: the server must forget it before the next mail.
    async fn refused(&mut self, phase: Phase, why: Failure, judge: fn(&Reply) -> Verdict) -> Box<Outcome> {
        Box::new(match why {
            Failure::Lost(_, why) => {
                self.over = true;
                Outcome::Deferred { code: None, reply: why }
            }
            Failure::Refused(reply) => {
                let outcome = self.verdict(phase, reply, judge);
                self.over = self.over || !self.reset().await;
                outcome
            }
        })
    }

    async fn reset(&mut self) -> bool {
        matches!(self.line.command(self.timeouts.rcpt, &["RSET"]).await, Ok(200..=299))
    }
}

use super::Timeouts;
