//! What a mail server's reply means for the recipient, the campaign and the server itself. Pure.
//!
//! Codes: RFC 5321 section 4.2; enhanced codes: RFC 3463, 5248, 7293, 7505. Where they leave a choice, the server is
//! suspected rather than the reader: a paused server is noticed and resumed, a reader marked as bounced is lost.

use std::fmt;

/// How far a conversation with a mail server came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Connect,
    Tls,
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
}

impl Phase {
    pub const ALL: [Phase; 9] = [
        Phase::Connect,
        Phase::Tls,
        Phase::Greeting,
        Phase::Ehlo,
        Phase::StartTls,
        Phase::Auth,
        Phase::Mail,
        Phase::Rcpt,
        Phase::Data,
    ];

    /// What a server that failed there did, for sentences.
    pub fn words(self) -> &'static str {
        match self {
            Phase::Connect => "cannot be reached",
            Phase::Tls => "could not agree with us on encryption",
            Phase::Greeting => "turned us away",
            Phase::Ehlo => "does not accept how we introduce ourselves (EHLO)",
            Phase::StartTls => "does not encrypt the connection (STARTTLS)",
            Phase::Auth => "refused our password",
            Phase::Mail => "refused our sender address",
            Phase::Rcpt => "refused to take mail to the recipient from us",
            Phase::Data => "refused our mail",
        }
    }
}

/// A reply: its code and its text (lines joined by spaces, an enhanced code in front if there was one).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    pub text: String,
}

/// Something is wrong with the server, or with us in its eyes; no recipient is to blame. Says it in words for staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFault {
    /// `host:port`.
    pub server: String,
    pub phase: Phase,
    pub code: Option<u16>,
    pub message: String,
    /// The connection had served before and was then closed: servers limit mails and time per connection.
    /// Try once on a new connection before believing that the server is ill.
    pub reconnect: bool,
}

/// What became of one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server took it over.
    Accepted { code: u16, reply: String },
    /// It cannot reach this recipient: a bounce.
    RecipientFailed { code: u16, reply: String },
    /// Not now: a 4xx, or the connection was lost before the final dot.
    Deferred { code: Option<u16>, reply: String },
    /// Belongs to the server or to the campaign as a whole; the mail stays as it was.
    ServerFault(ServerFault),
    /// The content was refused.
    MessageRefused { code: u16, reply: String },
    /// The caller held it back before its content left.
    Withdrawn,
    /// The final dot was sent and no reply came: taken over or not, nobody knows.
    Doubt { reply: String },
}

/// What a refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Recipient,
    Later,
    Server,
    Message,
}

impl Reply {
    /// The enhanced status code in front of the text: class, subject, detail.
    pub fn enhanced(&self) -> Option<(u16, u16, u16)> {
        let word = self.text.split_whitespace().next()?;
        let mut numbers = word.trim_start_matches('#').splitn(3, '.').map(|part| part.parse::<u16>().ok());
        let code = (numbers.next()??, numbers.next()??, numbers.next()??);
        (code.0 == self.code / 100 && matches!(code.0, 2 | 4 | 5)).then_some(code)
    }

    /// A refusal at RCPT.
    pub(super) fn at_rcpt(&self) -> Verdict {
        if let Some(verdict) = self.at_any_time() {
            return verdict;
        }
        match self.about() {
            Some(verdict) => verdict,
            None if (550..=554).contains(&self.code) && !self.speaks_of_policy() => Verdict::Recipient,
            None => Verdict::Server,
        }
    }

    /// A refusal of DATA or of the message after it.
    pub(super) fn at_data(&self) -> Verdict {
        self.at_any_time().or_else(|| self.about()).unwrap_or(match self.speaks_of_policy() {
            true => Verdict::Server,
            false => Verdict::Message,
        })
    }

    fn at_any_time(&self) -> Option<Verdict> {
        match self.code {
            // RFC 5321 section 3.8: the server shuts the channel down.
            421 => Some(Verdict::Server),
            400..=499 => Some(Verdict::Later),
            500..=599 => None,
            // A positive or unknown code where it makes no sense: we no longer understand each other.
            _ => Some(Verdict::Server),
        }
    }

    /// What an enhanced 5.x.x says by itself.
    fn about(&self) -> Option<Verdict> {
        match self.enhanced()? {
            // Bad sender address: ours.
            (_, 1, 7 | 8) => Some(Verdict::Server),
            // Too large for the recipient, or for the system.
            (_, 2, 3) | (_, 3, 4) => Some(Verdict::Message),
            // The mailbox or the domain has another owner now (RFC 7293); a closed list.
            (_, 7, 2 | 17 | 18) => Some(Verdict::Recipient),
            (_, 1 | 2, _) => Some(Verdict::Recipient),
            (_, 7, _) => Some(Verdict::Server),
            _ => None,
        }
    }

