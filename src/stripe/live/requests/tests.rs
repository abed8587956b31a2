use super::*;
use crate::stripe::{EVENT_KINDS, PAYOUT_EVENT_KINDS};
use crate::values::{At, Currency, Money};

fn new(interval: Option<Interval>) -> NewCheckout {
    NewCheckout {
        amount: Money::new(2500, Currency::eur()),
        interval,
        description: "Gift & co".into(),
        email: "ada+1@example.org".into(),
        locale: "de".into(),
        reference: "donation:12".into(),
        metadata: [("donation".into(), "12".into())].into(),
        success_url: "https://example.org/donate/thanks".into(),
        cancel_url: "https://example.org/donate".into(),
        expires_at: At::from_micros(1_800_000_000_000_000),
    }
}

fn body(new: &NewCheckout) -> Vec<(String, String)> {
    let body = new_checkout(new).build().body.unwrap();
    let mut pairs: Vec<_> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    pairs.sort();
    pairs
}

#[test]
fn what_is_asked_for_a_gift() {
    let expected = [
        ("cancel_url", "https://example.org/donate"),
        ("client_reference_id", "donation:12"),
        ("customer_email", "ada+1@example.org"),
        ("expires_at", "1800000000"),
        ("line_items[0][price_data][currency]", "eur"),
        ("line_items[0][price_data][product_data][name]", "Gift & co"),
        ("line_items[0][price_data][unit_amount]", "2500"),
        ("line_items[0][quantity]", "1"),
        ("locale", "de"),
        ("metadata[donation]", "12"),
        ("mode", "payment"),
        ("payment_intent_data[description]", "Gift & co"),
        ("payment_intent_data[metadata][donation]", "12"),
        ("submit_type", "donate"),
        ("success_url", "https://example.org/donate/thanks"),
    ];
    let expected: Vec<_> = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    assert_eq!(body(&new(None)), expected);
}

#[test]
fn what_is_asked_for_a_pledge() {
    let body = body(&NewCheckout { locale: "tlh".into(), ..new(Some(Interval::Year)) });
    let has = |name: &str, value: &str| body.contains(&(name.to_owned(), value.to_owned()));
    assert!(has("mode", "subscription"));
    assert!(has("line_items[0][price_data][recurring][interval]", "year"));
    assert!(has("subscription_data[metadata][donation]", "12"));
    assert!(has("subscription_data[description]", "Gift & co"));
    assert!(has("locale", "auto"));
    assert!(!body.iter().any(|(name, _)| name.starts_with("payment_intent_data") || name == "submit_type"));
}

#[test]
fn a_page_of_a_list() {
    let listing =
        Listing { since: Some(At::from_micros(1_700_000_000_000_000)), after: Some("evt_1".into()), limit: 7 };
    let query = events(&EVENT_KINDS, &listing).build().query.unwrap();
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let value = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    assert_eq!(value("created[gte]"), Some("1700000000"));
    assert_eq!(value("starting_after"), Some("evt_1"));
    assert_eq!(value("limit"), Some("7"));
    // Stripe takes twenty at most.
    assert_eq!(pairs.iter().filter(|(name, _)| name.starts_with("types[")).count(), EVENT_KINDS.len());
    assert!(EVENT_KINDS.len() <= 20 && PAYOUT_EVENT_KINDS.len() <= 20);
}

#[test]
fn what_is_on_the_balance_is_summed_up_by_currency() {
    let told = |json: &str| balance_sums(miniserde::json::from_str(json).unwrap());
    // Parts that Stripe may name besides (reserves of platforms, what could be paid out at once) are in these two already.
    let json = r#"{"object":"balance","livemode":false,"instant_available":[{"amount":7,"currency":"eur"}],
        "available":[{"amount":12050,"currency":"eur","source_types":{"card":12050}},{"amount":0,"currency":"jpy"}],
        "pending":[{"amount":-50,"currency":"eur"},{"amount":1500,"currency":"kwd"}]}"#;
    let expected = [(12_000, "EUR"), (0, "JPY"), (1500, "KWD")];
    let expected = expected.map(|(minor, code)| Money::new(minor, Currency::parse(code).unwrap()));
    assert_eq!(told(json).unwrap(), expected);
    assert!(told(r#"{"available":[{"amount":1,"currency":"euros"}],"pending":[]}"#).is_err());
    let beyond = format!(r#"{{"amount":{},"currency":"eur"}}"#, i64::MAX);
    assert!(told(&format!(r#"{{"available":[{beyond}],"pending":[{beyond}]}}"#)).is_err());
}

#[test]
fn an_id_cannot_be_a_way_elsewhere() {
    assert_eq!(known("cs_test_a1B2"), Ok("cs_test_a1B2"));
    for bad in ["", "../balance", "pi_1?expand[]=x", "pi_1/capture", "pi 1", "pi_%2e", "é", &"x".repeat(256)] {
        assert!(matches!(known(bad), Err(Failure::NotFound(_))), "{bad}");
    }
}
