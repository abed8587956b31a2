//! Our client of Stripe, against the sandbox's and against what may stand in its place.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use chrono::Duration as Span;
use pledgepost::sandbox::stripe::{Outcome, engine};
use pledgepost::stripe::{
    CheckoutStatus, EVENT_KINDS, Failure, Interval, InvoiceStatus, Listing, Live, NewCheckout, NewRefund,
    PAYOUT_EVENT_KINDS, PaymentStatus, RefundStatus, StripeApi, SubscriptionStatus,
};
use pledgepost::values::{Clock, Currency, Money};

use crate::on_both;
use crate::support::stripe::{StripeStage, config_of};

fn gift(minor: i64, currency: &str, interval: Option<Interval>) -> NewCheckout {
    let expires_at = Clock::System.now() + Span::minutes(45);
    NewCheckout {
        amount: Money::new(minor, Currency::parse(currency).unwrap()),
        interval,
        description: "Gift to Pledgepost & friends".into(),
        email: "ada+gifts@example.org".into(),
        locale: "en".into(),
        reference: "donation:12".into(),
        metadata: [("donation".into(), "12".into()), ("installation".into(), "0123456789abcdef".into())].into(),
        success_url: "https://example.org/donate/thanks?gift=x".into(),
        cancel_url: "https://example.org/donate".into(),
        expires_at: pledgepost::values::At::from_micros(expires_at.micros() / 1_000_000 * 1_000_000),
    }
}

fn first(limit: i64) -> Listing {
    Listing { limit, ..Listing::default() }
}

