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
    let head = String::from_utf8(wire.to_vec()).unwrap();
    let field = fields(head.split("\r\n\r\n").next().unwrap())
        .into_iter()
        .find(|(found, _)| found.eq_ignore_ascii_case("DKIM-Signature"))
        .unwrap()
        .1
        .to_owned();
    let (_, value) = field.split_once(':').unwrap();
    let value: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    value.split(';').find_map(|part| part.strip_prefix(&format!("{name}="))).unwrap().to_owned()
}

#[test]
fn covers_the_list_headers_and_seals_the_sender() {
    let signer = Signer::new("org.example", "mail1", PKCS8).unwrap();
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
        let mut signer = Signer::new("org.example", "mail1", ours).unwrap();
        signer.sealed = &[];
        let signed = signer.sign(&unsigned, at).unwrap();
        for name in ["h", "bh", "b"] {
            assert_eq!(tag(&signed, name), tag(&expected, name), "{name}, {algorithm}");
        }
    }
}

#[test]
fn reads_every_usual_key_and_names_the_setting_otherwise() {
    let one = Signer::new("org.example", "mail1", PKCS1).unwrap();
    let other = Signer::new("ORG.example", "Mail1", PKCS8).unwrap();
    assert_eq!(one.record_value(), other.record_value(), "the same key in two wrappings");
    assert!(one.record_value().starts_with("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"));
    assert_eq!(one.record_name(), "mail1._domainkey.org.example");
    assert!(Signer::new("org.example", "mail1", ED25519).unwrap().record_value().contains("k=ed25519"));
    for (domain, selector, pem, setting) in [
        ("org", "mail1", PKCS1, "PLEDGEPOST_DKIM_DOMAIN"),
        ("org.example", "a b", PKCS1, "PLEDGEPOST_DKIM_SELECTOR"),
        ("org.example", "mail1", "nonsense", "PLEDGEPOST_DKIM_KEY_FILE"),
        ("org.example", "mail1", SMALL, "PLEDGEPOST_DKIM_KEY_FILE"),
        ("org.example", "mail1", include_str!("testdata/tls-cert.pem"), "PLEDGEPOST_DKIM_KEY_FILE"),
    ] {
        let error = Signer::new(domain, selector, pem).unwrap_err();
        assert!(format!("{error:#}").contains(setting), "{error:#}");
    }
    let missing = Signer::from_file("org.example", "mail1", Path::new("/no/such/file")).unwrap_err();
    assert!(missing.to_string().contains("/no/such/file"));
    assert!(!format!("{one:?}").contains("BEGIN"));
}

#[test]
fn canonical_forms_of_the_standard() {
    // RFC 6376 section 3.4.5.
    assert_eq!(relaxed_field("A: X\r\n"), "a:X");
    assert_eq!(relaxed_field("B : Y\t\r\n\tZ  \r\n"), "b:Y Z");
    assert_eq!(relaxed_body(b" C \r\nD \t E\r\n\r\n\r\n"), b" C\r\nD E\r\n");
    assert_eq!(relaxed_body(b""), b"");
    assert_eq!(relaxed_body(b"\r\n \r\n"), b"");
    assert_eq!(relaxed_body(b"a\r\n\r\nb"), b"a\r\n\r\nb\r\n");
}
