//! With every webhook lost, `stripe sync` ends in the same books: the binary against the sandbox's Stripe, beside a twin
//! installation whose webhooks all came.

use std::time::Duration;

use diesel::prelude::*;
use pledgepost::db::{Db, schema};
use pledgepost::donations::{Donation, Pledge, store};
use pledgepost::error::Error;
use pledgepost::sandbox::stripe::{Outcome, engine};
use pledgepost::stripe::{Checkout, Interval, StripeApi};

use crate::on_both;
use crate::support::Backend;
use crate::support::kill_stage::{KillStage, PATIENCE, within};

/// Everything that is begun while the site is open, by what it is to become.
struct Begun {
    once: Checkout,
    partly: Checkout,
    debit: Checkout,
    bad_debit: Checkout,
    declined: Checkout,
    monthly: Checkout,
}

async fn begin(stage: &KillStage) -> Begun {
    let begun = Begun {
        once: stage.give_from("10", "once@example.org", None).await,
        partly: stage.give_from("20", "partly@example.org", None).await,
        debit: stage.give_from("30", "debit@example.org", None).await,
        bad_debit: stage.give_from("40", "bad@example.org", None).await,
        declined: stage.give_from("50", "declined@example.org", None).await,
        monthly: stage.give_from("15", "monthly@example.org", Some(Interval::Month)).await,
    };
    stage.give_from("60", "left@example.org", None).await;
    stage.give_from("70", "left.monthly@example.org", Some(Interval::Month)).await;
    begun
}

/// What then happens at Stripe: payments, a month goes by, money goes back. Where webhooks come, the first day's are waited
/// for: Stripe lists events for 30 days only, and the courier takes them from that list.
async fn happens(stage: &KillStage, begun: &Begun, webhooks_come: bool) {
    let stripe = &stage.stripe;
    stripe.pay(&begun.once.id, Outcome::Paid);
    stripe.pay(&begun.partly.id, Outcome::Paid);
    stripe.pay(&begun.debit.id, Outcome::Processing);
    stripe.pay(&begun.bad_debit.id, Outcome::ProcessingThenFails);
    stripe.pay(&begun.declined.id, Outcome::Declined);
    stripe.pay(&begun.monthly.id, Outcome::Paid);
    stripe.advance(chrono::Duration::days(1));
    if webhooks_come {
        within(PATIENCE, "the first day is booked", || {
            let lines = books(stage);
            let closed =
                lines.iter().filter(|line| line.contains("EUR cancelled") || line.contains("EUR ended")).count();
            let paid = lines.iter().filter(|line| line.contains("EUR paid")).count();
            async move { closed == 3 && paid == 3 }
        })
        .await;
    }
    stripe.advance(chrono::Duration::days(31));
    for (session, minor) in [(&begun.once, None), (&begun.partly, Some(500)), (&begun.partly, Some(250))] {
        let payment = stripe.client().checkout(&session.id).await.unwrap().payment.unwrap();
        stripe.write(|db, stripe| engine::refund(db, stripe, &payment, minor));
    }
    // The first gift of the pledge goes back as well: its payment names no gift, only its invoice does.
    let invoices = stripe.client().invoices(&pledgepost::stripe::Listing { limit: 10, ..Default::default() }).await;
    let first = invoices.unwrap().items.into_iter().min_by_key(|invoice| invoice.created_at).unwrap();
    stripe.write(|db, stripe| engine::refund(db, stripe, &first.payment.unwrap(), None));
}

/// The books, without what depends on the order in which things were seen: our ids, and whose which number is.
fn books(stage: &KillStage) -> Vec<String> {
    stage.read(|db| {
        let mut lines = Vec::new();
        let mut numbers = Vec::new();
        for gift in Donation::query().load::<Donation>(db)? {
            let receipt = store::receipts::of(db, gift.id)?;
            numbers.extend(receipt.as_ref().map(|receipt| (receipt.series.clone(), receipt.number)));
            let mut refunds: Vec<String> =
                store::refunds::of(db, gift.id)?.iter().map(|it| format!("{} {}", it.amount(), it.state)).collect();
            refunds.sort();
            lines.push(format!(
                "{}: {} {}, came {:?}, question {:?}, failure {:?}, repeated {}, receipt void {:?}, refunds {refunds:?}, \
                 account {:?}",
                gift.email,
                gift.amount(),
                gift.state,
                gift.received_minor,
                gift.question,
                // A decline is a note of what was seen on the way; that a gift failed is an end.
                gift.failure.as_ref().filter(|_| gift.state == pledgepost::donations::DonationState::Failed),
                gift.pledge_id.is_some() && gift.invoice.is_some(),
                receipt.map(|it| it.voided_at.is_some()),
                gift.account.is_some(),
            ));
        }
        for pledge in Pledge::query().load::<Pledge>(db)? {
            lines.push(format!(
                "{}: pledge {} {}, started {}, subscription {}",
                pledge.email,
                pledge.amount(),
                pledge.state,
                pledge.started_at.is_some(),
                pledge.subscription.is_some(),
            ));
        }
        lines.extend(mails(db)?);
        lines.sort();
        numbers.sort();
        lines.push(format!("receipts {numbers:?}"));
        Ok(lines)
    })
}

