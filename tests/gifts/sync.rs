//! The same books with every webhook lost.

use chrono::Duration;
use pledgepost::payments::{EventState, Received, Source};
use pledgepost::stripe::Failure;

use crate::on_both;
use crate::support::scripted::*;

fn fill(test: &TestPayments) {
    test.stripe.change(|says| {
        for n in 1..=5 {
            let (pi, cs) = (format!("pi_{n}"), format!("cs_{n}"));
            says.payments.insert(pi.clone(), payment(&pi));
            says.checkouts.insert(cs.clone(), checkout(&cs, Some(&pi)));
        }
        says.subscriptions.insert("sub_1".into(), subscription("sub_1"));
        says.payments.insert("pi_6".into(), payment("pi_6"));
        says.invoices.insert("in_1".into(), invoice("in_1", "pi_6"));
        says.refunds.insert("re_1".into(), refund("re_1"));
        let kinds = [("payment_intent.succeeded", "payment_intent", "pi_1"), ("invoice.paid", "invoice", "in_1")];
        for (kind, object, id) in kinds {
            says.events.push(head(&format!("evt_{id}"), kind, object, id));
        }
        says.events.push(head("evt_dispute", "charge.dispute.created", "dispute", "dp_1"));
    });
}

const ALL: [&str; 14] =
    ["cs_1", "cs_2", "cs_3", "cs_4", "cs_5", "in_1", "pi_1", "pi_2", "pi_3", "pi_4", "pi_5", "pi_6", "re_1", "sub_1"];

on_both! {
    async fn sync_books_what_no_webhook_told(backend) {
        let test = TestPayments::new(backend);
        fill(&test);
        let report = test.payments.sync(None).await.unwrap();
        assert_eq!(test.booked(), ALL);
        assert_eq!((report.failed, report.waiting, report.ignored), (0, 0, 1), "the dispute is not acted on yet");
        assert!(report.booked >= 14 && report.looked_at == report.booked + 1, "{report:?}");
        // Again: the same books, and the events are known.
        let again = test.payments.sync(None).await.unwrap();
        assert_eq!((test.booked(), again.ignored), (ALL.map(str::to_owned).to_vec(), 0));
        // The webhooks come after all.
        assert_eq!(test.receive(&head("evt_in_1", "invoice.paid", "invoice", "in_1")), Received::Repeated);
    }

    async fn sync_of_some_days_looks_at_those_alone(backend) {
        let test = TestPayments::new(backend);
        fill(&test);
        test.stripe.change(|says| {
            for old in says.checkouts.values_mut().take(4) {
                old.created_at = start() - Duration::days(40);
            }
            for old in says.payments.values_mut().take(4) {
                old.created_at = start() - Duration::days(40);
            }
            says.events.clear();
        });
        test.payments.sync(Some(start() - Duration::days(1))).await.unwrap();
        assert_eq!(test.booked(), ["cs_5", "in_1", "pi_5", "pi_6", "re_1", "sub_1"]);
    }

    async fn sync_says_what_could_not_be_looked_at(backend) {
        let test = TestPayments::new(backend);
        fill(&test);
        // The list knows what the object's own address does not.
        test.stripe.change(|says| says.events.push(head("evt_x", "charge.failed", "charge", "ch_gone")));
        let report = test.payments.sync(None).await.unwrap();
        assert_eq!((report.failed, report.waiting), (0, 0), "a charge without a payment is nothing of ours");
        test.stripe.change(|says| says.events.push(head("evt_y", "invoice.paid", "invoice", "in_gone")));
        let report = test.payments.sync(None).await.unwrap();
        assert_eq!(report.waiting, 1, "{report:?}");
        test.stripe.change(|says| says.down = Some(Failure::Unavailable("away".into())));
        assert!(test.payments.sync(None).await.unwrap_err().to_string().contains("not available"));
    }

    async fn sync_beside_a_process_that_works_waits_for_it(backend) {
        let works = TestPayments::new(backend);
        let waits = works.another();
        waits.payments.node.forget();
        fill(&works);
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let running = tokio::spawn(works.payments.clone().run(stopped));
        let report = waits.payments.sync(None).await.unwrap();
        stop.send(true).unwrap();
        running.await.unwrap();
        assert_eq!(works.booked(), ALL);
        assert_eq!((report.failed, report.waiting), (0, 0));
    }

    async fn the_worker_reads_the_list_of_events_at_its_start(backend) {
        let test = TestPayments::new(backend);
        fill(&test);
        test.receive(&head("evt_pi_1", "payment_intent.succeeded", "payment_intent", "pi_1"));
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let running = tokio::spawn(test.payments.clone().run(stopped));
        for _ in 0..500 {
            let states = test.states();
            if states.len() >= 4 && !states.contains(&EventState::Pending) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        stop.send(true).unwrap();
        running.await.unwrap();
        assert_eq!(test.booked(), ["in_1", "pi_1", "pi_6"]);
        let sources: Vec<_> = test.events().iter().map(|e| e.source).collect();
        assert_eq!(sources.iter().filter(|source| **source == Source::Poll).count(), 2, "one of three was known");
    }
}