on_both! {
    async fn one_gift_from_its_page_to_its_refund(backend) {
        let stage = StripeStage::start(backend, Clock::System);
        let client = stage.client();
        let account = client.account().await.unwrap();
        assert!(account.starts_with("acct_"), "{account}");

        let new = gift(2500, "EUR", None);
        let made = client.create_checkout(&new, "checkout:donation:12").await.unwrap();
        assert_eq!((made.status, made.paid, made.total.clone()), (CheckoutStatus::Open, false, Some(new.amount.clone())));
        assert_eq!((made.reference.as_deref(), &made.metadata), (Some("donation:12"), &new.metadata));
        assert_eq!(made.expires_at, new.expires_at);
        assert!(made.url.is_some() && !made.livemode);
        let again = client.create_checkout(&new, "checkout:donation:12").await.unwrap();
        assert_eq!(again, made, "the same wish is not fulfilled twice");
        let other = client.create_checkout(&gift(9900, "EUR", None), "checkout:donation:12").await.unwrap_err();
        assert!(matches!(other, Failure::Refused { .. }), "{other:?}");
        assert_eq!(client.checkout(&made.id).await.unwrap(), made);

        stage.pay(&made.id, Outcome::Paid);
        stage.advance(Span::minutes(1));
        let paid = client.checkout(&made.id).await.unwrap();
        assert_eq!((paid.status, paid.paid, paid.url), (CheckoutStatus::Complete, true, None));
        let id = paid.payment.unwrap();
        let payment = client.payment(&id).await.unwrap();
        assert_eq!((payment.status, payment.received_minor, &payment.amount), (PaymentStatus::Succeeded, 2500, &new.amount));
        assert_eq!((&payment.metadata, &payment.failure), (&new.metadata, &None));
        let charge = payment.charge.unwrap();
        assert!(charge.succeeded && charge.method.as_deref() == Some("card"));
        let line = charge.balance.expect("the clock moved on");
        assert_eq!((line.amount_minor, line.net_minor, line.reporting_category.as_str()), (2500, 2500 - line.fee_minor, "charge"));
        assert!(line.fee_minor > 0 && line.source.as_deref() == Some(&charge.id));
        assert_eq!(client.payment_of_charge(&charge.id).await.unwrap().as_deref(), Some(&*id));

        let part = NewRefund { payment: id.clone(), amount_minor: 1000, metadata: [("refund".into(), "3".into())].into() };
        let refund = client.create_refund(&part, "refund:3").await.unwrap();
        assert_eq!(client.create_refund(&part, "refund:3").await.unwrap().id, refund.id);
        let refund = client.refund(&refund.id).await.unwrap();
        assert_eq!((refund.amount.minor, refund.status, refund.payment.as_deref()), (1000, RefundStatus::Succeeded, Some(&*id)));
        assert_eq!((refund.metadata, refund.balance.map(|line| line.amount_minor)), (part.metadata.clone(), Some(-1000)));
        let all: Vec<String> = client.refunds_of(&id).await.unwrap().into_iter().map(|refund| refund.id).collect();
        assert_eq!(all, [refund.id]);
        let too_much = NewRefund { amount_minor: 1501, ..part };
        let refused = client.create_refund(&too_much, "refund:4").await.unwrap_err();
        assert!(matches!(refused, Failure::Refused { .. }), "{refused:?}");
    }

    async fn a_pledge_with_its_invoices_until_it_is_ended(backend) {
        let stage = StripeStage::start(backend, Clock::System);
        let client = stage.client();
        let new = gift(3000, "JPY", Some(Interval::Month));
        let made = client.create_checkout(&new, "checkout:pledge:7").await.unwrap();
        stage.pay(&made.id, Outcome::Paid);
        let paid = client.checkout(&made.id).await.unwrap();
        assert_eq!((paid.paid, &paid.payment), (true, &None));
        let id = paid.subscription.unwrap();
        let subscription = client.subscription(&id).await.unwrap();
        assert_eq!((subscription.status, subscription.amount.as_ref()), (SubscriptionStatus::Active, Some(&new.amount)));
        assert_eq!((subscription.interval.as_deref(), &subscription.metadata), (Some("month"), &new.metadata));
        assert!(subscription.customer.is_some() && subscription.period_ends_at > Some(subscription.created_at));

        stage.advance(Span::days(32));
        let invoices = client.invoices(&first(10)).await.unwrap();
        assert_eq!((invoices.items.len(), invoices.more), (2, false));
        for listed in &invoices.items {
            let invoice = client.invoice(&listed.id).await.unwrap();
            assert_eq!(&invoice, listed);
            assert_eq!((invoice.status, &invoice.paid), (InvoiceStatus::Paid, &new.amount));
            assert_eq!((invoice.subscription.as_deref(), &invoice.metadata), (Some(&*id), &new.metadata));
            let payment = client.payment(&invoice.payment.unwrap()).await.unwrap();
            assert_eq!((payment.received_minor, payment.status), (3000, PaymentStatus::Succeeded));
        }
        let ended = client.cancel_subscription(&id, "end:7").await.unwrap();
        assert_eq!(ended.status, SubscriptionStatus::Canceled);
        assert!(ended.ended_at.is_some());
        assert_eq!(client.cancel_subscription(&id, "end:7").await.unwrap().id, id, "ended is ended");
        let all = client.subscriptions(&first(10)).await.unwrap();
        assert_eq!(all.items.iter().map(|s| s.status).collect::<Vec<_>>(), [SubscriptionStatus::Canceled]);
    }

    async fn a_declined_card_a_bank_debit_and_a_page_that_is_closed(backend) {
        let stage = StripeStage::start(backend, Clock::System);
        let client = stage.client();
        let made = client.create_checkout(&gift(1000, "USD", None), "checkout:donation:1").await.unwrap();
        stage.pay(&made.id, Outcome::Declined);
        let open = client.checkout(&made.id).await.unwrap();
        assert_eq!((open.status, open.paid), (CheckoutStatus::Open, false));
        let tries = client.payments(&first(10)).await.unwrap();
        let failed = tries.items.iter().find(|payment| payment.failure.is_some()).expect("a failed try");
        assert_eq!((failed.status, failed.received_minor), (PaymentStatus::RequiresPaymentMethod, 0));
        let expired = client.expire_checkout(&made.id, "expire:1").await.unwrap();
        assert_eq!((expired.status, expired.url), (CheckoutStatus::Expired, None));

        let made = client.create_checkout(&gift(4000, "EUR", None), "checkout:donation:2").await.unwrap();
        stage.pay(&made.id, Outcome::Processing);
        let promised = client.checkout(&made.id).await.unwrap();
        assert_eq!((promised.status, promised.paid), (CheckoutStatus::Complete, false));
        let id = promised.payment.unwrap();
        assert_eq!(client.payment(&id).await.unwrap().status, PaymentStatus::Processing);
        stage.advance(Span::days(14));
        assert_eq!(client.payment(&id).await.unwrap().status, PaymentStatus::Succeeded);
        assert!(client.checkout(&made.id).await.unwrap().paid);
    }

    async fn lists_are_whole_however_they_are_paged(backend) {
        let stage = StripeStage::start(backend, Clock::System);
        let client = stage.client();
        let mut made = Vec::new();
        for n in 0..5 {
            let checkout = client.create_checkout(&gift(500 + n, "GBP", None), &format!("checkout:donation:{n}")).await.unwrap();
            made.push(checkout.id);
        }
        made.reverse();
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = client.checkouts(&Listing { after, limit: 2, since: None }).await.unwrap();
            found.extend(page.items.into_iter().map(|checkout| checkout.id));
            after = found.last().cloned();
            if !page.more {
                break;
            }
        }
        assert_eq!(found, made);
        for id in &made {
            stage.write(|db, stripe| engine::expire(db, stripe, id));
        }
        let events = client.events(&EVENT_KINDS, &first(100)).await.unwrap();
        let expired: Vec<_> = events.items.iter().filter(|event| event.kind == "checkout.session.expired").collect();
        assert_eq!(expired.len(), 5);
        assert!(expired.iter().all(|e| e.object_kind == "checkout.session" && made.contains(&e.object_id) && !e.livemode));
        let later = Listing { since: Some(Clock::System.now() + Span::hours(1)), after: None, limit: 10 };
        assert!(client.checkouts(&later).await.unwrap().items.is_empty());
        assert!(client.payments(&later).await.unwrap().items.is_empty());
        assert!(client.refunds(&later).await.unwrap().items.is_empty());
        assert!(client.subscriptions(&later).await.unwrap().items.is_empty());
        assert!(client.invoices(&later).await.unwrap().items.is_empty());
        assert!(client.events(&PAYOUT_EVENT_KINDS, &later).await.unwrap().items.is_empty());
    }

    async fn what_is_not_there_is_not_found(backend) {
        let stage = StripeStage::start(backend, Clock::System);
        let client = stage.client();
        let none = |failure: Failure| assert!(matches!(failure, Failure::NotFound(_)), "{failure:?}");
        none(client.checkout("cs_test_none").await.unwrap_err());
        none(client.payment("pi_none").await.unwrap_err());
        none(client.refund("re_none").await.unwrap_err());
        none(client.subscription("sub_none").await.unwrap_err());
        none(client.invoice("in_none").await.unwrap_err());
        none(client.payment_of_charge("ch_none").await.unwrap_err());
        none(client.payment("../balance").await.unwrap_err());
        none(client.cancel_subscription("sub_none", "end:1").await.unwrap_err());
        let refused = client.create_checkout(&gift(-5, "EUR", None), "checkout:donation:9").await.unwrap_err();
        assert!(matches!(refused, Failure::Refused { .. }), "{refused:?}");
        assert!(!refused.to_string().contains("ada"), "{refused}");
    }
}

