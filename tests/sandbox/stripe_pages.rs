//! The hosted payment page of the sandbox's Stripe, and its dashboard.

use chrono::Duration;
use pledgepost::config::Mode;
use pledgepost::staff::Role;

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::hook::Hook;
use crate::support::sandbox_stripe::SandboxApi;

const THANKS: &str = "http://shop.example/thanks?id=";

fn page(id: &str) -> String {
    format!("/sandbox/stripe/checkout/{id}")
}

on_both! {
    async fn a_gift_is_paid_on_the_page(backend) {
        let site = TestApp::start(backend).await;
        let api = SandboxApi::start(&site, None, "whsec_test");
        let id = api.session("2500", "eur", None, &[("submit_type", "donate"), ("locale", "ru")]).await;
        let open = site.get(&page(&id)).await;
        open.is(200).shows("Sandbox: no money moves").shows("Gift to &lt;Equal Ground&gt;").shows("donor@example.org");
        open.shows("25,00\u{a0}€").shows("Donate 25,00").shows("Card is declined").shows("Go back");
        assert!(!open.text.contains("fails next time"), "only subscriptions are renewed");
        let policy = open.header("content-security-policy");
        assert!(policy.contains("form-action 'self' http://shop.example"), "{policy}");
        site.post_form(&page(&id), &[("outcome", "paid")]).await.leads_to(&format!("{THANKS}{id}"));
        site.get(&page(&id)).await.is(200).shows("This payment is complete").shows("Continue");
        // A second tab that still shows the form.
        site.post_form(&page(&id), &[("outcome", "paid")]).await.leads_to(&page(&id));
        let session = api.get(&format!("/v1/checkout/sessions/{id}")).await;
        assert_eq!((session["status"].as_str(), session["payment_status"].as_str()), (Some("complete"), Some("paid")));
        let payments = api.get("/v1/payment_intents").await;
        assert_eq!(payments["data"].as_array().unwrap().len(), 1, "paid once");
    }

    async fn a_foreign_page_in_the_same_browser_moves_nothing(backend) {
        let site = TestApp::start(backend).await;
        let url = format!("{}/sandbox/stripe/api/v1/customers", site.base);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let ask = |more: &'static [(&str, &str)]| {
            let mut request = client.post(&url).basic_auth("sk_test_x", Some("")).form(&[("name", "Ada")]);
            for (name, value) in more {
                request = request.header(*name, *value);
            }
            async { request.send().await.unwrap().status().as_u16() }
        };
        assert_eq!(ask(&[]).await, 200, "programs name no origin");
        assert_eq!(ask(&[("origin", "https://evil.example")]).await, 403);
        assert_eq!(ask(&[("sec-fetch-site", "cross-site")]).await, 403);
        assert_eq!(ask(&[("origin", "null")]).await, 403, "a sandboxed frame");
        assert_eq!(ask(&[("host", "evil.example")]).await, 404, "a name that was made to lead here");
        assert_eq!(ask(&[("x-forwarded-for", "203.0.113.9")]).await, 404);
        assert_eq!(ask(&[("forwarded", "for=203.0.113.9")]).await, 404);
    }

    async fn a_declined_card_may_be_followed_by_another(backend) {
        let site = TestApp::start(backend).await;
        let api = SandboxApi::start(&site, None, "whsec_test");
        let id = api.session("3000", "jpy", Some("month"), &[]).await;
        site.get(&page(&id)).await.shows("¥3,000").shows("every month").shows("A card that fails next time");
        let stays = format!("{}?error=declined", page(&id));
        site.post_form(&page(&id), &[("outcome", "declined")]).await.leads_to(&stays);
        site.get(&stays).await.shows("Your card was declined").shows("Pay ¥3,000 every month");
        let events = api.get("/v1/events?type=payment_intent.payment_failed").await;
        assert_eq!(events["data"].as_array().unwrap().len(), 1);
        site.post_form(&page(&id), &[("outcome", "fails_later")]).await.leads_to(&format!("{THANKS}{id}"));
        let subscriptions = api.get("/v1/subscriptions").await;
        assert_eq!(subscriptions["data"][0]["status"], "active");
        site.post_form("/sandbox/stripe/clock", &[("by", "month")]).await.leads_to("/sandbox/stripe?done=clock");
        let subscriptions = api.get("/v1/subscriptions").await;
        assert_eq!(subscriptions["data"][0]["status"], "past_due");
    }

    async fn a_bank_debit_takes_days(backend) {
        let site = TestApp::start(backend).await;
        let api = SandboxApi::start(&site, None, "whsec_test");
        let id = api.session("2500", "eur", None, &[]).await;
        site.post_form(&page(&id), &[("outcome", "debit")]).await.leads_to(&format!("{THANKS}{id}"));
        site.get(&page(&id)).await.shows("This payment is on its way");
        site.post_form("/sandbox/stripe/clock", &[("by", "week")]).await.is(303);
        site.get(&page(&id)).await.shows("This payment is complete");
        let moved = site.get("/sandbox/stripe?done=clock").await;
        moved.shows("clock was moved").shows("7 days ahead").shows("8 March 2026");
    }

    async fn leaving_and_being_late(backend) {
        let site = TestApp::start(backend).await;
        let api = SandboxApi::start(&site, None, "whsec_test");
        let id = api.session("2500", "eur", None, &[]).await;
        site.post_form(&page(&id), &[("outcome", "back")]).await.leads_to("http://shop.example/donate");
        site.get(&page(&id)).await.shows("Card number");
        site.app.clock.advance(Duration::hours(25));
        site.get(&page(&id)).await.shows("This payment page has expired").shows("begin anew");
        site.post_form(&page(&id), &[("outcome", "paid")]).await.leads_to(&page(&id));
        site.post_form(&page(&id), &[("outcome", "free")]).await.is(422);
        site.get(&page("cs_test_none")).await.is(404);
        site.post_form(&page("cs_test_none"), &[("outcome", "paid")]).await.is(404);
        site.post_form_with(&page(&id), &[("outcome", "paid")], &[("origin", "http://evil.example")]).await.is(403);
    }

    async fn the_dashboard_shows_what_happened(backend) {
        let site = TestApp::start(backend).await;
        let hook = Hook::start().await;
        let api = SandboxApi::start(&site, Some(hook.url.clone()), "whsec_test");
        site.get("/sandbox/stripe").await.is(200).shows("No events yet").shows("Mischief");
        let id = api.session("2500", "eur", None, &[]).await;
        site.post_form(&page(&id), &[("outcome", "paid")]).await.is(303);
        hook.answer(&[500]);
        let all = api.stripe.deliver_due().await.unwrap();
        let board = site.get("/sandbox/stripe").await;
        board.shows("checkout.session.completed").shows("payment_intent.succeeded").shows("€25.00");
        board.shows("to be tried again").shows("500 read it").shows("200 read it").shows(&id);
        let live = site.get("/sandbox/stripe/live").await;
        assert!(live.shows("checkout.session.completed").text.trim_start().starts_with("<div>"));

        let event = api.get("/v1/events?type=checkout.session.completed").await;
        let event = event["data"][0]["id"].as_str().unwrap();
        let shown = site.get(&format!("/sandbox/stripe/objects/{event}")).await;
        shown.shows("Send again").shows("delivered").shows("&quot;api_version&quot;").shows(&id);
        hook.take();
        let again = format!("/sandbox/stripe/events/{event}/send");
        site.post_form(&again, &[]).await.leads_to(&format!("/sandbox/stripe/objects/{event}?done=again"));
        site.get(&format!("/sandbox/stripe/objects/{event}?done=again")).await.shows("on its way once more");
        assert_eq!(api.stripe.deliver_due().await.unwrap(), 1);
        assert_eq!(hook.take()[0].event()["id"], event);
        assert!(all > 2);

        let session = site.get(&format!("/sandbox/stripe/objects/{id}")).await;
        session.shows("Checkout session").shows("Points to").shows("Payment intent").shows("checkout.session.completed");
        site.get("/sandbox/stripe/objects?kind=payment_intent").await.shows("Payment intents").shows("succeeded");
        site.get("/sandbox/stripe/objects?kind=event").await.shows("Events").shows("delivered");
        site.get("/sandbox/stripe/objects?kind=nothing").await.is(200).shows("None yet");
        site.get("/sandbox/stripe/objects/pi_none").await.is(404);
        site.post_form(&format!("/sandbox/stripe/events/{id}/send"), &[]).await.is(404);
    }

    async fn mischief_is_chosen_there(backend) {
        let site = TestApp::start(backend).await;
        let hook = Hook::start().await;
        let api = SandboxApi::start(&site, Some(hook.url.clone()), "whsec_test");
        site.post_form("/sandbox/stripe/mischief", &[("mischief", "lost")]).await.leads_to("/sandbox/stripe?done=mischief");
        site.get("/sandbox/stripe?done=mischief").await.shows("No event arrives");
        site.post_form("/sandbox/stripe/mischief", &[("mischief", "worse")]).await.is(422);
        let id = api.session("2500", "eur", None, &[]).await;
        site.post_form(&page(&id), &[("outcome", "paid")]).await.is(303);
        api.stripe.deliver_due().await.unwrap();
        assert!(hook.take().is_empty());
        site.get("/sandbox/stripe").await.shows("lost on purpose").shows("lost or given up");
        let missing = api.get("/v1/events?delivery_success=false&limit=100").await;
        let missing = missing["data"].as_array().unwrap();
        assert!(missing.iter().any(|event| event["type"] == "checkout.session.completed"), "{missing:?}");
    }

    async fn strangers_and_live_installations_see_nothing(backend) {
        let site = TestApp::start(backend).await;
        for path in ["/sandbox/stripe", "/sandbox/stripe/objects", "/sandbox/stripe/checkout/cs_test_x"] {
            site.get_with(path, &[("x-forwarded-for", "203.0.113.9")]).await.is(404);
            site.get_with(path, &[("host", "rebound.example")]).await.is(404);
        }
        site.log_in_as(Role::Viewer).await;
        site.get("/staff").await.shows("href=\"/sandbox/stripe\"").shows("Sandbox mailbox");
        let rehearsal = TestApp::start_with(backend, |config| config.mode = Mode::Rehearsal).await;
        rehearsal.get("/sandbox/stripe").await.is(200).shows("No money moves");
        rehearsal.get("/sandbox/mail").await.is(404);
        rehearsal.log_in_as(Role::Viewer).await;
        let home = rehearsal.get("/staff").await;
        home.shows("href=\"/sandbox/stripe\"");
        assert!(!home.text.contains("Sandbox mailbox"));
    }
}
