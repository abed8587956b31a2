//! A kept mail taken apart, for the web inbox, the demo and tests.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use mail_parser::{Address, HeaderName, Message, MessageParser, PartType};
use url::Url;

use crate::values::At;

/// What a person wants to see of a mail. Nothing is missing from `headers`; the rest is what could be understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadMail {
    /// `Name <address>`, or the address alone.
    pub from: String,
    pub to: Vec<String>,
    pub subject: String,
    pub date: Option<At>,
    pub text: Option<String>,
    /// As it was sent, with all it may do: show it only in a frame with the `sandbox` attribute and a policy of its own.
    pub html: Option<String>,
    /// In their order, unfolded, not decoded.
    pub headers: Vec<(String, String)>,
    /// The first `http(s)` address of `List-Unsubscribe`.
    pub list_unsubscribe: Option<Url>,
    /// Whether one click is enough (RFC 8058).
    pub list_unsubscribe_post: bool,
    /// Every `http(s)` address, each once: of links in the HTML part in their order, then of the text part.
    pub links: Vec<String>,
    /// `Content-Language`, else the `lang` of the HTML part.
    pub language: Option<String>,
}

/// What the table keeps beside the raw mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    pub subject: String,
    /// Without angle brackets.
    pub message_id: String,
}

static HEADERS: LazyLock<MessageParser> =
    LazyLock::new(|| MessageParser::new().header_text(HeaderName::Subject).header_id(HeaderName::MessageId));

/// Subject and Message-ID. Reads no further than the header block.
pub fn envelope(raw: &[u8]) -> Envelope {
    let Some(message) = HEADERS.parse_headers(raw) else { return Envelope::default() };
    Envelope {
        subject: storable(message.subject().unwrap_or("")),
        message_id: storable(message.message_id().unwrap_or("")),
    }
}

/// Without what PostgreSQL refuses (NUL) and no list can show; not longer than a header line may be.
fn storable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(998).collect()
}

/// Reads whatever a mail server may be sent; what cannot be understood stays empty.
pub fn read(raw: &[u8]) -> ReadMail {
    let Some(message) = MessageParser::default().parse(raw) else { return ReadMail::default() };
    let headers = headers(raw, &message);
    let value = |name: &str| headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
    let (text, html) = (text(&message), html(&message));
    ReadMail {
        from: message.from().map(addresses).unwrap_or_default().into_iter().next().unwrap_or_default(),
        to: message.to().map(addresses).unwrap_or_default(),
        subject: message.subject().unwrap_or("").to_owned(),
        date: message.date().map(|date| At::from_micros(date.to_timestamp().saturating_mul(1_000_000))),
        list_unsubscribe: value("List-Unsubscribe").and_then(first_web_address),
        list_unsubscribe_post: value("List-Unsubscribe-Post")
            .is_some_and(|post| post.trim().eq_ignore_ascii_case("List-Unsubscribe=One-Click")),
        links: links(html.as_deref(), text.as_deref()),
        language: value("Content-Language").map(str::to_owned).or_else(|| html.as_deref().and_then(html_language)),
        headers,
        text,
        html,
    }
}

fn headers(raw: &[u8], message: &Message<'_>) -> Vec<(String, String)> {
    let unfolded = |from: u32, to: u32| {
        let bytes = raw.get(from as usize..to as usize).unwrap_or_default();
        String::from_utf8_lossy(bytes).replace("\r\n", "").replace('\n', "").trim().to_owned()
    };
    message.headers().iter().map(|h| (h.name().to_owned(), unfolded(h.offset_start(), h.offset_end()))).collect()
}

fn addresses(address: &Address<'_>) -> Vec<String> {
    let shown = |addr: &mail_parser::Addr<'_>| match (addr.name(), addr.address().unwrap_or("")) {
        (Some(name), address) if !name.is_empty() => format!("{name} <{address}>"),
        (_, address) => address.to_owned(),
    };
    address.iter().map(shown).collect()
}

// The parser offers HTML made of the text part and the other way round; here each part is shown as it was sent, or not.
fn text(message: &Message<'_>) -> Option<String> {
    message.text_bodies().find_map(|part| match &part.body {
        PartType::Text(text) => Some(text.as_ref().to_owned()),
        _ => None,
    })
}

fn html(message: &Message<'_>) -> Option<String> {
    message.html_bodies().find_map(|part| match &part.body {
        PartType::Html(html) => Some(html.as_ref().to_owned()),
        _ => None,
    })
}

/// `<mailto:x>, <https://y>` → `https://y`.
fn first_web_address(header: &str) -> Option<Url> {
    header
        .split('<')
        .filter_map(|part| Url::parse(part.split_once('>')?.0.trim()).ok())
        .find(|url| matches!(url.scheme(), "http" | "https"))
}

fn is_web(address: &str) -> bool {
    address.starts_with("https://") || address.starts_with("http://")
}

