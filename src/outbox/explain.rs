//! Why a mail server or a campaign was paused, for people who send newsletters and run no servers: what it means, and what
//! to do about it. Pure.
//!
//! What is stored is one sentence with the server's own words at its end ([`ServerFault`], [`CONTENT`], [`REFUSALS`]).
//!
//! [`ServerFault`]: crate::mail::ServerFault

use crate::mail::Phase;

/// What stands before the server's words when it refused a campaign's content.
pub const CONTENT: &str = "the mail server refused the content of this mail: ";
/// What stands behind the numbers when too many mails of a campaign were refused.
pub const REFUSALS: &str = " mails were refused or got no answer";

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    NotThere,
    NameUnknown,
    Unreachable,
    Silent,
    Closed,
    Encryption,
    NoEncryption,
    Busy,
    TurnedAway,
    Introduction,
    Password,
    PasswordLater,
    LogInFirst,
    NoLogIn,
    UsedUp,
    Sender,
    Relay,
    Standing,
    Content,
    TooLarge,
    Refusals,
    /// The server speaks in a way that we do not understand.
    Garbled,
}

/// A reason, understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation<'a> {
    pub cause: Cause,
    /// The server's own words, or what happened instead of an answer; for [`Cause::Refusals`] the count.
    pub said: &'a str,
}

/// Understands a reason as the engine wrote it; none for any other text.
pub fn explain(reason: &str) -> Option<Explanation<'_>> {
    if let Some(said) = reason.strip_prefix(CONTENT) {
        let text = said.to_lowercase();
        let large =
            text.starts_with("552") || ["5.3.4", "5.2.3", "too large", "too big"].iter().any(|w| text.contains(w));
        return Some(Explanation { cause: if large { Cause::TooLarge } else { Cause::Content }, said });
    }
    if reason.ends_with(REFUSALS) {
        return Some(Explanation { cause: Cause::Refusals, said: reason });
    }
    let (_, rest) = reason.strip_prefix("the mail server ")?.split_once(' ')?;
    let phase = |phase: Phase| Some((phase, rest.strip_prefix(phase.words())?.strip_prefix(": ")?));
    let (phase, said) = Phase::ALL.into_iter().find_map(phase)?;
    let code =
        said.get(..3).filter(|_| matches!(said.as_bytes().get(3), None | Some(b' '))).and_then(|c| c.parse().ok());
    Some(Explanation { cause: cause(phase, code, &said.to_lowercase()), said })
}

fn cause(phase: Phase, code: Option<u16>, text: &str) -> Cause {
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let Some(code) = code else { return without_reply(phase, &says) };
    match (phase, code) {
        (Phase::Auth, 400..=499) if code != 421 => Cause::PasswordLater,
        (_, 400..=499) => Cause::Busy,
        (Phase::Tls | Phase::StartTls, _) => Cause::Encryption,
        (Phase::Connect | Phase::Greeting, _) => Cause::TurnedAway,
        (Phase::Ehlo, _) => Cause::Introduction,
        (Phase::Auth, _) => Cause::Password,
        (_, 530) => Cause::LogInFirst,
        (Phase::Mail, _) if says(&["quota", "limit", "exceeded"]) => Cause::UsedUp,
        (Phase::Mail, _) if says(&["authenticat"]) => Cause::LogInFirst,
        (Phase::Mail, _) => Cause::Sender,
        (Phase::Rcpt, _) => Cause::Relay,
        (Phase::Data, _) => Cause::Standing,
    }
}

fn without_reply(phase: Phase, says: &dyn Fn(&[&str]) -> bool) -> Cause {
    match phase {
        Phase::Connect if says(&["refused"]) => Cause::NotThere,
        Phase::Connect if says(&["lookup", "resolve", "name or service"]) => Cause::NameUnknown,
        _ if says(&["no answer within", "timed out"]) => Cause::Silent,
        Phase::Connect => Cause::Unreachable,
        Phase::Tls => Cause::Encryption,
        Phase::StartTls => Cause::NoEncryption,
        _ if says(&["no way to log in"]) => Cause::NoLogIn,
        _ if says(&["cannot be mailed from"]) => Cause::Sender,
        _ if says(&["closed"]) => Cause::Closed,
        _ => Cause::Garbled,
    }
}

