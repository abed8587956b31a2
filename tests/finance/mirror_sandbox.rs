//! The mirror beside the sandbox's Stripe: payouts and the balance by webhooks and by `stripe sync` come to the same.

use std::sync::Arc;

use chrono::Duration;
use diesel::prelude::*;
use pledgepost::db::schema::{balance_transactions, stripe_payouts};
use pledgepost::payments::{Payments, inbox};
use pledgepost::sandbox::stripe::{Outcome, engine};
use pledgepost::stripe::{Interval, Listing, NewCheckout, StripeApi};
use pledgepost::values::{At, Clock, Currency, Money};

use super::mirror::{ALL_EVENTS, compared, lines};
use crate::on_both;
use crate::support::scripted::*;
use crate::support::stripe::{SECRET_KEY, StripeStage};
use crate::support::{Backend, TestDb};

on_both! {
    async fn the_sandboxs_payouts_and_balance(backend) {
        sandbox(backend).await;
    }
}

/// Gifts, an automatic payout per currency, one by hand: by webhooks that come twice and the newest first, then a twin to
/// which none came.
async fn sandbox(backend: Backend) {
    let stage = StripeStage::start(backend, Clock::fake(start()));
    let client = stage.client();
    for (n, (minor, currency)) in [(2500, "EUR"), (4000, "EUR"), (3000, "JPY")].into_iter().enumerate() {
        let session = client.create_checkout(&gift(minor, currency), &format!("checkout:donation:{n}")).await.unwrap();
        stage.pay(&session.id, Outcome::Paid);
    }
    stage.advance(Duration::minutes(1));
    let first = client.payments(&Listing { limit: 10, ..Listing::default() }).await.unwrap().items.pop().unwrap();
    stage.write(|db, stripe| engine::refund(db, stripe, &first.id, Some(500)));
    stage.advance(Duration::days(10));
    let session = client.create_checkout(&gift(9000, "EUR"), "checkout:donation:9").await.unwrap();
    stage.pay(&session.id, Outcome::Paid);
    // Available an hour before the day's own payout.
    stage.advance(Duration::hours(3 * 24 + 15) + Duration::minutes(20));
    let asked = reqwest::Client::new()
        .post(format!("http://{}/v1/payouts", stage.addr))
        .header("authorization", format!("Bearer {SECRET_KEY}"))
        .form(&[("amount", "1000"), ("currency", "eur")])
        .send()
        .await
        .unwrap();
    let (status, text) = (asked.status(), asked.text().await.unwrap());
    assert!(status.is_success(), "{text}");
    stage.advance(Duration::days(5));

    let (told, twin) = (Ours::new(backend, &stage), Ours::new(backend, &stage));
    let mut heads = Vec::new();
    for kinds in ALL_EVENTS {
        heads.extend(client.events(kinds, &Listing { limit: 100, ..Listing::default() }).await.unwrap().items);
    }
    assert!(heads.iter().any(|head| head.kind == "payout.reconciliation_completed"));
    for head in heads.iter().chain(&heads) {
        let (body, now) = (body(head), told.payments.clock.now());
        let receive = |db: &mut _| Ok::<_, pledgepost::error::Error>(inbox::receive(db, &body, false, now)?);
        told.payments.db.write_here(receive).unwrap();
    }
    told.payments.drain().await.unwrap();
    assert!(told.payments.read_balance_when_due().await.unwrap());
    told.payments.drain().await.unwrap();
    let report = twin.payments.sync(None).await.unwrap();
    assert_eq!((report.failed, report.waiting), (0, 0), "{report:?}");

    for ours in [&told, &twin] {
        let db = &ours.payments.db;
        let payouts: Vec<(String, bool, i64, String)> = ours.read(|db| {
            let columns =
                (stripe_payouts::id, stripe_payouts::automatic, stripe_payouts::amount_minor, stripe_payouts::status);
            Ok(stripe_payouts::table.select(columns).order(stripe_payouts::id).load(db)?)
        });
        assert!(payouts.len() >= 4 && payouts.iter().all(|(.., status)| status == "paid"), "{payouts:?}");
        assert_eq!(payouts.iter().filter(|(_, automatic, ..)| !automatic).count(), 1, "{payouts:?}");
        for (id, automatic, amount, _) in &payouts {
            let nets: Vec<i64> = ours.read(|db| {
                let lines = balance_transactions::table.filter(balance_transactions::payout.eq(id));
                Ok(lines.select(balance_transactions::net_minor).load(db)?)
            });
            match automatic {
                true => assert_eq!(nets.iter().sum::<i64>(), *amount, "{id} is the sum of its lines"),
                false => assert!(nets.is_empty(), "Stripe does not say it of payouts by hand"),
            }
        }
        assert!(
            compared(db).iter().all(|(_, stripe, here)| stripe == here) && compared(db).len() == 2,
            "{:?}",
            compared(db)
        );
    }
    assert_eq!(
        (lines(&told.payments.db), compared(&told.payments.db)),
        (lines(&twin.payments.db), compared(&twin.payments.db))
    );
    // Nothing is left to look at.
    assert_eq!(twin.payments.drain().await.unwrap(), 0);
}

/// An installation that knows no gifts.
struct Ours {
    payments: Payments,
    _db: TestDb,
}

impl Ours {
    fn new(backend: Backend, stage: &StripeStage) -> Self {
        let test = TestDb::new(backend);
        let (db, clock) = (test.connect(), Clock::fake(start()));
        let payments = Payments {
            node: registered(&db, &clock),
            db,
            clock,
            api: Arc::new(stage.client()),
            secrets: Vec::new(),
            livemode: false,
            key_hash: "hash".into(),
            observers: Vec::new(),
            bell: Default::default(),
            account: Default::default(),
        };
        Self { payments, _db: test }
    }
    fn read<T>(&self, work: impl FnOnce(&mut pledgepost::db::Db) -> Result<T, pledgepost::error::Error>) -> T {
        self.payments.db.read_here(work).unwrap()
    }
}

fn gift(minor: i64, currency: &str) -> NewCheckout {
    NewCheckout {
        amount: Money::new(minor, Currency::parse(currency).unwrap()),
        interval: None::<Interval>,
        description: "Gift".into(),
        email: "ada@example.org".into(),
        locale: "en".into(),
        reference: "donation:12".into(),
        metadata: [("donation".into(), "12".into())].into(),
        success_url: "https://example.org/donate/thanks?gift=x".into(),
        cancel_url: "https://example.org/donate".into(),
        expires_at: At(start().0 + Duration::hours(20)),
    }
}
