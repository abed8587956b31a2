use lettre::message::header::{ContentType, HeaderName};
use lettre::message::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm, DkimSigningKey, Message,
    dkim_sign,
};

use super::*;
use crate::mail::email::tests::{campaign, sample};

const PKCS1: &str = include_str!("testdata/dkim-rsa-pkcs1.pem");
const PKCS8: &str = include_str!("testdata/dkim-rsa-pkcs8.pem");
const ED25519: &str = include_str!("testdata/dkim-ed25519.pem");
const SMALL: &str = include_str!("testdata/dkim-rsa-1024.pem");

fn tag(wire: &[u8], name: &str) -> String {
    let field =
        fields(split(wire).unwrap().0).find(|(found, _)| found.eq_ignore_ascii_case(b"DKIM-Signature")).unwrap().1;
    let field = std::str::from_utf8(field).unwrap();
    let (_, value) = field.split_once(':').unwrap();
    let value: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    value.split(';').find_map(|part| part.strip_prefix(&format!("{name}="))).unwrap().to_owned()
}

#[test]
fn covers_the_list_headers_and_seals_the_sender() {
    let signer = Signer::new("org.example", &[("mail1", PKCS8)]).unwrap();
    let wire = sample(campaign()).to_wire(Some(&signer)).unwrap();
    assert!(wire.starts_with(b"DKIM-Signature: v=1; a=rsa-sha256; d=org.example; s=mail1;"));
    let covered = tag(&wire, "h");
    assert_eq!(
        covered,
        "from:to:subject:date:message-id:mime-version:content-type:list-id:list-unsubscribe:list-unsubscribe-post:\
         reply-to:content-language:from:to:subject"
    );
    assert!(String::from_utf8(wire).unwrap().split("\r\n").all(|line| line.len() < 200));
}

/// lettre is the second opinion: on the same mail, at the same second, both must come to the same signature.
#[test]
fn agrees_with_lettre() {
    let seed = {
        let base64: String = ED25519.lines().filter(|line| !line.starts_with('-')).collect();
        let der = BASE64.decode(base64.as_bytes()).unwrap();
        BASE64.encode(&der[der.len() - 32..])
    };
    for (ours, theirs, algorithm) in
        [(PKCS8, PKCS1, DkimSigningAlgorithm::Rsa), (ED25519, seed.as_str(), DkimSigningAlgorithm::Ed25519)]
    {
        let mut message = Message::builder()
            .from("Книги <news@org.example>".parse().unwrap())
            .to("anna@reader.example".parse().unwrap())
            .subject("Публикация   и много слов, чтобы строка сложилась: раз, два, три, четыре, пять, шесть, семь")
            .header(ContentType::TEXT_PLAIN)
            // Not a multipart: lettre names Content-Type in h= then, but leaves it out of what it signs.
            .body("a  b \t\r\n\r\n c\r\n \r\n\r\n".to_owned())
            .unwrap();
        let unsigned = message.formatted();
        let names = ["From", "To", "Subject", "Date", "Content-Type"];
        let config = DkimConfig::new(
            "mail1".into(),
            "org.example".into(),
            DkimSigningKey::new(theirs, algorithm).unwrap(),
            names.map(HeaderName::new_from_ascii_str).to_vec(),
            DkimCanonicalization { header: DkimCanonicalizationType::Relaxed, body: DkimCanonicalizationType::Relaxed },
        );
        dkim_sign(&mut message, &config);
        let expected = message.formatted();
        let at = At::from_micros(tag(&expected, "t").parse::<i64>().unwrap() * 1_000_000);
        // An Ed25519 key alone is refused, so the RSA key signs too, behind it.
        let mut signer = Signer::new("org.example", &[("mail1", ours), ("mail2", PKCS8)]).unwrap();
        signer.sealed = &[];
        let mut signed = b"kept".to_vec();
        signed.extend(&unsigned);
        signer.sign(&mut signed, 4, at).unwrap();
        assert!(signed.starts_with(b"keptDKIM-Signature: ") && signed.ends_with(&unsigned));
        let signed = signed.split_off(4);
        for name in ["h", "bh", "b"] {
            assert_eq!(tag(&signed, name), tag(&expected, name), "{name}, {algorithm}");
        }
    }
}

