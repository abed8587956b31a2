use miniserde::json;

use super::*;

const BALANCE: &str = r#"{"id":"txn_1","object":"balance_transaction","amount":2500,"available_on":1800600000,
    "balance_type":"payments","created":1800000000,"currency":"usd","description":null,"exchange_rate":1.17345,
    "fee":103,"fee_details":[],"net":2397,"reporting_category":"charge","source":"ch_1","status":"pending",
    "type":"something_new"}"#;

fn refund_json(status: &str, balance: &str) -> String {
    format!(
        r#"{{"id":"re_1","object":"refund","amount":1000,"balance_transaction":{balance},"charge":"ch_1",
        "created":1800000000,"currency":"kwd","metadata":{{"refund":"3"}},"payment_intent":"pi_1","reason":null,
        "receipt_number":null,"source_transfer_reversal":null,"status":{status},"transfer_reversal":null}}"#
    )
}

fn read(status: &str, balance: &str) -> Result<Refund> {
    refund(json::from_str(&refund_json(status, balance)).unwrap())
}

#[test]
fn a_refund_with_its_line_of_the_balance() {
    let refund = read(r#""succeeded""#, BALANCE).unwrap();
    assert_eq!(refund.status, RefundStatus::Succeeded);
    assert_eq!(refund.amount, Money::new(1000, Currency::parse("KWD").unwrap()));
    assert_eq!(refund.metadata["refund"], "3");
    assert_eq!(refund.created_at.rfc3339(), "2027-01-15T08:00:00Z");
    let balance = refund.balance.unwrap();
    assert_eq!((balance.amount_minor, balance.fee_minor, balance.net_minor), (2500, 103, 2397));
    assert_eq!(balance.exchange_rate.as_deref(), Some("1.17345"));
    assert_eq!((balance.kind.as_str(), balance.source.as_deref()), ("something_new", Some("ch_1")));
    assert_eq!(balance.currency.as_str(), "USD");
}

#[test]
fn a_word_that_is_newer_than_we_is_unknown() {
    assert_eq!(read(r#""reconsidered""#, "null").unwrap().status, RefundStatus::Unknown);
    assert_eq!(read("null", "null").unwrap().status, RefundStatus::Unknown);
}

#[test]
fn an_id_where_an_object_was_asked_for_is_not_nothing() {
    assert!(matches!(read(r#""succeeded""#, r#""txn_1""#), Err(Failure::Unreadable(_))));
}

#[test]
fn a_list_keeps_every_item_or_fails() {
    let page = |second: &str| {
        let (first, second) = (refund_json(r#""succeeded""#, "null"), refund_json(r#""pending""#, second));
        format!(r#"{{"object":"list","url":"/v1/refunds","has_more":true,"data":[{first},{second}]}}"#)
    };
    let list: List<wire::Refund> = json::from_str(&page("null")).unwrap();
    let all = listed(list, refund).unwrap();
    assert_eq!((all.items.len(), all.more), (2, true));
    let list: List<wire::Refund> = json::from_str(&page(r#""txn_1""#)).unwrap();
    assert!(listed(list, refund).is_err());
    assert!(
        json::from_str::<List<wire::Refund>>(&page("null").replace(r#""amount":1000"#, r#""amount":"ten""#)).is_err()
    );
}
