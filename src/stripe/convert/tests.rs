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

fn payout_json(more: &str) -> String {
    format!(
        r#"{{"id":"po_1","object":"payout","amount":2397,"application_fee":null,"application_fee_amount":null,
        "arrival_date":1800057600,"automatic":true,"balance_transaction":{BALANCE},"created":1800000000,"currency":"usd",
        "description":"STRIPE PAYOUT","destination":"ba_1","failure_balance_transaction":null,"failure_code":null,
        "failure_message":null,"livemode":true,"metadata":{{}},"method":"standard","original_payout":null,
        "payout_method":null,"reconciliation_status":"completed","reversed_by":null,"source_type":"card",
        "statement_descriptor":"EQUAL GROUND","status":"paid","trace_id":{{"status":"supported","value":"T-77"}},
        "type":"bank_account"{more}}}"#
    )
}

fn read_payout(json: &str) -> Result<Payout> {
    payout(json::from_str(json).unwrap())
}

#[test]
fn a_payout_with_its_own_line() {
    let payout = read_payout(&payout_json("")).unwrap();
    assert_eq!((payout.status, payout.reconciliation), (PayoutStatus::Paid, Reconciliation::Completed));
    assert_eq!(payout.amount, Money::new(2397, Currency::parse("USD").unwrap()));
    // 2027-01-16T00:00:00Z: a day, in no time zone.
    assert_eq!(payout.arrives_on.to_string(), "2027-01-16");
    assert!(payout.automatic && payout.livemode);
    assert_eq!((payout.trace.as_deref(), payout.descriptor.as_deref()), (Some("T-77"), Some("EQUAL GROUND")));
    assert_eq!(
        (payout.balance.map(|line| line.id), payout.lines),
        (Some("txn_1".into()), None),
        "lines are another question"
    );
}

#[test]
fn a_payout_that_failed_says_why_in_words_or_by_its_code() {
    let failed = payout_json("")
        .replace(r#""status":"paid""#, r#""status":"failed""#)
        .replace(r#""failure_code":null"#, r#""failure_code":"account_closed""#)
        .replace(r#""failure_balance_transaction":null"#, &format!(r#""failure_balance_transaction":{BALANCE}"#));
    let payout = read_payout(&failed).unwrap();
    assert_eq!((payout.status, payout.failure.as_deref()), (PayoutStatus::Failed, Some("account_closed")));
    assert!(payout.failure_balance.is_some());
    let worded = failed.replace(r#""failure_message":null"#, r#""failure_message":"The account is closed.""#);
    assert_eq!(read_payout(&worded).unwrap().failure.as_deref(), Some("The account is closed."));
}

#[test]
fn a_payouts_words_that_are_newer_than_we_are_unknown_and_ids_are_not_objects() {
    let newer = payout_json("").replace(r#""paid""#, r#""teleported""#).replace(r#""completed""#, r#""pondered""#);
    let payout = read_payout(&newer).unwrap();
    assert_eq!((payout.status, payout.reconciliation), (PayoutStatus::Unknown, Reconciliation::Unknown));
    assert!(read_payout(&payout_json("").replace(BALANCE, r#""txn_1""#)).is_err());
    let reversal = payout_json("").replace(r#""original_payout":null"#, r#""original_payout":"po_0""#);
    assert_eq!(read_payout(&reversal).unwrap().original.as_deref(), Some("po_0"));
}

#[test]
fn a_line_says_what_its_fee_is_made_of() {
    let fees = r#""fee_details":[{"amount":84,"application":null,"currency":"usd","description":"Stripe processing fees",
        "type":"stripe_fee"},{"amount":19,"application":null,"currency":"usd","description":null,"type":"tax"}]"#;
    let line = line(json::from_str(&BALANCE.replace(r#""fee_details":[]"#, fees)).unwrap()).unwrap();
    let parts: Vec<_> = line.fee_details.iter().map(|part| (part.kind.as_str(), part.amount_minor)).collect();
    assert_eq!(parts, [("stripe_fee", 84), ("tax", 19)]);
    assert_eq!(line.fee_details.iter().map(|part| part.amount_minor).sum::<i64>(), line.fee_minor);
    assert_eq!((line.status.as_str(), line.description), ("pending", None));
}
