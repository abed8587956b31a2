//! One mail, and the bytes that go over the wire.

use std::borrow::Cow;

use anyhow::{Context as _, bail};
use lettre::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, MultiPartKind, SinglePart};

use super::Signer;
use super::splice::header::one_line;
use crate::values::{At, EmailAddress, Language, sha256_hex};

/// Above this many bytes some mail clients cut a mail and hide its foot.
pub const CLIPPED_ABOVE: usize = 100 * 1024;

/// A name and an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    pub name: String,
    pub address: EmailAddress,
}

/// What kind of mail this is decides on its list headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Somebody asked for it: no way to leave, and no automatic answer wanted.
    System,
    /// A mail to many: can be left with one click (RFC 8058).
    Campaign {
        /// `Name <topic.host>` (RFC 2919).
        list_id: String,
        unsubscribe_url: String,
    },
}

/// A mail that is ready except for its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    pub from: Sender,
    pub reply_to: Option<EmailAddress>,
    pub to: EmailAddress,
    pub to_name: Option<String>,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub language: Language,
    pub date: At,
    /// Without angle brackets.
    pub message_id: String,
    pub kind: Kind,
}

impl Email {
    /// The mail as bytes with CRLF line ends, signed if there is a signer. The same mail gives the same bytes.
    ///
    /// # Errors
    /// When an address, the Message-ID or the unsubscribe URL cannot stand in a header.
    pub fn to_wire(&self, signer: Option<&Signer>) -> anyhow::Result<Vec<u8>> {
        let mut builder = Message::builder()
            .from(mailbox(Some(&self.from.name), &self.from.address)?)
            .to(mailbox(self.to_name.as_deref(), &self.to)?)
            .subject(one_line(&self.subject).into_owned())
            .date(self.date.0.into())
            .raw_header(verbatim("Message-ID", bracketed(&self.message_id)?))
            .raw_header(encoded("Content-Language", self.language.as_str()));
        if let Some(address) = &self.reply_to {
            builder = builder.reply_to(mailbox(None, address)?);
        }
        builder = match &self.kind {
            Kind::System => builder.raw_header(encoded("Auto-Submitted", "auto-generated")),
            Kind::Campaign { list_id, unsubscribe_url } => builder
                .raw_header(encoded("List-Id", &one_line(list_id)))
                .raw_header(verbatim("List-Unsubscribe", bracketed(unsubscribe_url)?))
                .raw_header(verbatim("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into())),
        };
        // From the Message-ID, which is unguessable and in neither part, so that a repeated mail has the same bytes.
        let boundary: String = sha256_hex(&self.message_id).chars().take(32).collect();
        let parts = MultiPart::builder()
            .kind(MultiPartKind::Alternative)
            .boundary(boundary)
            .build()
            .singlepart(SinglePart::plain(crlf(&self.text).into_owned()))
            .singlepart(SinglePart::html(crlf(&self.html).into_owned()));
        let mut bytes = builder.multipart(parts).context("the mail cannot be put together")?.formatted();
        if let Some(signer) = signer {
            signer.sign(&mut bytes, 0, self.date)?;
        }
        Ok(bytes)
    }
}

fn mailbox(name: Option<&str>, address: &EmailAddress) -> anyhow::Result<Mailbox> {
    let name = name.map(one_line).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name.map(Cow::into_owned), envelope_address(address)?))
}

/// The address as lettre knows it.
pub(super) fn envelope_address(address: &EmailAddress) -> anyhow::Result<Address> {
    let (local, domain) = address.as_str().rsplit_once('@').context("an address without an @")?;
    Address::new(local, domain).with_context(|| format!("the address {} cannot be mailed", address.masked()))
}

/// The value, if it may stand between angle brackets in a header.
pub(super) fn checked_for_brackets(value: &str) -> anyhow::Result<&str> {
    if value.is_empty() || value.len() > 900 || !value.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>') {
        bail!("{value:?} cannot stand in a mail's header");
    }
    Ok(value)
}

fn bracketed(value: &str) -> anyhow::Result<String> {
    Ok(format!("<{}>", checked_for_brackets(value)?))
}

/// As it is: some servers do not find a folded Message-ID or List-Unsubscribe. Only for values checked before.
fn verbatim(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.clone(), value)
}

