//! From the inbox to the books, with all that may come between.

use std::sync::Arc;

use chrono::Duration;
use diesel::prelude::*;
use pledgepost::db::schema::{stripe_charges, stripe_payments};
use pledgepost::payments::store::{self, Decision};
use pledgepost::payments::{self, EventState, Source};
use pledgepost::stripe::{Failure, ObjectKind, PaymentStatus, RefundStatus};
use tokio::sync::Semaphore;

use crate::on_both;
use crate::support::scripted::*;

fn paid(id: &str) -> pledgepost::stripe::EventHead {
    head(&format!("evt_{id}"), "payment_intent.succeeded", "payment_intent", id)
}

async fn until(what: impl Fn() -> bool) {
    for _ in 0..500 {
        if what() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("this never came about");
}

on_both! {
    async fn whatever_comes_twice_and_in_any_order_is_booked_once(backend) {
        let test = TestPayments::new(backend);
        test.stripe.change(|says| {
            says.payments.insert("pi_1".into(), payment("pi_1"));
            says.checkouts.insert("cs_1".into(), checkout("cs_1", Some("pi_1")));
        });
        let told = [
            head("evt_4", "charge.updated", "charge", "ch_1"),
            head("evt_3", "charge.succeeded", "charge", "ch_1"),
            head("evt_2", "payment_intent.succeeded", "payment_intent", "pi_1"),
            head("evt_1", "checkout.session.completed", "checkout.session", "cs_1"),
        ];
        for event in &told {
            assert_eq!(test.receive(event), payments::Received::Stored);
            assert_eq!(test.receive(event), payments::Received::Repeated);
        }
        test.drain().await;
        assert_eq!(test.booked(), ["cs_1", "pi_1"]);
        assert!(test.events().iter().all(|e| e.state == EventState::Done), "{:?}", test.events());
        // Later repetitions find it so and change nothing.
        for event in &told {
            assert_eq!(test.receive(event), payments::Received::Repeated);
        }
        test.receive(&head("evt_5", "payment_intent.succeeded", "payment_intent", "pi_1"));
        test.drain().await;
        assert_eq!(test.booked(), ["cs_1", "pi_1"]);
        assert!(test.events().iter().all(|e| e.account.as_deref() == Some("acct_test")));
        assert_eq!(test.stripe.calls("account"), 1, "asked once");
        // The charge is known by now: its payment is not asked for again.
        test.receive(&head("evt_6", "charge.updated", "charge", "ch_1"));
        let asked = test.stripe.calls("payment_of_charge");
        test.drain().await;
        assert_eq!(test.stripe.calls("payment_of_charge"), asked);
    }

    async fn a_stale_fetch_does_not_overwrite_what_is_newer(backend) {
        let (one, gate) = (TestPayments::new(backend), Arc::new(Semaphore::new(0)));
        let two = one.another();
        let mut early = payment("pi_1");
        (early.status, early.received_minor, early.charge) = (PaymentStatus::Processing, 0, None);
        one.stripe.change(|says| says.payments.insert("pi_1".into(), early));
        *one.stripe.gate.lock().unwrap() = Some(gate.clone());
        one.receive(&head("evt_1", "payment_intent.processing", "payment_intent", "pi_1"));
        let payments = one.payments.clone();
        let slow = tokio::spawn(async move { payments.drain().await.unwrap() });
        until(|| one.stripe.calls("payment ") == 1).await;
        // The first has its answer, but not written it, when the money comes and another process hears of it.
        *one.stripe.gate.lock().unwrap() = None;
        one.stripe.change(|says| says.payments.insert("pi_1".into(), payment("pi_1")));
        two.receive(&paid("pi_1"));
        two.drain().await;
        assert_eq!(one.booked(), ["pi_1"]);
        gate.add_permits(9);
        slow.await.unwrap();
        assert_eq!(one.stripe.calls("payment "), 3, "what was stale was fetched again");
        assert_eq!(one.booked(), ["pi_1"]);
        assert_eq!(one.states(), [EventState::Done, EventState::Done]);
        let status = one.write(|db| Ok(stripe_payments::table.select(stripe_payments::status).first::<String>(db)?));
        assert_eq!(status, "succeeded");
    }

    async fn two_workers_on_one_object_book_once(backend) {
        let (one, gate) = (TestPayments::new(backend), Arc::new(Semaphore::new(0)));
        let two = one.another();
        one.stripe.change(|says| says.payments.insert("pi_1".into(), payment("pi_1")));
        *one.stripe.gate.lock().unwrap() = Some(gate.clone());
        let start = |test: &TestPayments| {
            let payments = test.payments.clone();
            tokio::spawn(async move { payments.drain().await.unwrap() })
        };
        one.receive(&head("evt_1", "payment_intent.created", "payment_intent", "pi_1"));
        let first = start(&one);
        until(|| one.stripe.calls("payment ") == 1).await;
        two.receive(&paid("pi_1"));
        let second = start(&two);
        until(|| one.stripe.calls("payment ") == 2).await;
        gate.add_permits(99);
        first.await.unwrap();
        second.await.unwrap();
        assert_eq!(one.booked(), ["pi_1"]);
        assert_eq!(one.states(), [EventState::Done, EventState::Done]);
        assert_eq!(one.stripe.calls("payment "), 3, "the slower one looked again");
    }

    async fn a_lost_lease_changes_nothing(backend) {
        let (test, gate) = (TestPayments::new(backend), Arc::new(Semaphore::new(0)));
        test.stripe.change(|says| says.payments.insert("pi_1".into(), payment("pi_1")));
        *test.stripe.gate.lock().unwrap() = Some(gate.clone());
        test.receive(&paid("pi_1"));
        let payments = test.payments.clone();
        let slow = tokio::spawn(async move { payments.drain().await });
        until(|| test.stripe.calls("payment ") == 1).await;
        // Others took the node for dead.
        let node = test.payments.node.id().unwrap();
        assert_eq!(test.write(|db| Ok(payments::leases(db)?)), [node]);
        test.write(|db| Ok(payments::give_back(db, node)?));
        test.payments.node.forget();
        gate.add_permits(9);
        assert!(slow.await.unwrap().is_err(), "it is no node any more");
        assert_eq!(test.booked(), [""; 0]);
        assert_eq!(test.states(), [EventState::Pending]);
        let another = test.another();
        another.drain().await;
        assert_eq!((test.booked(), test.states()), (vec!["pi_1".to_owned()], vec![EventState::Done]));
    }

    async fn stripe_goes_away_and_comes_back(backend) {
        let test = TestPayments::new(backend);
        test.stripe.change(|says| {
            says.payments.insert("pi_1".into(), payment("pi_1"));
            says.down = Some(Failure::Unavailable("500".into()));
        });
        test.receive(&paid("pi_1"));
        for tries in 1..=3 {
            test.drain().await;
            let event = test.events().remove(0);
            assert_eq!((event.state, event.attempts), (EventState::Pending, tries));
            assert_eq!(event.outcome, "Stripe is not available: 500");
            assert_eq!(event.next_at - test.clock.now(), Duration::seconds(15 * 2_i64.pow(u32::try_from(tries).unwrap())));
            assert_eq!(test.drain().await, 0, "it waits");
            test.pass(event.next_at - test.clock.now());
        }
        test.stripe.change(|says| says.down = None);
        test.drain().await;
        assert_eq!((test.booked(), test.states()), (vec!["pi_1".to_owned()], vec![EventState::Done]));
    }

    async fn a_key_that_is_not_taken_loses_nothing(backend) {
        let test = TestPayments::new(backend);
        test.stripe.change(|says| says.down = Some(Failure::Key("401".into())));
        test.receive(&paid("pi_1"));
        for _ in 0..50 {
            test.drain().await;
            test.pass(Duration::minutes(5));
        }
        let event = test.events().remove(0);
        assert_eq!((event.state, event.attempts), (EventState::Pending, 0));
        assert!(event.outcome.contains("does not take our key"), "{}", event.outcome);
    }

    async fn an_object_that_stripe_does_not_have_is_told_to_staff(backend) {
        let test = TestPayments::new(backend);
        test.receive(&paid("pi_unknown"));
        for _ in 0..5 {
            test.drain().await;
            test.pass(Duration::minutes(10));
        }
        let event = test.events().remove(0);
        assert_eq!(event.state, EventState::Failed);
        assert!(event.outcome.starts_with("Stripe has no such object"), "{}", event.outcome);
        let attention = test.write(|db| Ok(payments::attention(db, start())?));
        assert_eq!(attention.failed_events, 1);
        // One bad row holds up no other.
        test.stripe.change(|says| says.payments.insert("pi_1".into(), payment("pi_1")));
        test.receive(&paid("pi_1"));
        test.drain().await;
        assert_eq!(test.booked(), ["pi_1"]);
    }

    async fn what_makes_no_sense_is_kept_and_tried_again_by_hand(backend) {
        let test = TestPayments::new(backend);
        test.stripe.change(|says| says.payments.insert("pi_1".into(), payment("pi_1")));
        *test.books.objects_to.lock().unwrap() = Some("donation 1 asked for 30.00 EUR".into());
        test.receive(&paid("pi_1"));
        test.drain().await;
        let event = test.events().remove(0);
        assert_eq!((event.state, event.outcome.as_str()), (EventState::Failed, "donation 1 asked for 30.00 EUR"));
        assert_eq!(test.booked(), [""; 0], "what the observer had written is taken back");
        let mirrored = test.write(|db| Ok(stripe_payments::table.count().get_result::<i64>(db)?));
        assert_eq!(mirrored, 1, "the mirror shows what Stripe has");
        test.pass(Duration::days(3));
        assert_eq!(test.drain().await, 0, "not by itself");
        *test.books.objects_to.lock().unwrap() = None;
        let now = test.clock.now();
        test.write(|db| store::decide(db, event.id, Decision::TryAgain, "finance@example.org", now));
        test.drain().await;
        assert_eq!((test.booked(), test.states()), (vec!["pi_1".to_owned()], vec![EventState::Done]));
        let again = test.db.write_here(|db| store::decide(db, event.id, Decision::TryAgain, "x", now));
        assert!(again.unwrap_err().to_string().contains("not failed"));
    }

    async fn a_later_look_settles_what_had_failed(backend) {
        let test = TestPayments::new(backend);
        test.stripe.change(|says| says.payments.insert("pi_1".into(), payment("pi_1")));
        *test.books.objects_to.lock().unwrap() = Some("no".into());
        test.receive(&paid("pi_1"));
        test.drain().await;
        *test.books.objects_to.lock().unwrap() = None;
        test.receive(&head("evt_2", "payment_intent.succeeded", "payment_intent", "pi_1"));
        test.drain().await;
        assert_eq!(test.states(), [EventState::Ignored, EventState::Done]);
    }

    async fn what_is_not_ours_is_ignored(backend) {
        let test = TestPayments::new(backend);
        let mut other = payment("pi_1");
        other.metadata.clear();
        test.stripe.change(|says| says.payments.insert("pi_1".into(), other));
        test.receive(&paid("pi_1"));
        test.drain().await;
        let event = test.events().remove(0);
        assert_eq!((event.state, event.outcome.as_str()), (EventState::Ignored, "no gift of ours"));
    }

    async fn a_refund_that_came_before_its_gift_is_booked_after_it(backend) {
        let test = TestPayments::new(backend);
        // Made at Stripe itself: it says nothing of us.
        let mut early = refund("re_1");
        early.metadata.clear();
        early.payment = Some("pi_1".into());
        test.stripe.change(|says| {
            says.payments.insert("pi_1".into(), payment("pi_1"));
            says.refunds.insert("re_1".into(), early);
        });
        test.receive(&head("evt_1", "refund.created", "refund", "re_1"));
        test.drain().await;
        // The refund led to its payment, and the payment, booked, back to the refund; there it ends.
        let looks: Vec<_> = test.events().iter().map(|e| (e.object_id.clone(), e.source)).collect();
        let follow = |id: &str| (id.to_owned(), Source::Follow);
        assert_eq!(looks, [("re_1".to_owned(), Source::Webhook), follow("pi_1"), follow("re_1")]);
    }

    async fn a_known_payment_leads_to_an_early_refund_though_nothing_is_booked(backend) {
        // The payment of a repeated gift: its invoice books it, and the refund was seen before.
        let test = TestPayments::new(backend);
        let mut early = refund("re_1");
        early.metadata.clear();
        early.payment = Some("pi_1".into());
        let mut known = payment("pi_1");
        known.status = PaymentStatus::Processing;
        test.stripe.change(|says| {
            says.refunds.insert("re_1".into(), early);
            says.payments.insert("pi_1".into(), known);
        });
        test.receive(&head("evt_1", "refund.created", "refund", "re_1"));
        test.drain().await;
        let looks: Vec<_> = test.events().iter().map(|e| e.object_id.clone()).collect();
        assert_eq!(looks, ["re_1", "pi_1", "re_1"], "and there it ends");
    }

    async fn a_pending_refund_is_looked_at_again(backend) {
        let test = TestPayments::new(backend);
        let mut pending = refund("re_1");
        pending.status = RefundStatus::Pending;
        test.stripe.change(|says| says.refunds.insert("re_1".into(), pending));
        test.receive(&head("evt_1", "refund.created", "refund", "re_1"));
        test.drain().await;
        test.pass(Duration::minutes(59));
        assert_eq!(test.payments.sweep_when_due().await.unwrap(), 0);
        test.pass(Duration::minutes(2));
        assert_eq!(test.payments.sweep_when_due().await.unwrap(), 1);
        test.stripe.change(|says| says.refunds.get_mut("re_1").unwrap().status = RefundStatus::Succeeded);
        test.drain().await;
        test.pass(Duration::days(30));
        assert_eq!(test.payments.sweep_when_due().await.unwrap(), 0, "it is there");
    }

    async fn looks_wait_once_per_object(backend) {
        let test = TestPayments::new(backend);
        let (now, node) = (test.clock.now(), test.payments.node.id().unwrap());
        let look = || test.write(|db| Ok(payments::look(db, ObjectKind::Payment, "pi_1", Source::Sync, now)?));
        let lease = || {
            test.write(|db| {
                use pledgepost::db::schema::payment_events::dsl::*;
                let waiting = payment_events.filter(lease.is_null());
                Ok(diesel::update(waiting).set(lease.eq(Some(node.0))).execute(db)?)
            })
        };
        look();
        look();
        assert_eq!(test.states().len(), 1);
        // While one is worked on another may wait; three at a time, when their node dies.
        lease();
        look();
        lease();
        look();
        assert_eq!(test.states().len(), 3);
        test.write(|db| Ok(payments::give_back(db, node)?));
        assert_eq!(test.states().iter().filter(|state| **state == EventState::Pending).count(), 1);
        test.stripe.change(|says| says.payments.insert("pi_1".into(), payment("pi_1")));
        test.drain().await;
        assert_eq!(test.booked(), ["pi_1"]);
    }

    async fn the_balance_is_asked_for_until_it_comes(backend) {
        let test = TestPayments::new(backend);
        test.stripe.change(|says| says.payments.insert("pi_1".into(), payment("pi_1")));
        test.receive(&paid("pi_1"));
        test.drain().await;
        assert_eq!(test.payments.sweep_when_due().await.unwrap(), 0, "too early");
        test.pass(Duration::minutes(1));
        assert_eq!(test.payments.sweep_when_due().await.unwrap(), 1);
        assert_eq!(test.payments.sweep_when_due().await.unwrap(), 0, "not again at once");
        test.drain().await;
        test.stripe.change(|says| {
            let charge = says.payments.get_mut("pi_1").unwrap().charge.as_mut().unwrap();
            charge.balance = Some(balance("txn_1"));
        });
        test.pass(Duration::minutes(2));
        assert_eq!(test.payments.sweep_when_due().await.unwrap(), 1);
        test.drain().await;
        let line = test.write(|db| {
            Ok(stripe_charges::table.select(stripe_charges::balance_transaction).first::<Option<String>>(db)?)
        });
        assert_eq!(line.as_deref(), Some("txn_1"));
        test.pass(Duration::days(1));
        assert_eq!(test.payments.sweep_when_due().await.unwrap(), 0);
    }

    async fn what_a_feature_waits_for_is_looked_at(backend) {
        let test = TestPayments::new(backend);
        test.stripe.change(|says| says.checkouts.insert("cs_1".into(), checkout("cs_1", None)));
        *test.books.overdue.lock().unwrap() = vec![(ObjectKind::Checkout, "cs_1".into())];
        assert_eq!(test.payments.sweep_when_due().await.unwrap(), 1);
        test.drain().await;
        assert_eq!(test.booked(), ["cs_1"]);
    }
}
