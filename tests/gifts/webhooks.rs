//! The door for Stripe's webhooks: what is believed, what is kept, what is answered.

use pledgepost::payments::store::{self, Filter};
use pledgepost::payments::{EventState, PaymentEvent, purge};
use pledgepost::staff::Role;
use pledgepost::stripe::signature;
use pledgepost::values::PageRequest;
use secrecy::SecretString;

use crate::on_both;
use crate::support::app::{Answer, TestApp};
use crate::support::scripted::{body, head, start};

const PATH: &str = "/webhooks/stripe";

fn sign(app: &TestApp, body: &[u8]) -> String {
    let payments = app.app.payments.as_ref().unwrap();
    signature::sign(&payments.secrets[0], app.app.clock.now(), body)
}

async fn post(app: &TestApp, body: &[u8], signature: Option<&str>, more: &[(&str, &str)]) -> Answer {
    let client = reqwest::Client::new();
    let mut request = client.post(format!("{}{PATH}", app.base)).body(body.to_vec());
    for (name, value) in signature.map(|value| ("stripe-signature", value)).iter().chain(more) {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}

async fn deliver(app: &TestApp, body: &[u8]) -> Answer {
    post(app, body, Some(&sign(app, body)), &[]).await
}

fn events(app: &TestApp) -> Vec<PaymentEvent> {
    app.read(|db| Ok(store::list(db, &Filter::default(), PageRequest::new(None, 100))?.rows)).unwrap()
}

on_both! {
    async fn a_webhook_is_kept_byte_for_byte_once(backend) {
        let app = TestApp::start(backend).await;
        let sent = body(&head("evt_1", "payment_intent.succeeded", "payment_intent", "pi_1"));
        deliver(&app, &sent).await.is(200).shows("stored");
        deliver(&app, &sent).await.is(200).shows("repeated");
        let all = events(&app);
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].state, all[0].object_id.as_str()), (EventState::Pending, "pi_1"));
        let kept = app.read(|db| Ok(store::payload(db, all[0].id)?)).unwrap();
        assert_eq!(kept.unwrap(), sent);
    }

    async fn bodies_are_forgotten_when_nothing_is_to_be_done_with_them(backend) {
        let app = TestApp::start(backend).await;
        deliver(&app, &body(&head("evt_1", "cow.jumped", "cow", "ada@example.org"))).await.is(200);
        deliver(&app, b"[]").await.is(200).shows("unreadable");
        let forget = |days| {
            let later = app.app.clock.now() + chrono::Duration::days(days);
            app.write(|db| Ok(purge::bodies(db, later)?)).unwrap()
        };
        assert_eq!((forget(29), forget(31), forget(31)), (0, 1, 0));
        let kept = |id| app.read(|db| Ok(store::payload(db, id)?)).unwrap();
        let all = events(&app);
        assert_eq!((all[1].event_id.as_deref(), kept(all[1].id)), (Some("evt_1"), None));
        assert_eq!(kept(all[0].id).as_deref(), Some(&b"[]"[..]), "somebody has to look at it first");
        deliver(&app, &body(&head("evt_1", "cow.jumped", "cow", "cow_1"))).await.is(200).shows("repeated");
        app.log_in_as(Role::Finance).await;
        app.get(&format!("/staff/payments/events/{}", all[1].id)).await.is(200).shows("forgotten after 30 days");
    }

    async fn what_is_not_signed_by_stripe_leaves_no_trace(backend) {
        let app = TestApp::start(backend).await;
        let sent = body(&head("evt_1", "payment_intent.succeeded", "payment_intent", "pi_1"));
        let good = sign(&app, &sent);
        post(&app, &sent, None, &[]).await.is(400).shows("there is no Stripe-Signature header");
        post(&app, &sent, Some("nonsense"), &[]).await.is(400).shows("not of the form");
        let stranger = SecretString::from("whsec_of somebody else");
        let bad = signature::sign(&stranger, app.app.clock.now(), &sent);
        post(&app, &sent, Some(&bad), &[]).await.is(400).shows("no signature fits");
        post(&app, b"{}", Some(&good), &[]).await.is(400).shows("no signature fits");
        let old = signature::sign(
            &app.app.payments.as_ref().unwrap().secrets[0], app.app.clock.now() - chrono::Duration::minutes(6), &sent,
        );
        post(&app, &sent, Some(&old), &[]).await.is(400).shows("more than five minutes");
        assert!(events(&app).is_empty());
        // While a secret is rolled two signatures come, one of which fits.
        let (time, fitting) = good.split_once(',').unwrap();
        let other = bad.split_once(',').unwrap().1;
        post(&app, &sent, Some(&format!("{time},{other},{fitting}")), &[]).await.is(200).shows("stored");
        assert_eq!(events(&app).len(), 1);
    }

    async fn what_we_cannot_use_is_kept_with_the_reason(backend) {
        let app = TestApp::start(backend).await;
        let mut live = head("evt_live", "payment_intent.succeeded", "payment_intent", "pi_1");
        live.livemode = true;
        let cases = [
            (body(&live), EventState::Ignored, "from Stripe's live mode, and our key is a test one"),
            (body(&head("evt_new", "cow.jumped", "cow", "cow_1")), EventState::Ignored, "nothing to book follows from cow.jumped"),
            (body(&head("evt_dp", "charge.dispute.created", "dispute", "dp_1")), EventState::Ignored, "charge.dispute.created is kept, but not acted on yet"),
            (body(&head("evt_up", "invoice.upcoming", "invoice", "")), EventState::Ignored, "invoice.upcoming names no object"),
            (b"{\"id\": \"evt_broken\"".to_vec(), EventState::Failed, "the body is not JSON"),
        ];
        for (sent, state, words) in &cases {
            deliver(&app, sent).await.is(200);
            let newest = events(&app).remove(0);
            assert_eq!(newest.state, *state, "{words}");
            assert!(newest.outcome.starts_with(words), "{:?} is not {words:?}", newest.outcome);
            let count = events(&app).len();
            deliver(&app, sent).await.is(200).shows("repeated");
            assert_eq!(events(&app).len(), count);
        }
    }

    async fn a_shape_of_2024_is_as_good_as_todays(backend) {
        let app = TestApp::start(backend).await;
        let old = serde_json::json!({
            "id": "evt_2024", "object": "event", "api_version": "2024-06-20", "created": start().0.timestamp(), "livemode": false,
            "type": "invoice.paid", "pending_webhooks": 1, "request": { "id": null, "idempotency_key": null },
            "data": { "object": {
                "id": "in_1", "object": "invoice", "subscription": "sub_1", "payment_intent": "pi_1", "charge": "ch_1", "paid": true,
            } },
        });
        deliver(&app, &serde_json::to_vec(&old).unwrap()).await.is(200).shows("stored");
        let charge = serde_json::json!({
            "id": "evt_charge", "object": "event", "api_version": "2024-06-20", "created": start().0.timestamp(), "livemode": false,
            "type": "charge.succeeded",
            "data": { "object": { "id": "ch_1", "object": "charge", "payment_intent": "pi_1", "invoice": "in_1" } },
        });
        deliver(&app, &serde_json::to_vec(&charge).unwrap()).await.is(200).shows("stored");
        let all = events(&app);
        let seen = |event: &PaymentEvent| (event.object_kind.clone(), event.object_id.clone(), event.api_version.clone());
        let version = || "2024-06-20".to_owned();
        assert_eq!(seen(&all[1]), ("invoice".into(), "in_1".into(), version()));
        // A charge is looked at through its payment.
        assert_eq!(seen(&all[0]), ("payment_intent".into(), "pi_1".into(), version()));
        assert!(all.iter().all(|event| event.state == EventState::Pending));
    }

    async fn two_megabytes_are_too_large(backend) {
        let app = TestApp::start(backend).await;
        let sent = vec![b' '; 2 * 1024 * 1024];
        deliver(&app, &sent).await.is(413).shows("larger than 1 MiB");
        assert!(events(&app).is_empty());
    }

    async fn strangers_are_limited_and_stripe_is_not(backend) {
        let app = TestApp::start(backend).await;
        let sent = body(&head("evt_1", "payment_intent.succeeded", "payment_intent", "pi_1"));
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(post(&app, &sent, Some("t=1,v1=00"), &[]).await.status);
        }
        assert_eq!((statuses[0], statuses[39]), (400, 429));
        deliver(&app, &sent).await.is(200);
        // A proxy that nobody configured stands for everybody: it is not limited.
        for _ in 0..40 {
            let through = [("x-forwarded-for", "203.0.113.9")];
            post(&app, &sent, Some("t=1,v1=00"), &through).await.is(400);
        }
    }

    async fn nothing_is_confirmed_that_is_not_stored(backend) {
        let app = TestApp::start(backend).await;
        let sent = body(&head("evt_1", "payment_intent.succeeded", "payment_intent", "pi_1"));
        let rename = |from: &str, to: &str| {
            use diesel::RunQueryDsl;
            let sql = format!("ALTER TABLE {from} RENAME TO {to}");
            app.write(|db| Ok(diesel::sql_query(sql).execute(db)?)).unwrap();
        };
        rename("payment_events", "away");
        deliver(&app, &sent).await.is(503).shows("send it again");
        rename("away", "payment_events");
        deliver(&app, &sent).await.is(200).shows("stored");
    }

    async fn where_giving_is_not_set_up_there_is_no_door(backend) {
        let app = TestApp::start_with(backend, |config| config.stripe = None).await;
        let sent = body(&head("evt_1", "payment_intent.succeeded", "payment_intent", "pi_1"));
        post(&app, &sent, Some("t=1,v1=00"), &[]).await.is(404);
    }

    async fn staff_see_what_failed_and_try_it_again(backend) {
        let app = TestApp::start(backend).await;
        deliver(&app, &body(&head("evt_1", "payment_intent.succeeded", "payment_intent", "pi_1"))).await.is(200);
        deliver(&app, b"[]").await.is(200);
        app.write(|db| {
            use diesel::prelude::*;
            use pledgepost::db::schema::payment_events::dsl::*;
            let row = payment_events.filter(object_id.eq("pi_1"));
            Ok(diesel::update(row).set((state.eq("failed"), outcome.eq("donation 1 asked for more"))).execute(db)?)
        })
        .unwrap();
        app.log_in_as(Role::Finance).await;
        app.get("/staff").await.is(200).shows("2 payment events failed");
        let list = app.get("/staff/payments/events?state=failed").await;
        list.is(200).shows("donation 1 asked for more").shows("payment_intent.succeeded").shows("2 events");
        app.get("/staff/payments/events?object=pi_1&kind=payment").await.is(200).shows("1 event");
        app.get("/staff/payments/events?object=pi_2").await.is(200).shows("Nothing found");
        let page = app.get("/staff/payments/events/1").await;
        page.is(200).shows("Try again").shows("evt_1").shows("&quot;payment_intent.succeeded&quot;");
        app.post_form("/staff/payments/events/1/again", &[]).await.leads_to("/staff/payments/events/1");
        app.get("/staff/payments/events/1").await.shows("tried again now").shows("Waiting");
        app.post_form("/staff/payments/events/2/again", &[]).await.is(409);
        app.post_form("/staff/payments/events/2/aside", &[]).await.leads_to("/staff/payments/events/2");
        app.get("/staff/payments/events/2").await.shows("set aside by finance@example.org");
        app.log_in_as(Role::Admin).await;
        app.get("/staff/audit").await.shows("Tried again payment event 1").shows("payment_intent.succeeded pi_1");
        app.log_in_as(Role::Campaigner).await;
        app.get("/staff/payments/events").await.is(403);
    }
}