fn mails(db: &mut Db) -> Result<Vec<String>, Error> {
    use schema::deliveries as d;
    let names: Vec<String> = d::table.select(d::mail).load(db)?;
    Ok(names.into_iter().map(|name| format!("mail {name}")).collect())
}

async fn twin(backend: Backend, expected: &[String]) {
    let stage = KillStage::start(backend).await;
    let begun = begin(&stage).await;
    happens(&stage, &begun, true).await;
    let begin = std::time::Instant::now();
    while books(&stage) != expected && begin.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(books(&stage), expected, "the twin's books are the left ones");
}

fn count(report: &serde_json::Value, what: &str) -> i64 {
    report[what].as_i64().unwrap()
}

on_both! {
    async fn sync_ends_in_the_same_books_while_nobody_serves(backend) {
        let mut stage = KillStage::start(backend).await;
        stage.courier.lose_everything();
        let begun = begin(&stage).await;
        stage.stop();
        happens(&stage, &begun, false).await;
        let (code, report) = stage.sync_json();
        let after = books(&stage);
        assert_eq!((code, count(&report, "failed"), count(&report, "waiting")), (Some(0), 0, 0), "{report} {after:#?}");
        let has = |text: &str| after.iter().filter(|line| line.contains(text)).count();
        assert_eq!(has("receipts [(\"TEST-"), 1);
        assert_eq!((has("EUR paid"), has("EUR failed"), has("EUR cancelled")), (5, 1, 2), "{after:#?}");
        assert_eq!((has("receipt void Some(true)"), has("receipt void Some(false)")), (2, 3), "{after:#?}");
        // Again: nothing changes, no number is taken, nobody is told twice.
        let (code, _) = stage.sync_json();
        assert_eq!((code, books(&stage)), (Some(0), after.clone()));
        twin(backend, &after).await;
    }

    async fn sync_beside_a_server_ends_in_the_same_books(backend) {
        let stage = KillStage::start(backend).await;
        stage.courier.lose_everything();
        let begun = begin(&stage).await;
        happens(&stage, &begun, false).await;
        let (code, report) = stage.sync_json();
        let after = books(&stage);
        assert_eq!((code, count(&report, "failed"), count(&report, "waiting")), (Some(0), 0, 0), "{report} {after:#?}");
        twin(backend, &after).await;
    }

    async fn doctor_and_sync_say_how_it_stands_with_stripe(backend) {
        let mut stage = KillStage::start(backend).await;
        let session = stage.give_from("10", "once@example.org", None).await;
        stage.stripe.pay(&session.id, Outcome::Paid);
        within(PATIENCE, "the gift is booked", || {
            let paid = stage.books().donations.iter().any(|(state, _)| state == "paid") && stage.books().waiting == 0;
            async move { paid }
        })
        .await;
        let said = stage.said(&["doctor"]).1;
        for words in [
            "ok   Stripe: takes our key for acct_",
            "test mode: receipts are marked as tests",
            "ok   Stripe's balance: our key may read it, and the payouts",
            "ok   webhook secrets: 1 known; the endpoint's address is http",
            "/webhooks/stripe",
            "ok   payment events: none wait",
            "ok   last event from Stripe: 0 minutes ago",
        ] {
            assert!(said.contains(words), "{words} in {said}");
        }
        assert!(!said.contains("sk_test_") && !said.contains("whsec_"), "{said}");
        stage.stop();
        stage.stripe_is_away();
        let (code, said) = stage.said(&["doctor"]);
        assert!(code == Some(1) && said.contains("FAIL Stripe: "), "{said}");
        let (code, said) = stage.said(&["stripe", "sync", "--json"]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("Stripe is not available"), "{said}");
    }
}
