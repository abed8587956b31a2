//! The mail itself, its final dot, and behind it the envelope of the next.

use memchr::memmem;

use super::failure::{Failure, Loss, within};
use super::pipelining::Group;
use super::{Connection, Outgoing, envelope, group};
use crate::mail::reply::{Outcome, Phase, Reply};

impl Connection {
    /// The server waits for the content of `mail`.
    pub(super) async fn content(&mut self, mail: &Outgoing<'_>, next: Option<&Outgoing<'_>>) -> Outcome {
        let body = if stuff(mail.bytes, &mut self.stuffed) { self.stuffed.as_slice() } else { mail.bytes };
        let ends_line = mail.bytes.is_empty() || mail.bytes.ends_with(b"\r\n");
        self.line.out.clear();
        self.line.out.extend_from_slice(if ends_line { b".\r\n" } else { b"\r\n.\r\n" });
        let end = body.len() + self.line.out.len();
        let next = next.filter(|next| self.pipelines() && self.check(next).is_ok());
        if let Some(next) = next {
            envelope::write(&mut self.line.out, next, &self.offered);
            self.open.set(next);
        }
        let mut left = 0;
        let leaving = self.line.transport.hand_over(body, &self.line.out, self.timeouts.block, &mut left);
        if let Err(why) = within(self.timeouts.message, leaving).await {
            self.over = true;
            if left < end {
                return Outcome::Deferred {
                    code: None,
                    reply: format!("lost while the mail was sent: {}", words(why)),
                };
            }
        }
        // Once the dot may have left, only the reply to it tells, even if what stood behind it did not get through.
        let outcome = self.reply_to_content(next.is_some()).await;
        if self.over {
            self.open.forget();
        }
        outcome
    }

    async fn reply_to_content(&mut self, more_behind: bool) -> Outcome {
        let answer = self.line.answer(self.timeouts.message).await;
        // Unless more was asked, more is out of turn: a good-bye, most likely.
        self.over |= !more_behind && self.line.inbox.has_more();
        match answer {
            Ok(200..=299) => {
                self.served = true;
                let reply = self.line.inbox.reply();
                Outcome::Accepted { code: reply.code, reply: reply.to_string() }
            }
            Ok(400..) => {
                // The server answered the message: the transaction is over on both sides.
                self.served = true;
                let reply = self.line.inbox.reply();
                if more_behind && group::lost_track(Phase::Mail, &reply) {
                    // Refused, and for what came behind it rather than for itself.
                    self.pipelining.failed(Group::Behind, Loss::Garbled, &self.server);
                    return self.ended(Phase::Data, Failure::Refused(reply));
                }
                self.verdict(Phase::Data, reply, Reply::at_data)
            }
            Ok(_) => {
                // 3xx where only yes or no makes sense: we no longer understand each other.
                self.over = true;
                if more_behind {
                    self.pipelining.failed(Group::Behind, Loss::Garbled, &self.server);
                }
                Outcome::Doubt { reply: self.line.inbox.reply().to_string() }
            }
            Err(why) => {
                self.over = true;
                if let (true, Failure::Lost(how, _)) = (more_behind, &why) {
                    self.pipelining.failed(Group::Behind, *how, &self.server);
                }
                Outcome::Doubt { reply: format!("no reply after the end of the mail: {}", words(why)) }
            }
        }
    }
}

fn words(why: Failure) -> String {
    match why {
        Failure::Refused(reply) => reply.to_string(),
        Failure::Lost(_, why) => why,
    }
}

/// Doubles the dots that begin a line (RFC 5321 section 4.5.2) into `out`; says whether there were any. Also behind a bare
/// line feed, which some servers take for a line end.
fn stuff(bytes: &[u8], out: &mut Vec<u8>) -> bool {
    let mut dots = memmem::find_iter(bytes, b"\n.").map(|at| at + 1).peekable();
    if !bytes.starts_with(b".") && dots.peek().is_none() {
        return false;
    }
    out.clear();
    if bytes.starts_with(b".") {
        out.push(b'.');
    }
    let mut from = 0;
    for dot in dots {
        out.extend_from_slice(bytes.get(from..dot).unwrap_or_default());
        out.push(b'.');
        from = dot;
    }
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dots_that_begin_a_line_are_doubled() {
        let mut out = Vec::new();
        for (plain, stuffed) in [
            ("a.b\r\nc.\r\n", None),
            ("", None),
            (".", Some("..")),
            (".\r\n", Some("..\r\n")),
            ("a\r\n.\r\nb\r\n..c\r\n", Some("a\r\n..\r\nb\r\n...c\r\n")),
            ("a\n.\r\nQUIT", Some("a\n..\r\nQUIT")),
            (".a\r\n\r\n.", Some("..a\r\n\r\n..")),
        ] {
            let found = stuff(plain.as_bytes(), &mut out).then(|| String::from_utf8(out.clone()).unwrap());
            assert_eq!(found.as_deref(), stuffed, "{plain:?}");
        }
    }
}