impl Cause {
    /// What it means and what to do: sentences for campaigners, about "it", the server.
    pub fn words(self) -> &'static str {
        match self {
            Cause::NotThere => {
                "Nothing answers at its address: it is switched off or restarting, or the address in the settings is wrong. \
                 If this lasts, ask whoever runs the server."
            }
            Cause::NameUnknown => {
                "Its name cannot be found: the name in the settings is wrong, or this machine has no network. Ask whoever \
                 runs the server."
            }
            Cause::Unreachable => "There is no way to it over the network. If this lasts, ask whoever runs the server.",
            Cause::Silent => {
                "It does not answer in time: it has too much to do, or something stands in between. If this lasts, ask \
                 whoever runs the server."
            }
            Cause::Closed => {
                "It hung up in the middle of the conversation. Often it is being restarted. If this lasts, ask whoever runs \
                 the server."
            }
            Cause::Encryption => {
                "The encrypted connection could not be made, often because its certificate has expired or is for another \
                 name. Nothing is sent in the open instead. Ask whoever runs the server."
            }
            Cause::NoEncryption => {
                "It does not encrypt the connection, and the settings ask for that. Nothing is sent in the open instead. Ask \
                 whoever runs the server."
            }
            Cause::Busy => {
                "It is busy, or has had enough mail from us for now. This usually passes by itself. If it comes back again \
                 and again, send more slowly: ask whoever runs the server for a limit."
            }
            Cause::TurnedAway => {
                "It wants no mail from this machine at all. The machine’s address may be on a blocklist, or it is not one \
                 that the server serves. Ask whoever runs the server."
            }
            Cause::Introduction => {
                "It does not like the name by which this machine introduces itself, which is the host of the public address. \
                 Ask whoever runs the server."
            }
            Cause::Password => {
                "The user name or password in the settings is wrong, or the account is blocked. Ask whoever runs the server."
            }
            Cause::PasswordLater => {
                "It cannot check passwords at the moment. This usually passes by itself. If it lasts, ask whoever runs the \
                 server."
            }
            Cause::LogInFirst => {
                "It wants a user name and a password, and takes no mail without. Ask whoever runs the server to put them \
                 into the settings."
            }
            Cause::NoLogIn => {
                "It takes no user name and password in a way that we know, and the settings have some. Ask whoever runs the \
                 server."
            }
            Cause::UsedUp => {
                "The account has used up what it may send. Wait until there is new allowance, or ask whoever pays for the \
                 account for a larger one."
            }
            Cause::Sender => {
                "It refuses the sender address: the account may not send mail under it, or its domain is not confirmed \
                 there. Compare the sender address on the Organisation page with what the account allows."
            }
            Cause::Relay => {
                "It does not pass mail on for us: the account is not allowed to, or our standing with it is bad. Ask whoever \
                 runs the server."
            }
            Cause::Standing => {
                "It takes our mails for unwanted or not rightly signed. The usual causes are missing SPF, DKIM or DMARC \
                 records, or a blocklist with our address or one of our links. Ask whoever runs the server before you send \
                 more."
            }
            Cause::Content => {
                "It looked at the text and did not like it. Often a link leads to a site on a blocklist, or the wording looks \
                 like spam. The text of a campaign that has begun does not change: cancel it, and send a duplicate with \
                 another text to those who have not got it. If every text is refused, ask whoever runs the server."
            }
            Cause::TooLarge => {
                "The mail is larger than it takes. The text of a campaign that has begun does not change: cancel it, make a \
                 duplicate and shorten that."
            }
            Cause::Refusals => {
                "That is too many to go on: providers judge a sender by it. Look at what was said of the failed mails. Where \
                 there is no such mailbox, the list is old or was not confirmed. Where the words are spam, blocked or \
                 reputation, it is the content, or the mail server stands on a blocklist. Resume when you know."
            }
            Cause::Garbled => {
                "It answers in a way that makes no sense to us: perhaps it is no mail server. Ask whoever runs the server."
            }
        }
    }
}

