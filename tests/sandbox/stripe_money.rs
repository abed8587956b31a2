//! The sandbox's Stripe as time goes by: what happens to money, and what is told of it.

use chrono::Duration;
use pledgepost::sandbox::stripe::{Outcome, engine};
use pledgepost::values::{At, Clock};
use serde_json::Value;

use super::stripe_stranger::Stranger;
use crate::on_both;
use crate::support::Backend;
use crate::support::app::START;
use crate::support::stripe::StripeStage;

fn stranger(backend: Backend) -> Stranger {
    Stranger::new(StripeStage::start(backend, Clock::fake(At::from_micros(START))))
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

on_both! {
    async fn a_gift_by_card(backend) {
        let stripe = stranger(backend);
        let id = stripe.session("payment", "2500", "eur").await;
        let path = format!("checkout/sessions/{id}");
        let open = stripe.one(&path, &[]).await;
        assert_eq!((text(&open, "status"), text(&open, "payment_status")), ("open", "unpaid"));
        assert!(text(&open, "url").ends_with(&format!("checkout/{id}")));

        stripe.stage.pay(&id, Outcome::Declined);
        let open = stripe.one(&path, &[]).await;
        assert_eq!(text(&open, "status"), "open", "another card may be tried");
        stripe.stage.pay(&id, Outcome::Paid);
        let paid = stripe.one(&path, &[]).await;
        assert_eq!((text(&paid, "status"), text(&paid, "payment_status"), &paid["url"]), ("complete", "paid", &Value::Null));
        let intent = stripe.one(&format!("payment_intents/{}", text(&paid, "payment_intent")), &[]).await;
        assert_eq!(intent["metadata"], serde_json::json!({ "donation": "12" }), "and nothing of the session's");
        let charge = format!("charges/{}", text(&intent, "latest_charge"));
        assert_eq!(stripe.one(&charge, &[]).await["balance_transaction"], Value::Null, "not yet");
        assert_eq!(
            stripe.kinds().await,
            [
                "payment_intent.created", "charge.failed", "payment_intent.payment_failed",
                "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed",
            ]
        );
        stripe.stage.advance(Duration::seconds(5));
        let charge = stripe.one(&charge, &[("expand[]", "balance_transaction")]).await;
        let line = &charge["balance_transaction"];
        assert_eq!((line["amount"].as_i64(), line["fee"].as_i64(), line["net"].as_i64()), (Some(2500), Some(63), Some(2437)));
        assert_eq!(stripe.kinds().await.last().unwrap(), "charge.updated");
        let twice = stripe.stage.stripe.db.write_here(|db| engine::pay(db, &stripe.stage.stripe, &id, Outcome::Paid));
        assert!(twice.is_err(), "a session is paid once");
    }

    async fn refunds_end_with_what_is_left(backend) {
        let stripe = stranger(backend);
        let made = stripe
            .post("payment_intents", &[("amount", "2500"), ("currency", "eur"), ("confirm", "true"), ("payment_method", "pm_card_visa")])
            .await;
        let intent = text(&made.body, "id").to_owned();
        stripe.stage.advance(Duration::seconds(5));
        let part = stripe.post("refunds", &[("payment_intent", &intent), ("amount", "1000"), ("metadata[refund]", "3")]).await;
        assert_eq!((part.status, text(&part.body, "status")), (200, "succeeded"));
        let more = stripe.post("refunds", &[("payment_intent", &intent), ("amount", "1501")]).await;
        assert_eq!((more.error().0, more.error().3), (400, "amount"));
        let rest = stripe.post("refunds", &[("charge", text(&made.body, "latest_charge"))]).await;
        assert_eq!(rest.body["amount"], 1500);
        let none = stripe.post("refunds", &[("payment_intent", &intent)]).await;
        assert_eq!(none.error().2, "charge_already_refunded");
        let charge = stripe.one(&format!("charges/{}", text(&made.body, "latest_charge")), &[("expand[]", "refunds")]).await;
        assert_eq!((charge["amount_refunded"].as_i64(), charge["refunded"].as_bool()), (Some(2500), Some(true)));
        assert_eq!(charge["refunds"]["data"].as_array().unwrap().len(), 2);
        let balance = stripe.one("balance", &[]).await;
        let sum = balance["available"][0]["amount"].as_i64().unwrap() + balance["pending"][0]["amount"].as_i64().unwrap();
        assert_eq!(sum, -63, "the fee is gone");

        let refund = text(&part.body, "id").to_owned();
        stripe.stage.write(|db, stripe| engine::fail_refund(db, stripe, &refund));
        let failed = stripe.one(&format!("refunds/{refund}"), &[("expand[]", "failure_balance_transaction")]).await;
        assert_eq!((text(&failed, "status"), failed["failure_balance_transaction"]["amount"].as_i64()), ("failed", Some(1000)));
        assert_eq!(stripe.kinds().await.last().unwrap(), "refund.failed");
    }

    async fn a_subscription_lives_and_ends(backend) {
        let stripe = stranger(backend);
        let id = stripe.session("subscription", "3000", "jpy").await;
        stripe.stage.pay(&id, Outcome::PaidThenFails);
        let session = stripe.one(&format!("checkout/sessions/{id}"), &[]).await;
        let subscription = format!("subscriptions/{}", text(&session, "subscription"));
        assert_eq!(session["payment_intent"], Value::Null);
        let invoice = stripe.one(&format!("invoices/{}", text(&session, "invoice")), &[]).await;
        assert_eq!((text(&invoice, "billing_reason"), text(&invoice, "status")), ("subscription_create", "paid"));
        assert_eq!(invoice["parent"]["subscription_details"]["metadata"]["pledge"], "12");
        assert!(invoice.get("payments").is_none() && invoice.get("subscription").is_none(), "as since basil");
        assert_eq!(
            stripe.kinds().await,
            [
                "customer.created", "payment_method.attached", "customer.subscription.created", "invoice.created",
                "invoice.finalized", "payment_intent.created", "charge.succeeded", "payment_intent.succeeded",
                "invoice.paid", "invoice.payment_succeeded", "invoice_payment.paid", "customer.subscription.updated",
                "checkout.session.completed",
            ]
        );
        stripe.stage.advance(Duration::days(31));
        let past = stripe.one(&subscription, &[("expand[]", "latest_invoice")]).await;
        assert_eq!(text(&past, "status"), "past_due");
        let renewal = &past["latest_invoice"];
        assert_eq!((text(renewal, "billing_reason"), text(renewal, "status")), ("subscription_cycle", "open"));
        assert_eq!(renewal["attempt_count"], 1);
        assert!(renewal["next_payment_attempt"].is_i64());
        stripe.stage.advance(Duration::days(7));
        let ended = stripe.one(&subscription, &[("expand[]", "latest_invoice")]).await;
        assert_eq!((text(&ended, "status"), text(&ended["cancellation_details"], "reason")), ("canceled", "payment_failed"));
        assert_eq!((ended["latest_invoice"]["attempt_count"].as_i64(), &ended["latest_invoice"]["next_payment_attempt"]), (Some(3), &Value::Null));
        assert_eq!(stripe.kinds().await.last().unwrap(), "customer.subscription.deleted");
        assert!(stripe.get("subscriptions", &[]).await.ids().is_empty());
        assert_eq!(stripe.get("subscriptions", &[("status", "all")]).await.ids().len(), 1);
        assert_eq!(stripe.delete(&subscription).await.error().2, "resource_missing");
        stripe.stage.advance(Duration::days(90));
        assert_eq!(stripe.get("invoices", &[]).await.ids().len(), 2, "nothing comes after the end");
    }

    async fn renewals_keep_their_day_until_the_end_of_the_period(backend) {
        let stripe = stranger(backend);
        let id = stripe.session("subscription", "2500", "gbp").await;
        stripe.stage.pay(&id, Outcome::Paid);
        let session = stripe.one(&format!("checkout/sessions/{id}"), &[]).await;
        let subscription = format!("subscriptions/{}", text(&session, "subscription"));
        stripe.stage.advance(Duration::days(31 + 30 + 31));
        let invoices = stripe.one("invoices", &[("status", "paid"), ("subscription", text(&session, "subscription"))]).await;
        let days: Vec<i64> = invoices["data"].as_array().unwrap().iter().map(|i| (i["created"].as_i64().unwrap() - START / 1_000_000) / 86_400).collect();
        assert_eq!(days, [92, 61, 31, 0], "the first of each month");
        let payments = stripe.one("invoice_payments", &[("invoice", text(&invoices["data"][0], "id")), ("expand[]", "data.payment.payment_intent")]).await;
        assert_eq!(payments["data"][0]["payment"]["payment_intent"]["metadata"], serde_json::json!({}));

        let asked = stripe.post(&subscription, &[("cancel_at_period_end", "true")]).await;
        assert_eq!((asked.body["cancel_at_period_end"].as_bool(), text(&asked.body, "status")), (Some(true), "active"));
        stripe.stage.advance(Duration::days(40));
        let ended = stripe.one(&subscription, &[]).await;
        assert_eq!((text(&ended, "status"), &ended["ended_at"]), ("canceled", &ended["items"]["data"][0]["current_period_end"]));
    }

    async fn bank_debits_take_their_time(backend) {
        let stripe = stranger(backend);
        let (good, bad) = (stripe.session("payment", "2500", "eur").await, stripe.session("payment", "1000", "eur").await);
        stripe.stage.pay(&good, Outcome::Processing);
        stripe.stage.pay(&bad, Outcome::ProcessingThenFails);
        for id in [&good, &bad] {
            let session = stripe.one(&format!("checkout/sessions/{id}"), &[("expand[]", "payment_intent")]).await;
            assert_eq!((text(&session, "status"), text(&session, "payment_status")), ("complete", "unpaid"));
            assert_eq!(text(&session["payment_intent"], "status"), "processing");
        }
        stripe.stage.advance(Duration::days(6));
        let paid = stripe.one(&format!("checkout/sessions/{good}"), &[("expand[]", "payment_intent.latest_charge.balance_transaction")]).await;
        assert_eq!((text(&paid, "payment_status"), text(&paid["payment_intent"], "status")), ("paid", "succeeded"));
        assert_eq!(paid["payment_intent"]["latest_charge"]["balance_transaction"]["fee"], 35);
        let failed = stripe.one(&format!("checkout/sessions/{bad}"), &[("expand[]", "payment_intent")]).await;
        assert_eq!((text(&failed, "payment_status"), text(&failed["payment_intent"], "status")), ("unpaid", "requires_payment_method"));
        let kinds = stripe.kinds().await;
        for kind in ["checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed"] {
            assert_eq!(kinds.iter().filter(|one| *one == kind).count(), 1, "{kind}");
        }
    }

    async fn sessions_expire_and_days_bring_payouts(backend) {
        let stripe = stranger(backend);
        let left = stripe.session("payment", "2500", "eur").await;
        for (amount, currency) in [("2500", "eur"), ("10000", "chf"), ("3000", "jpy")] {
            let id = stripe.session("payment", amount, currency).await;
            stripe.stage.pay(&id, Outcome::Paid);
        }
        stripe.stage.advance(Duration::days(10));
        let expired = stripe.one(&format!("checkout/sessions/{left}"), &[]).await;
        assert_eq!((text(&expired, "status"), &expired["url"]), ("expired", &Value::Null));
        assert_eq!(stripe.post(&format!("checkout/sessions/{left}/expire"), &[]).await.status, 400);
        let payouts = stripe.one("payouts", &[("status", "paid")]).await;
        let payouts = payouts["data"].as_array().unwrap().clone();
        assert_eq!(payouts.len(), 2, "euros, with the francs in them, and yen");
        for payout in payouts {
            assert_eq!(text(&payout, "reconciliation_status"), "completed");
            let lines = stripe.one("balance_transactions", &[("payout", text(&payout, "id"))]).await;
            let nets = lines["data"].as_array().unwrap().iter().filter(|line| line["type"] != "payout");
            assert_eq!(nets.map(|line| line["net"].as_i64().unwrap()).sum::<i64>(), payout["amount"].as_i64().unwrap());
        }
        let balance = stripe.one("balance", &[]).await;
        for part in ["available", "pending"] {
            assert!(balance[part].as_array().unwrap().iter().all(|sum| sum["amount"] == 0), "{balance}");
        }
        let kinds = stripe.kinds().await;
        assert!(["payout.created", "payout.reconciliation_completed", "payout.paid"].iter().all(|kind| kinds.iter().any(|one| one == kind)));
    }

    async fn another_amount_than_asked(backend) {
        let stripe = stranger(backend);
        let id = stripe.session("payment", "2500", "eur").await;
        stripe.stage.write(|db, stripe| engine::pay_amount(db, stripe, &id, 100));
        let session = stripe.one(&format!("checkout/sessions/{id}"), &[("expand[]", "payment_intent")]).await;
        assert_eq!((text(&session, "payment_status"), session["payment_intent"]["amount_received"].as_i64()), ("paid", Some(100)));
    }
}
