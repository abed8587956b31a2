//! The sandbox's webhooks on their way to a receiver.

use std::sync::Arc;

use chrono::Duration;
use pledgepost::db::Database;
use pledgepost::error::Error;
use pledgepost::sandbox::stripe::webhooks::Mischief;
use pledgepost::sandbox::stripe::webhooks::store::{self, Webhook};
use pledgepost::sandbox::stripe::{SandboxStripe, emit};
use pledgepost::values::{At, Clock};
use serde_json::json;
use tokio::sync::watch;
use url::Url;

use crate::on_both;
use crate::support::hook::{Hook, Received};
use crate::support::{Backend, TestDb};

const NOON: i64 = 1_700_000_000_000_000;

struct Sender {
    stripe: Arc<SandboxStripe>,
    hook: Hook,
    _db: TestDb,
}

fn stripe(db: &Database, hook: Option<Url>) -> SandboxStripe {
    SandboxStripe {
        db: db.clone(),
        clock: Clock::fake(At::from_micros(NOON)),
        secret: "whsec_of_this_test".into(),
        hook,
        pages: "http://127.0.0.1:1/sandbox/stripe/".parse().unwrap(),
        bell: Arc::default(),
    }
}

impl Sender {
    async fn start(backend: Backend) -> Self {
        let (db, hook) = (TestDb::new(backend), Hook::start().await);
        let stripe = Arc::new(stripe(&db.connect(), Some(hook.url.clone())));
        Self { stripe, hook, _db: db }
    }
    /// Events about `kinds`, in this order; their ids.
    fn emit(&self, kinds: &[&str]) -> Vec<String> {
        let work = |db: &mut _| {
            let emit = |kind: &&str| emit(db, &self.stripe, kind, &json!({ "id": "pi_1", "object": "payment_intent" }));
            kinds.iter().map(emit).collect::<Result<Vec<String>, Error>>()
        };
        self.stripe.db.write_here(work).unwrap()
    }
    fn choose(&self, mischief: Mischief) {
        self.stripe.db.write_here(|db| Ok::<_, Error>(store::set_mischief(db, mischief)?)).unwrap();
    }
    fn row(&self, event: &str) -> Webhook {
        let rows = self.stripe.db.read_here(|db| Ok::<_, Error>(store::of_events(db, &[event.to_owned()])?));
        rows.unwrap().pop().unwrap()
    }
    async fn deliver(&self) -> Vec<Received> {
        self.stripe.deliver_due().await.unwrap();
        self.hook.take()
    }
    async fn deliver_after(&self, seconds: i64) -> Vec<Received> {
        self.stripe.clock.advance(Duration::seconds(seconds));
        self.deliver().await
    }
}

fn kinds(received: &[Received]) -> Vec<String> {
    received.iter().map(|one| one.event()["type"].as_str().unwrap().to_owned()).collect()
}

