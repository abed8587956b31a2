use mail_parser::MessageParser;
use proptest::prelude::*;

use super::header;
use super::{Sink, base64, is_smaller_in_base64, quoted_printable};
use crate::mail::email::crlf;

/// Pieces: literals, and values (without line ends).
type Pieces = Vec<Result<String, String>>;

fn whole(pieces: &Pieces) -> String {
    let text: String = pieces.iter().map(|piece| piece.clone().unwrap_or_else(|value| value)).collect();
    crlf(&text).into_owned()
}

fn quoted(pieces: &Pieces) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = quoted_printable::Writer::new(&mut out);
    for piece in pieces {
        match piece {
            Ok(literal) => writer.literal(&quoted_printable::Literal::new(literal)),
            Err(value) => writer.value(value),
        }
    }
    writer.finish();
    out
}

fn based(pieces: &Pieces) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = base64::Writer::new(&mut out);
    for piece in pieces {
        match piece {
            Ok(literal) => writer.literal(&base64::Literal::new(literal)),
            Err(value) => writer.value(value),
        }
    }
    writer.finish();
    out
}

/// What another library reads from a part.
fn decoded(encoding: &str, body: &[u8]) -> String {
    let mut mail = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n--=_b\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    .into_bytes();
    mail.extend(body);
    mail.extend(b"\r\n--=_b--\r\n");
    MessageParser::default().parse(&mail).unwrap().body_text(0).unwrap().into_owned()
}

fn lines_are_safe(body: &[u8], longest: usize) -> bool {
    body.is_ascii()
        && !String::from_utf8(body.to_vec()).unwrap().replace("\r\n", "").contains(['\r', '\n'])
        && body.split(|byte| *byte == b'\n').all(|line| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            line.len() <= longest && !line.starts_with(b".") && !line.ends_with(b" ") && !line.ends_with(b"\t")
        })
}

fn pieces() -> impl Strategy<Value = Pieces> {
    let literal = prop_oneof![
        "(?s).{0,60}",
        "[a-zA-Z =.\\-_\t\n]{0,300}",
        "[ \t.\n]{0,20}",
        "[Ѐ-ӿ ,.\n]{0,300}",
        "[\u{0590}-\u{06ff}一-龥\u{1f300}-\u{1f6ff}]{0,80}",
        "[a-z]{1000}",
        "From [a-z]{0,80}\n?",
    ];
    // A lone CR at the end would join with a line end behind it; texts of ours have none.
    let literal = literal.prop_map(|text| Ok(text.replace('\r', "")));
    let value = prop_oneof!["[^\u{0}-\u{1f}\u{7f}-\u{9f}]{0,60}", "[ .=]{0,9}", "[a-z]{1000}"].prop_map(Err);
    prop::collection::vec(prop_oneof![literal, value], 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn pieces_are_read_as_one_text(pieces in pieces()) {
        let text = whole(&pieces);
        let (quoted, based) = (quoted(&pieces), based(&pieces));
        prop_assert!(lines_are_safe(&quoted, 76), "{:?}", String::from_utf8_lossy(&quoted));
        prop_assert!(lines_are_safe(&based, 76), "{:?}", String::from_utf8_lossy(&based));
        let plain = quoted_printable_by_the_book(&quoted);
        prop_assert_eq!(String::from_utf8(plain).unwrap(), text.clone());
        let joined: Vec<u8> = based.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect();
        prop_assert_eq!(data_encoding::BASE64.decode(&joined).unwrap(), text.as_bytes());
        prop_assert_eq!(decoded("base64", &based), text.clone());
        prop_assert_eq!(decoded("quoted-printable", &quoted), text);
    }

    #[test]
    fn headers_are_read_as_they_were_written(
        text in prop_oneof!["(?s).{0,80}", "[a-z ]{0,300}", "[Ѐ-ӿ ]{0,200}", "[a-z=?.\"\\\\<>,;:@()]{0,70}", "[a-z]{1000}"]
    ) {
        let mut out = Vec::new();
        header::text(&mut out, "Subject", &text);
        header::mailbox(&mut out, "To", Some(&text), "anna@reader.example");
        prop_assert!(lines_are_safe(&out, 78), "{:?}", String::from_utf8_lossy(&out));
        out.extend(b"\r\n");
        prop_assert_eq!(out.windows(4).filter(|four| four == b"\r\n\r\n").count(), 1);
        let parsed = MessageParser::default().parse(&out).unwrap();
        let wanted = header::one_line(&text);
        prop_assert_eq!(parsed.headers().len(), 2);
        prop_assert_eq!(parsed.subject().unwrap_or_default(), &*wanted);
        let to = parsed.to().unwrap().first().unwrap();
        prop_assert_eq!(to.address(), Some("anna@reader.example"));
        prop_assert_eq!(to.name().unwrap_or_default(), &*wanted);
    }
}

/// RFC 2045 section 6.7, and nothing else.
fn quoted_printable_by_the_book(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(body.to_vec()).unwrap().replace("=\r\n", "");
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'=' => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            byte => out.push(byte),
        }
    }
    out
}

#[test]
fn russian_texts_do_not_triple() {
    let russian = "Здравствуйте, дорогие читатели!\n".repeat(100);
    assert!(is_smaller_in_base64(&russian) && !is_smaller_in_base64("<p style=\"margin:0\">Dear reader</p>\n"));
    let pieces = vec![Ok(russian.clone()), Err("Анна".into()), Ok(russian.clone())];
    assert!(based(&pieces).len() < russian.len() * 2 * 3 / 2);
}