fn encoded(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// Every line end as CRLF; in one pass, because lettre inserts them one by one.
pub(super) fn crlf(text: &str) -> Cow<'_, str> {
    if !text.contains(['\r', '\n']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + text.len() / 32);
    let mut rest = text;
    while let Some((line, after)) = rest.split_once(['\r', '\n']) {
        out.push_str(line);
        out.push_str("\r\n");
        let was_cr = rest.as_bytes().get(line.len()) == Some(&b'\r');
        rest = if was_cr { after.strip_prefix('\n').unwrap_or(after) } else { after };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
pub(super) mod tests {
    use mail_parser::MessageParser;

    use super::*;

    pub fn sample(kind: Kind) -> Email {
        Email {
            from: Sender {
                name: "Книги, и Ко".into(), address: EmailAddress::parse("news@org.example").unwrap()
            },
            reply_to: Some(EmailAddress::parse("office@org.example").unwrap()),
            to: EmailAddress::parse("anna@reader.example").unwrap(),
            to_name: Some("Anna \"A\" Petrova".into()),
            subject: "Новая публикация: год спустя, и ещё много слов, чтобы строка стала длинной".into(),
            text: "Здравствуйте.\n\n.одна точка\r\nконец\r".into(),
            html: "<p>Здравствуйте.</p>\n".into(),
            language: Language::parse("ru").unwrap(),
            date: At::from_micros(1_714_392_300_000_000),
            message_id: "0123456789abcdef0123456789abcdef@org.example".into(),
            kind,
        }
    }

    pub fn campaign() -> Kind {
        Kind::Campaign {
            list_id: "Ежемесячно <monthly.org.example>".into(),
            unsubscribe_url: "https://org.example/unsubscribe/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
        }
    }

    fn headers(wire: &[u8]) -> String {
        String::from_utf8(wire.to_vec()).unwrap().split("\r\n\r\n").next().unwrap().to_owned()
    }

    #[test]
    fn a_campaign_mail_as_a_reader_sees_it() {
        let email = sample(campaign());
        let wire = email.to_wire(None).unwrap();
        assert!(wire.is_ascii());
        assert_eq!(wire, email.to_wire(None).unwrap(), "the same mail gives the same bytes");
        assert!(!String::from_utf8(wire.clone()).unwrap().replace("\r\n", "").contains(['\r', '\n']));
        let parsed = MessageParser::default().parse(&wire).unwrap();
        assert_eq!(parsed.subject(), Some(email.subject.as_str()));
        assert_eq!(parsed.from().unwrap().first().unwrap().name(), Some("Книги, и Ко"));
        assert_eq!(parsed.to().unwrap().first().unwrap().name(), Some("Anna \"A\" Petrova"));
        assert_eq!(parsed.message_id(), Some(email.message_id.as_str()));
        assert_eq!(parsed.body_text(0).unwrap().trim_end(), "Здравствуйте.\r\n\r\n.одна точка\r\nконец");
        assert!(parsed.body_html(0).unwrap().contains("<p>Здравствуйте.</p>"));
        let headers = headers(&wire);
        assert!(headers.contains("multipart/alternative"));
        assert!(headers.contains("\r\nContent-Language: ru\r\n"));
        assert!(headers.contains("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
        assert!(headers.contains("\r\nList-Unsubscribe: <https://org.example/unsubscribe/AAAA"));
        assert!(headers.contains("<monthly.org.example>") && !headers.contains("Auto-Submitted"));
        let text = String::from_utf8(wire).unwrap();
        assert!(text.find("text/plain").unwrap() < text.find("text/html").unwrap(), "the richest part comes last");
    }

    #[test]
    fn a_system_mail_is_marked_as_one() {
        let headers = headers(&sample(Kind::System).to_wire(None).unwrap());
        assert!(headers.contains("\r\nAuto-Submitted: auto-generated\r\n"));
        assert!(!headers.contains("List-"));
    }

    #[test]
    fn no_header_can_be_smuggled_in() {
        let evil = "x\r\nBcc: victim@other.example\r\n\r\n<b>body</b>\n\u{2028}y\0z\rq";
        let mut email = sample(Kind::Campaign {
            list_id: format!("{evil} <monthly.org.example>"),
            unsubscribe_url: "https://org.example/u".into(),
        });
        email.subject = evil.into();
        email.from.name = evil.into();
        email.to_name = Some(evil.into());
        let wire = email.to_wire(None).unwrap();
        for line in headers(&wire).split("\r\n") {
            assert!(!line.to_lowercase().starts_with("bcc"), "{line}");
            assert!(!line.contains(['\r', '\n', '\0']));
        }
        assert!(MessageParser::default().parse(&wire).unwrap().bcc().is_none());
        for bad in ["https://org.example/a b", "https://o.example/\r\nBcc: x", "https://o.example/>", ""] {
            let kind = Kind::Campaign { list_id: "a <b.c>".into(), unsubscribe_url: bad.into() };
            assert!(sample(kind).to_wire(None).is_err(), "{bad:?}");
        }
        let mut email = sample(Kind::System);
        email.message_id = "a@b>\r\nBcc: x".into();
        assert!(email.to_wire(None).is_err());
    }

    #[test]
    fn line_ends() {
        assert_eq!(crlf("a\nb\r\nc\rd\n\n\r\r\n"), "a\r\nb\r\nc\r\nd\r\n\r\n\r\n\r\n");
        assert_eq!(crlf("a"), "a");
    }
}