#[test]
fn reads_every_usual_key_and_names_the_setting_otherwise() {
    let records = |domain: &str, keys: &[(&str, &str)]| Signer::new(domain, keys).unwrap().records();
    let one = records("org.example", &[("mail1", PKCS1)]);
    assert_eq!(one, records("ORG.example", &[("Mail1", PKCS8)]), "the same key in two wrappings");
    assert!(one[0].1.starts_with("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"));
    assert_eq!(one[0].0, "mail1._domainkey.org.example");
    let two = records("org.example", &[("ed", ED25519), ("rsa", PKCS1)]);
    assert!(two[0].1.contains("k=ed25519") && two[1] == ("rsa._domainkey.org.example".into(), one[0].1.clone()));
    for (domain, keys, words) in [
        ("org", &[("mail1", PKCS1)][..], "PLEDGEPOST_DKIM_DOMAIN"),
        ("org.example", &[("a b", PKCS1)], "PLEDGEPOST_DKIM_SELECTOR"),
        ("org.example", &[("a", PKCS1), ("A", ED25519)], "names a twice"),
        ("org.example", &[("mail1", "nonsense")], "PLEDGEPOST_DKIM_KEY_FILE"),
        ("org.example", &[("mail1", SMALL)], "PLEDGEPOST_DKIM_KEY_FILE"),
        ("org.example", &[("mail1", include_str!("testdata/tls-cert.pem"))], "PLEDGEPOST_DKIM_KEY_FILE"),
        ("org.example", &[("mail1", ED25519)], "has no RSA key. Many receivers do not know Ed25519"),
    ] {
        let error = Signer::new(domain, keys).unwrap_err();
        assert!(format!("{error:#}").contains(words), "{error:#}");
    }
    let missing = [("mail1".to_owned(), "/no/such/file".into())];
    assert!(Signer::from_files("org.example", &missing).unwrap_err().to_string().contains("/no/such/file"));
    assert!(!format!("{:?}", Signer::new("org.example", &[("mail1", PKCS1)]).unwrap()).contains("BEGIN"));
}

#[test]
fn canonical_forms_of_the_standard() {
    let field = |text: &str| {
        let mut out = Vec::new();
        relaxed_field(text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    };
    // RFC 6376 section 3.4.5.
    assert_eq!(field("A: X\r\n"), "a:X");
    assert_eq!(field("B : Y\t\r\n\tZ  \r\n"), "b:Y Z");
    assert_eq!(body(b" C \r\nD \t E\r\n\r\n\r\n"), b" C\r\nD E\r\n");
    assert_eq!(body(b""), b"");
    assert_eq!(body(b"\r\n \r\n"), b"");
    assert_eq!(body(b"a\r\n\r\nb"), b"a\r\n\r\nb\r\n");
}

fn body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    relaxed_body(body, |piece| out.extend_from_slice(piece));
    out
}

/// The words of the standard, line by line.
fn plain_relaxed(body: &str) -> String {
    let words = |line: &str| {
        let mut out = String::new();
        for c in line.chars() {
            match c {
                ' ' | '\t' if out.ends_with(' ') => {}
                '\t' => out.push(' '),
                c => out.push(c),
            }
        }
        out.trim_end_matches(' ').to_owned()
    };
    let mut lines: Vec<String> = body.split("\r\n").map(words).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.into_iter().map(|line| line + "\r\n").collect()
}

proptest::proptest! {
    #[test]
    fn a_body_is_relaxed_as_the_standard_says(parts in proptest::collection::vec("[ \t]{0,3}|\r\n|[a-c.=]{0,4}", 0..40)) {
        let text = parts.concat();
        proptest::prop_assert_eq!(String::from_utf8(body(text.as_bytes())).unwrap(), plain_relaxed(&text));
    }
}