/// The words without the addresses in them, for those who may not see any.
pub fn without_addresses(said: &str) -> String {
    let hidden = |word: &str| match word.contains('@') {
        true => "[an address]".to_owned(),
        false => word.to_owned(),
    };
    said.split(' ').map(hidden).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::ServerFault;

    fn stored(phase: Phase, code: Option<u16>, message: &str) -> String {
        let server = "smtp.example:587".to_owned();
        ServerFault { server, phase, code, message: message.into(), reconnect: false }.to_string()
    }

    #[test]
    fn what_a_server_did() {
        for (phase, code, message, expected) in [
            (Phase::Connect, None, "Connection refused (os error 111)", Cause::NotThere),
            (
                Phase::Connect,
                None,
                "failed to lookup address information: Name or service not known",
                Cause::NameUnknown,
            ),
            (Phase::Connect, None, "No route to host (os error 113)", Cause::Unreachable),
            (Phase::Connect, None, "no answer within 30 s", Cause::Silent),
            (Phase::Greeting, None, "no answer within 300 s", Cause::Silent),
            (Phase::Greeting, None, "the connection was closed", Cause::Closed),
            (Phase::Greeting, None, "no reply of SMTP: HTTP/1.1 400", Cause::Garbled),
            (Phase::Greeting, Some(421), "4.7.0 too many connections", Cause::Busy),
            (Phase::Greeting, Some(554), "no service for you", Cause::TurnedAway),
            (Phase::Ehlo, Some(550), "bad host name", Cause::Introduction),
            (Phase::Ehlo, Some(421), "later", Cause::Busy),
            (Phase::Tls, None, "invalid peer certificate: Expired", Cause::Encryption),
            (Phase::StartTls, None, "it does not offer it, and tls=required asks for it", Cause::NoEncryption),
            (Phase::StartTls, Some(501), "syntax", Cause::Encryption),
            (Phase::Auth, Some(535), "5.7.8 bad credentials", Cause::Password),
            (Phase::Auth, Some(454), "4.7.0 temporary authentication failure", Cause::PasswordLater),
            (Phase::Auth, Some(421), "closing", Cause::Busy),
            (
                Phase::StartTls,
                None,
                "it offers no encryption, and our password is not sent without",
                Cause::NoEncryption,
            ),
            (Phase::Auth, None, "it offers no way to log in that we know (AUTH PLAIN, AUTH LOGIN)", Cause::NoLogIn),
            (Phase::Mail, Some(554), "5.7.1 sender not verified", Cause::Sender),
            (Phase::Mail, Some(530), "5.7.0 log in first", Cause::LogInFirst),
            (Phase::Mail, Some(550), "5.7.1 Authentication required", Cause::LogInFirst),
            (Phase::Mail, Some(550), "5.4.5 Daily sending quota exceeded", Cause::UsedUp),
            (Phase::Mail, Some(421), "4.3.2 closing down", Cause::Busy),
            (Phase::Mail, None, "the connection was closed", Cause::Closed),
            (Phase::Rcpt, Some(554), "5.7.1 <a@b.example>: relay access denied", Cause::Relay),
            (Phase::Rcpt, Some(421), "4.7.0 slow down", Cause::Busy),
            (Phase::Data, Some(550), "5.7.26 unauthenticated", Cause::Standing),
        ] {
            let stored = stored(phase, code, message);
            let found = explain(&stored).unwrap_or_else(|| panic!("{stored}"));
            let said = code.map_or_else(|| message.to_owned(), |code| format!("{code} {message}"));
            assert_eq!((found.cause, found.said), (expected, said.as_str()), "{stored}");
        }
    }

    #[test]
    fn why_a_campaign_stopped() {
        let content = |said: &str| format!("{CONTENT}{said}");
        let (spam, large) = (content("554 5.6.0 looks like spam"), content("552 5.3.4 message too big"));
        assert_eq!(explain(&spam), Some(Explanation { cause: Cause::Content, said: "554 5.6.0 looks like spam" }));
        assert_eq!(explain(&large).map(|found| found.cause), Some(Cause::TooLarge));
        let refused = format!("61 of the latest 200{REFUSALS}");
        assert_eq!(explain(&refused), Some(Explanation { cause: Cause::Refusals, said: &refused }));
        for other in
            ["", "Cancelled by anna@example.org", "the mail server is nice", "the mail server x.example hums: 1"]
        {
            assert_eq!(explain(other), None, "{other}");
        }
    }

    #[test]
    fn addresses_can_be_left_out() {
        let said = "554 5.7.1 <anna@example.org>: relay access denied";
        assert_eq!(without_addresses(said), "554 5.7.1 [an address] relay access denied");
    }
}
