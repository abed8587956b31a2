use mail_parser::MessageParser;
use proptest::prelude::*;

use super::*;
use crate::campaigns::placeholders::{Condition, Placeholder};
use crate::campaigns::skeleton::{ChosenTopic, Place, Slot};
use crate::mail::{Email, Kind};
use crate::values::Slug;

fn pieces(place: Place) -> impl Strategy<Value = Vec<Piece>> {
    let literal = prop_oneof![
        "[a-zA-Z <>=.\"&;\n]{0,200}",
        "[Ѐ-ӿ ,.\n]{0,200}",
        "[\u{0590}-\u{06ff}一-龥\u{1f300}-\u{1f6ff} ]{0,40}",
        "[a-z]{1000}"
    ];
    let slots = [Slot::Placeholder(Placeholder::Name), Slot::Placeholder(Placeholder::WebUrl), Slot::Reason];
    let leaf = prop_oneof![
        literal.prop_map(Piece::Literal),
        prop::sample::select(slots.to_vec()).prop_map(move |slot| Piece::Fill(slot, place)),
    ];
    let tree = leaf.prop_recursive(2, 16, 4, move |inner| {
        let some = prop::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            (some.clone(), some.clone()).prop_map(|(then, otherwise)| Piece::If {
                when: Condition::Name,
                then,
                otherwise
            }),
            some.prop_map(move |mut each| {
                each.push(Piece::Fill(Slot::TopicName, place));
                Piece::EachTopic(each)
            }),
        ]
    });
    prop::collection::vec(tree, 1..8)
}

/// A mail as a reader's program understands it: headers, then both parts.
fn read(bytes: &[u8]) -> Vec<String> {
    let parsed = MessageParser::default().parse(bytes).unwrap();
    // lettre loses spaces between words that it encodes; what is right is tested in `mail::splice`.
    let spaceless = |text: &str| text.split_whitespace().collect::<String>();
    let one = |list: Option<&mail_parser::Address<'_>>| {
        let first = list.unwrap().first().unwrap();
        format!("{:?} {:?}", first.name().map(spaceless), first.address())
    };
    let raw = |name: &str| parsed.header_raw(name).unwrap_or_default().trim().to_owned();
    let body = |text: std::borrow::Cow<'_, str>| text.trim_end().to_owned();
    vec![
        one(parsed.from()),
        one(parsed.to()),
        spaceless(parsed.subject().unwrap_or_default()),
        format!("{:?} {:?}", parsed.date(), parsed.message_id()),
        raw("List-Unsubscribe"),
        raw("List-Unsubscribe-Post"),
        raw("Content-Language"),
        format!("{:?}", parsed.header("List-Id")),
        format!("{}", parsed.parts.len()),
        body(parsed.body_text(0).unwrap()),
        body(parsed.body_html(0).unwrap()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_spliced_mail_is_the_mail_that_lettre_builds(
        subject in pieces(Place::Plain), text in pieces(Place::Plain), html in pieces(Place::Html),
        name in prop_oneof!["(?s).{0,60}", "[a-z]{1000}", "[\u{0590}-\u{06ff} ]{0,90}", "[=. \"]{0,20}", "[Ѐ-ӿ\u{1f300}-\u{1f6ff}]{0,90}"],
        known in any::<bool>(), topics in prop::collection::vec("[a-zA-Zа-я <.=]{0,30}", 0..3),
    ) {
        let topics = topics.into_iter().map(|name| ChosenTopic { slug: Slug::parse("law").unwrap(), name });
        let values = Values {
            name: name.clone(),
            name_is_known: known,
            web_url: "https://org.example/mail/AAAA?a=1&b=2".into(),
            unsubscribe_url: "https://org.example/unsubscribe/AAAA".into(),
            reason: "Вы получаете это письмо".into(),
            topics: topics.collect(),
            ..Values::default()
        };
        let skeleton = Skeleton { subject, html, text };
        let from = Sender { name: "Книги, и Ко".into(), address: EmailAddress::parse("news@org.example").unwrap() };
        let (to, language) = (EmailAddress::parse("anna@reader.example").unwrap(), Language::parse("ru").unwrap());
        let (at, list_id) = (At::from_micros(1_714_392_300_000_000), "About law <law.org.example>");
        let message_id = "0123456789abcdef@org.example";
        let whole = Email {
            from: from.clone(),
            reply_to: None,
            to: to.clone(),
            to_name: Some(name.clone()),
            subject: fill(&skeleton.subject, &values),
            text: fill(&skeleton.text, &values),
            html: fill(&skeleton.html, &values),
            language: language.clone(),
            date: at,
            message_id: message_id.into(),
            kind: Kind::Campaign { list_id: list_id.into(), unsubscribe_url: values.unsubscribe_url.clone() },
        };
        let wire = Wire::new(&skeleton, &from, &language, list_id);
        let personal =
            Personalised { to, to_name: Some(name), date: mail_date(at), message_id: message_id.into(), values };
        let mut spliced = Vec::new();
        wire.write(&skeleton, &personal, &mut spliced).unwrap();
        prop_assert_eq!(read(&spliced), read(&whole.to_wire(None).unwrap()));

        let mut again = b"before".to_vec();
        wire.write(&skeleton, &personal, &mut again).unwrap();
        prop_assert_eq!(again.get(6..), Some(spliced.as_slice()), "the same mail is the same bytes");
        prop_assert!(spliced.is_ascii());
        let lines = String::from_utf8(spliced).unwrap();
        prop_assert!(!lines.replace("\r\n", "").contains(['\r', '\n']));
        prop_assert!(lines.split("\r\n").all(|line| line.len() <= 120 && !line.starts_with('.')));
    }
}
