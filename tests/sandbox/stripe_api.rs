//! The sandbox's Stripe over HTTP: keys, versions, errors, idempotency, pages, expansions.

use pledgepost::sandbox::stripe::Outcome;
use pledgepost::values::{At, Clock};

use super::stripe_stranger::{Pairs, Stranger};
use crate::on_both;
use crate::support::Backend;
use crate::support::app::START;
use crate::support::stripe::StripeStage;

fn stranger(backend: Backend) -> Stranger {
    Stranger::new(StripeStage::start(backend, Clock::fake(At::from_micros(START))))
}

const CARD: Pairs<'_> =
    &[("amount", "2500"), ("currency", "eur"), ("confirm", "true"), ("payment_method", "pm_card_visa")];

on_both! {
    async fn keys_and_versions(backend) {
        let stripe = stranger(backend);
        let account = || stripe.request("GET", "account");
        let said = stripe.send(account()).await;
        assert_eq!(said.error(), (401, "invalid_request_error", "", ""));
        assert!(said.body["error"]["message"].as_str().unwrap().contains("did not provide an API key"));
        assert!(said.request.starts_with("req_"));
        let live = stripe.send(account().bearer_auth("sk_live_x")).await;
        assert_eq!(live.status, 401, "real keys stay out of here");
        assert_eq!(stripe.send(account().basic_auth("sk_test_x", None::<&str>)).await.status, 200);
        for (version, status) in [("2026-09-30.endive", 200), ("2026-10-28.endive", 200), ("2024-06-20", 400)] {
            let said = stripe.send(account().bearer_auth("sk_test_x").header("Stripe-Version", version)).await;
            assert_eq!(said.status, status, "{version}: {:?}", said.body);
        }
        assert_eq!(stripe.get("nothing", &[]).await.error().0, 404);
        assert_eq!(stripe.get("charges/ch_1", &[]).await.error(), (404, "invalid_request_error", "resource_missing", "id"));
    }

    async fn what_does_not_fit_is_refused_by_name(backend) {
        let stripe = stranger(backend);
        for (form, code, param) in [
            (&[("amount", "x"), ("currency", "eur")][..], "parameter_invalid_integer", "amount"),
            (&[("amount", "25.00"), ("currency", "eur")], "parameter_invalid_integer", "amount"),
            (&[("currency", "eur")], "parameter_missing", "amount"),
            (&[("amount", "2500")], "parameter_missing", "currency"),
            (&[("amount", "49"), ("currency", "eur")], "amount_too_small", "amount"),
            (&[("amount", "100000000"), ("currency", "eur")], "amount_too_large", "amount"),
            (&[("amount", "2500"), ("currency", "eur"), ("colour", "red")], "parameter_unknown", "colour"),
            (&[("amount", "2500"), ("currency", "eur"), ("payment_method", "pm_nobody")], "resource_missing", "payment_method"),
        ] {
            let said = stripe.post("payment_intents", form).await;
            let error = said.error();
            assert_eq!((error.1, error.2, error.3), ("invalid_request_error", code, param), "{form:?}");
            assert!((400..=404).contains(&error.0));
        }
        let nested = stripe
            .post("checkout/sessions", &[("mode", "payment"), ("line_items[0][price_data][recurring][every]", "x")])
            .await;
        assert_eq!(nested.error().3, "line_items[0][price_data][recurring][every]");
        let every = |count: &'static str| {
            [
                ("currency", "eur"), ("unit_amount", "2500"), ("product_data[name]", "Gift"),
                ("recurring[interval]", "month"), ("recurring[interval_count]", count),
            ]
        };
        for count in ["0", "37", "9223372036854775807"] {
            assert_eq!(stripe.post("prices", &every(count)).await.error().3, "recurring", "{count}");
        }
        assert_eq!(stripe.get("charges", &[("payment_intent", "\0")]).await.status, 400);
        assert_eq!(stripe.get("charges", &[("limit", "101")]).await.error().3, "limit");
        assert_eq!(stripe.get("charges", &[("starting_after", "ch_1")]).await.error().2, "resource_missing");
        assert!(stripe.kinds().await.is_empty(), "what was refused left nothing");
    }

    async fn a_key_has_one_answer(backend) {
        let stripe = stranger(backend);
        let first = stripe.post_once("payment_intents", CARD, "gift-1").await;
        let again = stripe.post_once("payment_intents", CARD, "gift-1").await;
        assert_eq!((first.status, first.replayed, again.status, again.replayed), (200, false, 200, true));
        assert_eq!(first.body, again.body);
        let other = &[("amount", "9900"), ("currency", "eur")];
        assert_eq!(stripe.post_once("payment_intents", other, "gift-1").await.error().1, "idempotency_error");
        let elsewhere = stripe.post_once("customers", &[("email", "a@example.org")], "gift-1").await;
        assert_eq!(elsewhere.error().1, "idempotency_error");

        // A card that is declined was tried: the same answer again, and no second try.
        let declined = &[("amount", "2500"), ("currency", "eur"), ("confirm", "true"), ("payment_method", "pm_card_chargeDeclined")];
        let first = stripe.post_once("payment_intents", declined, "gift-2").await;
        assert_eq!(first.error(), (402, "card_error", "card_declined", ""));
        assert_eq!(first.body["error"]["payment_intent"]["status"], "requires_payment_method");
        let again = stripe.post_once("payment_intents", declined, "gift-2").await;
        assert_eq!((again.status, again.replayed), (402, true));
        assert_eq!(stripe.get("charges", &[]).await.ids().len(), 2);

        // What was wrong before it began may be put right under the same key.
        assert_eq!(stripe.post_once("payment_intents", &[("currency", "eur")], "gift-3").await.status, 400);
        assert_eq!(stripe.post_once("payment_intents", other, "gift-3").await.status, 200);
    }

    async fn pages_go_both_ways(backend) {
        let stripe = stranger(backend);
        for name in ["a", "b", "c", "d", "e"] {
            stripe.post("customers", &[("email", &format!("{name}@example.org")), ("name", name)]).await;
        }
        let all = stripe.get("customers", &[]).await;
        assert_eq!(all.body["data"][0]["name"], "e", "the newest first");
        assert_eq!((all.body["has_more"].as_bool(), all.body["url"].as_str()), (Some(false), Some("/v1/customers")));
        let ids = all.ids();
        let first = stripe.get("customers", &[("limit", "2")]).await;
        assert_eq!((first.ids(), first.body["has_more"].as_bool()), (ids[..2].to_vec(), Some(true)));
        let next = stripe.get("customers", &[("limit", "3"), ("starting_after", &ids[1])]).await;
        assert_eq!((next.ids(), next.body["has_more"].as_bool()), (ids[2..].to_vec(), Some(false)));
        let back = stripe.get("customers", &[("limit", "2"), ("ending_before", &ids[3])]).await;
        assert_eq!((back.ids(), back.body["has_more"].as_bool()), (ids[1..3].to_vec(), Some(true)));
        let one = stripe.get("customers", &[("email", "c@example.org")]).await;
        assert_eq!(one.ids(), [ids[2].clone()]);
        let now = (START / 1_000_000).to_string();
        assert_eq!(stripe.get("customers", &[("created[gte]", &now)]).await.ids().len(), 5);
        assert_eq!(stripe.get("customers", &[("created[gt]", &now)]).await.ids().len(), 0);
        let changed = stripe.post(&format!("customers/{}", ids[0]), &[("metadata[a]", "1"), ("name", "E")]).await;
        assert_eq!((changed.body["name"].as_str(), changed.body["metadata"]["a"].as_str()), (Some("E"), Some("1")));
        let changed = stripe.post(&format!("customers/{}", ids[0]), &[("metadata[a]", "")]).await;
        assert_eq!(changed.body["metadata"], serde_json::json!({}));
    }

    async fn ids_become_objects_when_asked(backend) {
        let stripe = stranger(backend);
        let session = stripe.session("subscription", "2500", "eur").await;
        stripe.stage.pay(&session, Outcome::Paid);
        stripe.stage.advance(chrono::Duration::seconds(10));
        let path = format!("checkout/sessions/{session}");
        let plain = stripe.one(&path, &[]).await;
        assert!(plain["subscription"].is_string() && plain["invoice"].is_string() && plain.get("line_items").is_none());
        assert!(plain.as_object().unwrap().keys().all(|key| !key.starts_with('_')), "what is ours stays ours");
        let expand = [("expand[]", "subscription.latest_invoice"), ("expand[]", "invoice.payments.data.payment.payment_intent"), ("expand[]", "line_items")];
        let full = stripe.one(&path, &expand).await;
        assert_eq!(full["subscription"]["latest_invoice"]["status"], "paid");
        assert_eq!(full["line_items"]["data"][0]["amount_total"], 2500);
        let intent = &full["invoice"]["payments"]["data"][0]["payment"]["payment_intent"];
        assert_eq!((intent["object"].as_str(), intent["status"].as_str()), (Some("payment_intent"), Some("succeeded")));
        assert_eq!(intent["metadata"], serde_json::json!({}), "an invoice's payment carries nothing of ours");
        let listed = stripe.one("payment_intents", &[("expand[]", "data.latest_charge.balance_transaction")]).await;
        assert_eq!(listed["data"][0]["latest_charge"]["balance_transaction"]["net"], 2500 - 63);
        let refused = stripe.get(&path, &[("expand[]", "amount_total")]).await;
        assert_eq!((refused.error().0, refused.error().3), (400, "expand"));
        let by = stripe.get("checkout/sessions", &[("subscription", plain["subscription"].as_str().unwrap())]).await;
        assert_eq!(by.ids(), [session]);
    }
}