on_both! {
    async fn an_event_arrives_as_stripe_sends_it(backend) {
        let sender = Sender::start(backend).await;
        let ids = sender.emit(&["payment_intent.succeeded", "charge.updated"]);
        let came = sender.deliver().await;
        assert_eq!(kinds(&came), ["payment_intent.succeeded", "charge.updated"]);
        let first = &came[0];
        assert_eq!(first.line, "POST /webhooks/stripe HTTP/1.1");
        assert_eq!(first.headers["user-agent"], "Stripe/1.0 (+https://stripe.com/docs/webhooks)");
        assert_eq!(first.headers["content-type"], "application/json; charset=utf-8");
        let event = first.event();
        assert_eq!((event["id"].as_str(), event["object"].as_str()), (Some(ids[0].as_str()), Some("event")));
        assert!(String::from_utf8_lossy(&first.body).contains("\n  \"id\""), "indented, as Stripe writes it");
        let signature = &first.headers["stripe-signature"];
        assert!(signature.starts_with("t=1700000000,v1="), "{signature}");
        let row = sender.row(&ids[0]);
        assert_eq!((row.attempts, row.answer.as_str()), (1, "2023-11-14T22:13:20Z 200 read it"));
        assert!(row.delivered_at.is_some() && row.given_up_at.is_none());
        assert!(sender.deliver_after(100_000).await.is_empty(), "once is enough");
    }

    async fn what_was_not_taken_is_sent_again_with_growing_waits(backend) {
        let sender = Sender::start(backend).await;
        let id = sender.emit(&["invoice.paid"]).remove(0);
        sender.hook.answer(&[500, 302, 404]);
        assert_eq!(sender.deliver().await.len(), 1);
        assert_eq!(sender.deliver_after(4).await.len(), 0);
        assert_eq!(sender.deliver_after(1).await.len(), 1);
        assert_eq!(sender.deliver_after(29).await.len(), 0);
        assert_eq!(sender.deliver_after(1).await.len(), 1);
        assert_eq!(sender.deliver_after(119).await.len(), 0);
        assert_eq!(sender.deliver_after(1).await.len(), 1);
        let row = sender.row(&id);
        let answers: Vec<&str> = row.answer.lines().map(|line| line.split(' ').nth(1).unwrap()).collect();
        assert_eq!((row.attempts, answers), (4, vec!["500", "302", "404", "200"]));
        assert!(row.delivered_at.is_some());
    }

    async fn after_three_days_it_is_given_up(backend) {
        let test = TestDb::new(backend);
        // Nobody listens on this port.
        let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let stripe = stripe(&test.connect(), Some(format!("http://{nowhere}/x").parse().unwrap()));
        let object = json!({ "id": "re_1", "object": "refund" });
        let id = stripe.db.write_here(|db| emit(db, &stripe, "refund.created", &object)).unwrap();
        let row = || stripe.db.read_here(|db| Ok::<_, Error>(store::of_events(db, std::slice::from_ref(&id))?.remove(0))).unwrap();
        let begin = stripe.clock.now();
        while row().given_up_at.is_none() {
            assert_eq!(stripe.deliver_due().await.unwrap(), 1);
            stripe.clock.advance(row().due_at - stripe.clock.now());
        }
        let took = row().given_up_at.unwrap() - begin;
        assert!((60..=80).contains(&took.num_hours()), "{took}");
        assert!(row().answer.contains("no answer: "), "{}", row().answer);
        assert_eq!(stripe.deliver_due().await.unwrap(), 0);
    }

    async fn mischief_is_done(backend) {
        let sender = Sender::start(backend).await;
        let three = ["a.one", "a.two", "a.three"];

        sender.choose(Mischief::Twice);
        sender.emit(&three[..1]);
        assert_eq!(kinds(&sender.deliver().await), ["a.one", "a.one"]);

        sender.choose(Mischief::Shuffled);
        sender.emit(&three);
        assert_eq!(kinds(&sender.deliver().await), ["a.three", "a.two", "a.one"]);

        sender.choose(Mischief::Late);
        sender.emit(&three);
        assert!(sender.deliver().await.is_empty());
        assert!(sender.deliver_after(2).await.is_empty());
        assert_eq!(sender.deliver_after(6).await.len(), 3);

        sender.choose(Mischief::Lost);
        let lost = sender.emit(&three[..1]).remove(0);
        assert!(sender.deliver_after(1_000_000).await.is_empty());
        assert_eq!((sender.row(&lost).answer.as_str(), sender.row(&lost).attempts), (store::LOST, 0));
        let now = sender.stripe.clock.now();
        sender.stripe.db.write_here(|db| Ok::<_, Error>(store::send_again(db, &lost, now)?)).unwrap();
        assert_eq!(kinds(&sender.deliver().await), ["a.one"], "sent by hand, it arrives all the same");

        sender.choose(Mischief::Realistic);
        let many: Vec<String> = (0..40).map(|n| format!("b.{n}")).collect();
        sender.emit(&many.iter().map(String::as_str).collect::<Vec<_>>());
        let mut came = kinds(&sender.deliver().await);
        assert!(came.len() < 50 && came != many, "{came:?}");
        came.extend(kinds(&sender.deliver_after(10).await));
        assert!(came.len() > 40, "some came twice");
        came.sort();
        came.dedup();
        assert_eq!(came.len(), 40, "none is missing");
    }

    async fn the_loop_sends_when_it_is_rung_and_ends_when_told(backend) {
        let sender = Sender::start(backend).await;
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(sender.stripe.clone().send_webhooks(stopped));
        sender.emit(&["payout.paid"]);
        sender.stripe.bell.notify_one();
        let arrived = async {
            loop {
                if let Some(one) = sender.hook.take().pop() {
                    return one;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let one = tokio::time::timeout(std::time::Duration::from_secs(20), arrived).await.unwrap();
        assert_eq!(one.event()["type"], "payout.paid");
        stop.send(true).unwrap();
        tokio::time::timeout(std::time::Duration::from_secs(20), running).await.unwrap().unwrap();
    }

    async fn without_an_address_nothing_is_sent(backend) {
        let test = TestDb::new(backend);
        let stripe = stripe(&test.connect(), None);
        let object = json!({ "id": "re_1", "object": "refund" });
        let id = stripe.db.write_here(|db| emit(db, &stripe, "refund.created", &object)).unwrap();
        assert_eq!(stripe.deliver_due().await.unwrap(), 0);
        assert!(stripe.db.read_here(|db| Ok::<_, Error>(store::of_events(db, std::slice::from_ref(&id))?)).unwrap().is_empty());
    }
}