fn links(html: Option<&str>, text: Option<&str>) -> Vec<String> {
    let mut links = html.map(links_of_html).unwrap_or_default();
    links.extend(text.into_iter().flat_map(links_of_text));
    let mut seen = std::collections::HashSet::new();
    links.retain(|link| seen.insert(link.clone()));
    links
}

/// Asks a real HTML parser (the one that cleans pages): it knows comments, quotes and entities.
fn links_of_html(html: &str) -> Vec<String> {
    let found = Arc::new(Mutex::new(Vec::new()));
    let collect = Arc::clone(&found);
    ammonia::Builder::new()
        .attribute_filter(move |element, attribute, value| {
            if element == "a" && attribute == "href" && is_web(value.trim()) {
                collect.lock().unwrap_or_else(PoisonError::into_inner).push(value.trim().to_owned());
            }
            None
        })
        .clean(html);
    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut *found)
}

fn links_of_text(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"'))
        .map(|word| {
            word.trim_start_matches(['(', '[', '\'']).trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\''])
        })
        .filter(|word| is_web(word))
        .map(str::to_owned)
        .collect()
}

/// The `lang` of the `<html>` tag.
fn html_language(html: &str) -> Option<String> {
    // Lowered in ASCII only, so that a place in one is the same place in the other.
    let lower = html.to_ascii_lowercase();
    let begin = lower.find("<html")?;
    let end = begin + lower.get(begin..)?.find('>')?;
    let value = begin + lower.get(begin..end)?.find(" lang=")? + " lang=".len();
    let value = html.get(value..end)?.trim_start_matches(['"', '\'']).split(['"', '\'', ' ']).next()?;
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAIL: &str = "From: =?utf-8?q?J=C3=BCrgen?= <news@b.org>\r\nTo: Anna <anna@d.org>, c@d.org\r\n\
        Subject: =?utf-8?b?R3LDvMOfZQ==?= from\r\n us\r\nDate: Tue, 14 Nov 2023 23:13:20 +0100\r\nMessage-ID: <1.x@b.org>\r\n\
        List-Unsubscribe: <mailto:u@b.org>,\r\n <https://b.org/unsubscribe/t?a=1&b=2>\r\n\
        List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/alternative; boundary=\"=_x\"\r\n\r\n\
        --=_x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        Gr=C3=BC=C3=9Fe: see <https://b.org/a?x=3D1> (https://b.org/t).\r\n\
        --=_x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
        <!DOCTYPE html><html class=\"x\" lang=\"pt-BR\"><body><!-- <a href=\"https://hidden.org\"> -->\
        <a HREF='https://b.org/a?x=1&amp;y&#x3D;2'>A</a><a href=\"mailto:x@b.org\">B</a></body></html>\r\n--=_x--\r\n";

    #[test]
    fn takes_a_newsletter_apart() {
        let mail = read(MAIL.as_bytes());
        assert_eq!(mail.from, "Jürgen <news@b.org>");
        assert_eq!(mail.to, ["Anna <anna@d.org>", "c@d.org"]);
        assert_eq!(mail.subject, "Grüße from us");
        assert_eq!(mail.date.map(At::rfc3339).as_deref(), Some("2023-11-14T22:13:20Z"));
        assert!(mail.text.as_deref().is_some_and(|text| text.starts_with("Grüße: see")));
        assert!(mail.html.as_deref().is_some_and(|html| html.starts_with("<!DOCTYPE html>")));
        assert_eq!(mail.list_unsubscribe.map(String::from).as_deref(), Some("https://b.org/unsubscribe/t?a=1&b=2"));
        assert!(mail.list_unsubscribe_post);
        assert_eq!(mail.links, ["https://b.org/a?x=1&y=2", "https://b.org/a?x=1", "https://b.org/t"]);
        assert_eq!(mail.language.as_deref(), Some("pt-BR"));
        let wanted =
            ("List-Unsubscribe".to_owned(), "<mailto:u@b.org>, <https://b.org/unsubscribe/t?a=1&b=2>".to_owned());
        assert!(mail.headers.contains(&wanted), "{:?}", mail.headers);
        let envelope = envelope(MAIL.as_bytes());
        assert_eq!((envelope.subject.as_str(), envelope.message_id.as_str()), ("Grüße from us", "1.x@b.org"));
    }

    #[test]
    fn shows_only_the_parts_that_are_there() {
        let plain = read(b"Subject: x\r\nContent-Language: ru\r\n\r\nhello\r\n");
        assert_eq!((plain.text.as_deref(), plain.html), (Some("hello\r\n"), None));
        assert_eq!(plain.language.as_deref(), Some("ru"));
        assert_eq!(envelope(b""), Envelope::default());
        assert_eq!(envelope(b"Subject: =?utf-8?q?a=00b?=\r\n\r\n").subject, "ab");
    }

    proptest! {
        #[test]
        fn survives_garbage(raw in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..MAIL.len()) {
            let _ = (read(&raw), envelope(&raw));
            let broken = [MAIL.as_bytes().get(..cut).unwrap_or_default(), &raw].concat();
            let _ = (read(&broken), envelope(&broken));
        }
    }
}
