use super::*;

fn parse(json: &str) -> Result<Envelope, InvalidEnvelope> {
    Envelope::parse(json.as_bytes())
}

const TODAY: &str = r#"{"id":"evt_1Pq","object":"event","api_version":"2026-09-30.endive","created":1800000000,
    "data":{"object":{"id":"in_1","object":"invoice","amount_paid":1000,"lines":{"object":"list","data":[]}},
    "previous_attributes":{"status":"open"}},"livemode":false,"pending_webhooks":1,
    "request":{"id":null,"idempotency_key":null},"type":"invoice.paid"}"#;

#[test]
fn an_event_of_today() {
    let expected = Envelope {
        id: "evt_1Pq".into(),
        kind: "invoice.paid".into(),
        livemode: false,
        created_at: At::from_micros(1_800_000_000_000_000),
        api_version: "2026-09-30.endive".into(),
        account: None,
        object_kind: "invoice".into(),
        object_id: "in_1".into(),
    };
    assert_eq!(parse(TODAY), Ok(expected));
}

#[test]
fn the_shape_of_2024_reads_as_well() {
    let old = r#"{"id":"evt_1","object":"event","account":"acct_9","api_version":"2024-06-20","created":1718900000,
        "data":{"object":{"id":"in_1","object":"invoice","paid":true,"payment_intent":"pi_1","charge":"ch_1",
        "subscription":"sub_1","subscription_details":{"metadata":{}}}},"livemode":true,"pending_webhooks":0,
        "request":null,"type":"invoice.payment_succeeded"}"#;
    let envelope = parse(old).unwrap();
    assert_eq!((envelope.object_kind.as_str(), envelope.object_id.as_str()), ("invoice", "in_1"));
    assert_eq!((envelope.api_version.as_str(), envelope.account.as_deref()), ("2024-06-20", Some("acct_9")));
    assert!(envelope.livemode);
}

#[test]
fn a_thin_event() {
    let thin = r#"{"id":"evt_test_65","object":"v2.core.event","type":"v1.invoice.paid","livemode":false,
        "created":"2026-09-17T06:20:52.246999Z","context":null,"reason":null,
        "related_object":{"id":"in_1","type":"invoice","url":"/v1/invoices/in_1"}}"#;
    let envelope = parse(thin).unwrap();
    assert_eq!(envelope.kind, "invoice.paid");
    assert_eq!((envelope.object_kind.as_str(), envelope.object_id.as_str()), ("invoice", "in_1"));
    assert_eq!(envelope.created_at.0.to_rfc3339(), "2026-09-17T06:20:52.246999+00:00");
    assert_eq!(envelope.api_version, "");
}

#[test]
fn an_event_about_nothing_that_has_an_id() {
    let balance = TODAY.replace(r#""id":"in_1","object":"invoice""#, r#""object":"balance""#);
    let envelope = parse(&balance).unwrap();
    assert_eq!((envelope.object_kind.as_str(), envelope.object_id.as_str()), ("balance", ""));
    // A coupon's id is whatever somebody chose: kept out, not refused.
    let coupon = TODAY.replace(r#""in_1""#, r#""Summer sale \u0000 é""#).replace(r#""invoice""#, r#""coupon""#);
    let envelope = parse(&coupon).unwrap();
    assert_eq!((envelope.object_kind.as_str(), envelope.object_id.as_str()), ("coupon", ""));
}

#[test]
fn what_is_no_event() {
    for body in ["", "[]", "null", "{}", "{", r#"{"id":"evt_1"}"#, "\u{feff}{}", &TODAY[1..]] {
        assert!(matches!(parse(body), Err(InvalidEnvelope::Json(_))), "{body}");
    }
    assert!(matches!(Envelope::parse(&[0xff, 0xfe]), Err(InvalidEnvelope::Json(_))));
    for (from, to, field) in [
        ("evt_1Pq", "", "id"),
        ("evt_1Pq", "evt 1", "id"),
        ("evt_1Pq", r"evt\u0000", "id"),
        ("invoice.paid", "", "type"),
        ("invoice.paid", &"x".repeat(256), "type"),
        ("1800000000", "99999999999999999", "created"),
        ("1800000000", r#""yesterday""#, "created"),
    ] {
        assert_eq!(parse(&TODAY.replace(from, to)), Err(InvalidEnvelope::Field(field)), "{to}");
    }
}

#[test]
fn an_error_quotes_nothing() {
    let error = parse(r#"{"id":"evt_1","type":["ada@example.org"]}"#).unwrap_err();
    assert!(!error.to_string().contains("ada"), "{error}");
}