/// Something at Stripe's address that gives every caller this answer; nothing when it is empty.
fn instead_of_stripe(answer: &'static [u8]) -> Live {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 8192]);
            let _ = stream.write_all(answer);
            if answer.is_empty() {
                silent.push(stream);
            }
        }
    });
    Live::with_timeout(&config_of(&base), Duration::from_millis(300)).unwrap()
}

async fn told(answer: &'static str) -> Failure {
    let client = instead_of_stripe(answer.as_bytes());
    let read = client.payment("pi_1").await.unwrap_err();
    let written = client.create_checkout(&gift(500, "EUR", None), "checkout:donation:1").await.unwrap_err();
    assert_eq!(read, written, "reads and writes fail alike");
    read
}

#[tokio::test]
async fn stripe_in_trouble_is_asked_again() {
    for answer in [
        "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n{\"error\":{\"type\":\"api_error\",\"message\":\"An unknown error occurred\"}}",
        "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\n\r\n{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"rate_limit\",\"message\":\"Slow down\"}}",
        "HTTP/1.1 409 Conflict\r\nConnection: close\r\n\r\n{\"error\":{\"type\":\"idempotency_error\",\"code\":\"idempotency_key_in_use\",\"message\":\"Wait\"}}",
        "HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n<html><h1>502 Bad Gateway</h1></html>",
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: https://login.example.org/\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\nConnection: close\r\n\r\n{\"id\":\"pi_1\"",
        "no HTTP at all",
    ] {
        let failure = told(answer).await;
        assert!(matches!(failure, Failure::Unavailable(_)), "{failure:?} for {answer}");
    }
    let begin = Instant::now();
    assert!(matches!(told("").await, Failure::Unavailable(_)));
    assert!(begin.elapsed() < Duration::from_secs(5), "it waits no longer than it was told");
    let nobody = Live::new(&config_of("http://127.0.0.1:9/")).unwrap();
    assert!(matches!(nobody.account().await, Err(Failure::Unavailable(_))));
}

#[tokio::test]
async fn a_key_that_is_not_taken_is_for_the_operator_and_not_told_on() {
    for answer in [
        "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n{\"error\":{\"type\":\"invalid_request_error\",\"message\":\"Invalid API Key provided: sk_test_of_these_tests\"}}",
        "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n{\"error\":{\"type\":\"invalid_request_error\",\"message\":\"The provided key 'rk_test_x' does not have the required permissions\"}}",
    ] {
        let failure = told(answer).await;
        assert!(matches!(failure, Failure::Key(_)), "{failure:?}");
        assert!(!failure.to_string().contains("k_test"), "{failure}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_not_guessed_at() {
    for answer in [
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>welcome</html>",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"id\":\"pi_1\",\"object\":\"payment_intent\"}",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"id\":\"pi_1\"",
    ] {
        let failure = told(answer).await;
        assert!(matches!(failure, Failure::Unreadable(_)), "{failure:?} for {answer}");
    }
}

#[tokio::test]
async fn a_refusal_keeps_its_code_and_masks_addresses() {
    let failure = told(
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"email_invalid\",\"param\":\"customer_email\",\"message\":\"Invalid email address: ada+gifts@example.org\"}}",
    )
    .await;
    let expected = Failure::Refused { code: "email_invalid".into(), message: "Invalid email address: …".into() };
    assert_eq!(failure, expected);
}