    /// Whether the words of a reply blame the sender, for servers without enhanced codes (or with 5.0.0).
    fn speaks_of_policy(&self) -> bool {
        const WORDS: [&str; 16] = [
            "relay",
            "relaying",
            "blacklist",
            "blacklisted",
            "blocklist",
            "blocklisted",
            "denylist",
            "dnsbl",
            "rbl",
            "spamhaus",
            "spf",
            "dkim",
            "dmarc",
            "reputation",
            "authentication",
            "authenticate",
        ];
        // Not in addresses: `relay@example.org` may well be unknown.
        let text = self.text.to_lowercase();
        text.split_whitespace()
            .filter(|word| !word.contains('@'))
            .flat_map(|word| word.split(|c: char| !c.is_alphanumeric()))
            .any(|word| WORDS.contains(&word))
    }
}

/// `550 5.1.1 no such user`, as it came.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

impl fmt::Display for ServerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the mail server {} {}: ", self.server, self.phase.words())?;
        if let Some(code) = self.code {
            write!(f, "{code} ")?;
        }
        f.write_str(&self.message)
    }
}
impl std::error::Error for ServerFault {}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(line: &str) -> Reply {
        let (code, text) = line.split_once(' ').unwrap();
        Reply { code: code.parse().unwrap(), text: text.into() }
    }

    #[test]
    fn at_rcpt() {
        for (line, verdict) in [
            ("550 5.1.1 no such user", Verdict::Recipient),
            ("550 no such user here", Verdict::Recipient),
            ("551 user not local", Verdict::Recipient),
            ("552 5.2.2 mailbox full", Verdict::Recipient),
            ("553 mailbox name not allowed", Verdict::Recipient),
            ("554 delivery error: this account has been disabled", Verdict::Recipient),
            ("550 5.4.1 Recipient address rejected: Access denied", Verdict::Recipient),
            ("550 5.5.0 Requested action not taken: mailbox unavailable", Verdict::Recipient),
            ("556 5.1.10 the domain takes no mail", Verdict::Recipient),
            ("550 5.7.17 mailbox owner has changed", Verdict::Recipient),
            ("550 user relay@example.org unknown", Verdict::Recipient),
            ("550 <x@y.example> terribly unknown", Verdict::Recipient),
            ("550 relay not permitted", Verdict::Server),
            ("554 Relaying denied.", Verdict::Server),
            ("554 rejected: listed at zen.spamhaus.org", Verdict::Server),
            ("550 5.7.1 policy", Verdict::Server),
            ("530 5.7.0 authentication required", Verdict::Server),
            ("553 5.1.8 sender address rejected", Verdict::Server),
            ("503 bad sequence of commands", Verdict::Server),
            ("552 5.3.4 too large", Verdict::Message),
            ("421 4.7.0 too many connections", Verdict::Server),
            ("450 4.2.0 greylisted", Verdict::Later),
            ("451 try later", Verdict::Later),
            ("452 4.2.2 mailbox full", Verdict::Later),
            ("354 what?", Verdict::Server),
        ] {
            assert_eq!(reply(line).at_rcpt(), verdict, "{line}");
        }
    }

    #[test]
    fn at_data() {
        for (line, verdict) in [
            ("554 5.6.0 message refused", Verdict::Message),
            ("554 no thanks", Verdict::Message),
            ("552 5.3.4 too large", Verdict::Message),
            ("552 5.2.3 too large for this mailbox", Verdict::Message),
            ("550 5.7.1 blocked by policy", Verdict::Server),
            ("550 5.7.26 unauthenticated", Verdict::Server),
            ("554 rejected for DMARC", Verdict::Server),
            ("550 5.1.1 no such user after all", Verdict::Recipient),
            ("552 5.2.2 over quota", Verdict::Recipient),
            ("451 4.3.0 local error", Verdict::Later),
            ("421 shutting down", Verdict::Server),
            ("250 fine?", Verdict::Server),
        ] {
            assert_eq!(reply(line).at_data(), verdict, "{line}");
        }
    }

    #[test]
    fn enhanced_codes_must_agree_with_the_reply() {
        assert_eq!(reply("550 5.1.1 x").enhanced(), Some((5, 1, 1)));
        assert_eq!(reply("550 4.1.1 x").enhanced(), None);
        assert_eq!(reply("550 1.2.3.4 is listed").enhanced(), None);
        assert_eq!(reply("550 no").enhanced(), None);
    }

    #[test]
    fn in_words_for_staff() {
        let fault = ServerFault {
            server: "smtp.example:587".into(),
            phase: Phase::Auth,
            code: Some(535),
            message: "5.7.8 bad credentials".into(),
            reconnect: false,
        };
        assert_eq!(
            fault.to_string(),
            "the mail server smtp.example:587 refused our password: 535 5.7.8 bad credentials"
        );
    }
}
