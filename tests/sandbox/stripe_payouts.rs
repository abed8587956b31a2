//! Payouts of the sandbox's Stripe that come back, and money that moves past our program.

use chrono::Duration;
use pledgepost::error::Error;
use pledgepost::sandbox::stripe::{Outcome, engine};
use pledgepost::values::{At, Clock, Currency, Money};
use serde_json::Value;

use super::stripe_stranger::Stranger;
use crate::on_both;
use crate::support::Backend;
use crate::support::app::START;
use crate::support::stripe::StripeStage;

fn stranger(backend: Backend) -> Stranger {
    Stranger::new(StripeStage::start(backend, Clock::fake(At::from_micros(START))))
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::eur())
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

async fn lines(stripe: &Stranger, more: &[(&str, &str)]) -> Vec<Value> {
    let asked = [&[("limit", "100")], more].concat();
    stripe.one("balance_transactions", &asked).await["data"].as_array().unwrap().clone()
}

/// Everything on the balance, and that it is the sum of its lines.
async fn held(stripe: &Stranger) -> i64 {
    let balance = stripe.one("balance", &[]).await;
    let sum = balance["available"][0]["amount"].as_i64().unwrap() + balance["pending"][0]["amount"].as_i64().unwrap();
    assert_eq!(sum, lines(stripe, &[]).await.iter().map(|line| line["net"].as_i64().unwrap()).sum::<i64>());
    sum
}

async fn newest_payout(stripe: &Stranger) -> Value {
    stripe.one("payouts", &[("limit", "1")]).await["data"][0].clone()
}

on_both! {
    async fn a_paid_payout_comes_back_and_goes_along_in_the_next(backend) {
        let stripe = stranger(backend);
        let id = stripe.session("payment", "2500", "eur").await;
        stripe.stage.pay(&id, Outcome::Paid);
        stripe.stage.advance(Duration::days(10));
        let paid = newest_payout(&stripe).await;
        assert_eq!((text(&paid, "status"), paid["amount"].as_i64(), held(&stripe).await), ("paid", Some(2437), 0));
        let payout = text(&paid, "id").to_owned();
        stripe.stage.write(|db, stripe| engine::fail_payout(db, stripe, &payout));
        let failed = stripe.one(&format!("payouts/{payout}"), &[("expand[]", "failure_balance_transaction")]).await;
        let back = &failed["failure_balance_transaction"];
        assert_eq!((text(&failed, "status"), text(&failed, "failure_code")), ("failed", "account_closed"));
        assert_eq!((text(back, "type"), text(back, "reporting_category")), ("payout_failure", "payout_reversal"));
        assert_eq!((back["net"].as_i64(), text(back, "source")), (Some(2437), payout.as_str()));
        assert_eq!(held(&stripe).await, 2437);
        assert!(stripe.kinds().await.ends_with(&["payout.updated".into(), "payout.failed".into()]));
        let twice = stripe.stage.stripe.db.write_here(|db| engine::fail_payout(db, &stripe.stage.stripe, &payout));
        assert!(matches!(twice, Err(Error::Conflict(_))));
        let none = stripe.stage.stripe.db.write_here(|db| engine::fail_payout(db, &stripe.stage.stripe, "po_none"));
        assert!(matches!(none, Err(Error::NotFound(_))));

        stripe.stage.advance(Duration::days(4));
        let next = newest_payout(&stripe).await;
        assert_eq!((text(&next, "status"), next["amount"].as_i64(), held(&stripe).await), ("paid", Some(2437), 0));
        let along = lines(&stripe, &[("payout", text(&next, "id"))]).await;
        assert!(along.iter().any(|line| line["id"] == back["id"]), "{along:?}");
    }

    async fn a_payout_fails_on_its_way(backend) {
        let stripe = stranger(backend);
        let id = stripe.session("payment", "2500", "eur").await;
        stripe.stage.pay(&id, Outcome::Paid);
        stripe.stage.advance(Duration::days(4) + Duration::hours(2));
        let sent = newest_payout(&stripe).await;
        assert_eq!(text(&sent, "status"), "in_transit");
        let payout = text(&sent, "id").to_owned();
        stripe.stage.write(|db, stripe| engine::fail_payout(db, stripe, &payout));
        stripe.stage.advance(Duration::days(5));
        let failed = stripe.one(&format!("payouts/{payout}"), &[]).await;
        assert_eq!((text(&failed, "status"), text(&failed, "reconciliation_status")), ("failed", "completed"));
        let kinds = stripe.kinds().await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "payout.paid").count(), 1, "the second one only: {kinds:?}");
        assert_eq!(held(&stripe).await, 0);
    }

    async fn money_moves_past_the_program(backend) {
        let stripe = stranger(backend);
        let payment = stripe.stage.write(|db, stripe| engine::charge_by_hand(db, stripe, &eur(4200), "Table at the fair"));
        assert_eq!(stripe.kinds().await, ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]);
        stripe.stage.advance(Duration::seconds(5));
        let made = stripe.one(&format!("payment_intents/{payment}"), &[("expand[]", "latest_charge.balance_transaction")]).await;
        assert_eq!((&made["metadata"], &made["customer"]), (&serde_json::json!({}), &Value::Null));
        let line = &made["latest_charge"]["balance_transaction"];
        assert_eq!((line["amount"].as_i64(), line["fee"].as_i64(), text(line, "description")), (Some(4200), Some(88), "Table at the fair"));
        let fee = stripe.stage.write(|db, stripe| engine::own_fee(db, stripe, &eur(150)));
        let fee = stripe.one(&format!("balance_transactions/{fee}"), &[]).await;
        assert_eq!((text(&fee, "type"), text(&fee, "reporting_category"), &fee["source"]), ("stripe_fee", "fee", &Value::Null));
        assert_eq!((fee["net"].as_i64(), fee["fee"].as_i64(), held(&stripe).await), (Some(-150), Some(0), 4200 - 88 - 150));
        assert_eq!(lines(&stripe, &[("type", "stripe_fee")]).await.len(), 1);
        assert_eq!(stripe.kinds().await.len(), 4, "of its own fees Stripe tells nothing");
        for bad in [0, -1, 10] {
            let charged = stripe.stage.stripe.db.write_here(|db| engine::charge_by_hand(db, &stripe.stage.stripe, &eur(bad), ""));
            assert!(matches!(charged, Err(Error::Invalid(_))), "{bad}");
        }
        let early = stripe.stage.stripe.db.write_here(|db| engine::pay_out_by_hand(db, &stripe.stage.stripe, &eur(1)));
        assert!(matches!(early, Err(Error::Conflict(_))), "nothing is available yet");
    }
}
