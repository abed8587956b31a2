//! Requests that no page of ours makes.

use pledgepost::staff::Role;
use serde_json::json;

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::readers::*;

on_both! {
    async fn a_nul_in_the_address_is_refused_before_the_database(backend) {
        let site = TestApp::start(backend).await;
        site.get("/analyses/%00").await.is(404);
        for path in ["/analyses?topic=%00", "/?lang=a%00", "/sandbox/mail?q=%00"] {
            site.get(path).await.is(400);
        }
        site.log_in_as(Role::Admin).await;
        for path in ["/staff/subscribers?q=%00", "/staff/analyses?q=%00", "/staff/campaigns/1/deliveries?q=a%00b"] {
            site.get(path).await.is(400);
        }
    }

    async fn a_program_is_answered_as_one_also_when_it_errs(backend) {
        let site = TestApp::start(backend).await;
        let answer = site.post_json("/subscribe", &json!({ "email": ["x"] })).await;
        assert_eq!(answer.is(400).header("content-type"), "application/json");
        answer.shows("\"error\"");
    }

    async fn the_sandbox_is_not_there_under_a_foreign_name(backend) {
        let site = TestApp::start(backend).await;
        site.get("/sandbox/mail").await.is(200);
        site.get_with("/sandbox/mail", &[("host", "localhost:8080")]).await.is(200);
        site.get_with("/sandbox/mail", &[("host", "[::1]:8080")]).await.is(200);
        site.get_with("/sandbox/mail", &[("host", "evil.example:8080")]).await.is(404);
        site.get_with("/metrics", &[("host", "evil.example")]).await.is(404);
    }

    async fn a_token_opens_the_numbers_and_is_not_tried_out(backend) {
        const TOKEN: &str = "what only our Prometheus knows";
        let site = TestApp::start_with(backend, |config| {
            config.web.metrics_token = Some(TOKEN.into());
            config.web.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        })
        .await;
        pledgepost::telemetry::init_metrics().unwrap();
        let ask = async |from: &str, said: &str| {
            site.get_with("/metrics", &[("x-forwarded-for", from), ("authorization", said)]).await.status
        };
        let right = format!("Bearer {TOKEN}");
        assert_eq!(ask("203.0.113.9", &right).await, 200);
        assert_eq!(ask("203.0.113.9", &right.to_lowercase()).await, 404);
        for said in ["Bearer ", "Bearer", TOKEN, "Basic what only our Prometheus knows"] {
            assert_eq!(ask("203.0.113.9", said).await, 404, "{said:?}");
        }
        let mut answers = Vec::new();
        for number in 0..40 {
            answers.push(ask("203.0.113.9", &format!("Bearer guess {number}")).await);
        }
        assert!(answers.contains(&429), "{answers:?}");
        assert_eq!(ask("203.0.113.10", "Bearer a guess from elsewhere").await, 404);
        assert_eq!(ask("203.0.113.10", &right).await, 200);
        let without = TestApp::start(backend).await;
        without.get_with("/metrics", &[("x-forwarded-for", "203.0.113.9"), ("authorization", &right)]).await.is(404);
    }

    async fn downloads_run_nothing_in_a_spreadsheet(backend) {
        let site = TestApp::start(backend).await;
        let law = add_topic(&site, "law");
        add_reader(&site, "=cmd|'/c'!a0@example.org", &[law]);
        site.log_in_as(Role::Campaigner).await;
        let file = site.get("/staff/subscribers.csv").await;
        assert!(file.is(200).text.contains("\n'=cmd|'/c'!a0@example.org,Anna,"), "{}", file.text);
    }

    async fn an_unsubscribe_link_is_nothing_else(backend) {
        let site = TestApp::start(backend).await;
        let law = add_topic(&site, "law");
        let anna = add_reader(&site, "anna@example.org", &[law]);
        let mail = add_mail(&site, &anna);
        let token = unsubscribe_path(&site, mail).replace("/unsubscribe/", "");
        let before = everything(&site);
        for path in ["/preferences", "/confirm", "/mail", "/staff/setup", "/staff/reset"] {
            site.get(&format!("{path}/{token}")).await.is(404);
            site.post_form(&format!("{path}/{token}"), &[("action", "save")]).await.is(404);
        }
        let preferences = preferences_path(&site, mail).replace("/preferences/", "");
        site.post_form(&format!("/unsubscribe/{preferences}"), &[("action", "all")]).await.is(404);
        assert_eq!(everything(&site), before);
    }
}
