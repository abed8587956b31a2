//! Signing up and confirming.

use chrono::Duration;
use pledgepost::subscribers::{SubscriberState, SuppressionReason, purge, suppression};
use serde_json::json;

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::readers::*;

async fn sign_up(site: &TestApp, email: &str, topic: &str) -> crate::support::app::Answer {
    site.post_form(
        "/subscribe",
        &[("email", email), ("name", "Anna"), ("topics", topic), ("language", "en"), ("website", "")],
    )
    .await
}

/// The path of the newest confirmation mail's link.
fn link(site: &TestApp) -> String {
    let (kind, _, data) = site.mails().pop().unwrap();
    assert_eq!(kind, "confirm");
    site.path_of(&data["confirm_url"])
}

on_both! {
    async fn the_button_subscribes_and_the_page_does_not(backend) {
        let site = TestApp::start(backend).await;
        let law = add_topic(&site, "law");
        add_topic(&site, "aid");
        sign_up(&site, "Anna@example.org", "law").await.is(200).shows("check your mailbox");
        assert_eq!(find(&site, "anna@example.org").unwrap().state, SubscriberState::Pending);
        let (_, to, data) = site.mails().pop().unwrap();
        assert_eq!((to.as_str(), &data["topics"], &data["valid_days"]), ("Anna@example.org", &json!(["Topic law"]), &json!(7)));
        let path = link(&site);
        let before = everything(&site);
        site.get(&path).await.is(200).shows("Anna@example.org").shows("Topic law").shows("Yes, I want that");
        site.head(&path).await.is(200);
        assert_eq!(everything(&site), before, "looking changes nothing");

        site.post_form(&path, &[("action", "confirm")]).await.is(200).shows("Welcome");
        let row = find(&site, "anna@example.org").unwrap();
        assert_eq!((row.state, row.name.as_str(), row.confirmed_at), (SubscriberState::Active, "Anna", Some(site.app.clock.now())));
        assert_eq!(topics_of(&site, "anna@example.org"), [law]);
        assert_eq!(consent_of(&site, "anna@example.org"), ["requested", "confirmed"]);

        let before = everything(&site);
        site.get(&path).await.is(200).shows("confirmed already");
        site.post_form(&path, &[("action", "confirm")]).await.is(200).shows("confirmed already");
        assert_eq!(everything(&site), before, "a used link does nothing");
    }

    async fn the_answer_is_the_same_for_every_address(backend) {
        let site = TestApp::start(backend).await;
        let law = add_topic(&site, "law");
        add_reader(&site, "active@example.org", &[law]);
        let hash = site.app.root.address_hash("suppressed@example.org");
        site.write(|db| Ok(suppression::suppress(db, &hash, SuppressionReason::Complained, site.app.clock.now())?)).unwrap();
        sign_up(&site, "cooling@example.org", "law").await;
        let answers = [
            sign_up(&site, "new@example.org", "law").await,
            sign_up(&site, "active@example.org", "law").await,
            sign_up(&site, "cooling@example.org", "law").await,
            sign_up(&site, "suppressed@example.org", "law").await,
        ];
        let mut json = Vec::new();
        for email in ["new2@example.org", "active@example.org", "cooling@example.org", "suppressed@example.org"] {
            json.push(site.post_json("/subscribe", &json!({"email": email, "topics": ["law"], "language": "en"})).await);
        }
        for answers in [&answers[..], &json[..]] {
            for answer in answers {
                assert_eq!((answer.status, &answer.text), (200, &answers[0].text));
            }
        }
        assert_eq!(find(&site, "active@example.org").unwrap().name, "Anna");
        assert_eq!(site.mails().iter().filter(|(_, to, _)| to == "cooling@example.org").count(), 1);
        // The suppressed one's own new double opt-in lifts the suppression.
        let (_, _, data) = site.mails().into_iter().find(|(_, to, _)| to == "suppressed@example.org").unwrap();
        site.post_form(&site.path_of(&data["confirm_url"]), &[]).await.is(200);
        assert_eq!(site.read(|db| Ok(suppression::find(db, &hash)?)).unwrap(), None);
    }

    async fn an_address_cools_down(backend) {
        let site = TestApp::start(backend).await;
        add_topic(&site, "law");
        for (minutes, mails) in [(0, 1), (9, 1), (2, 2), (11, 3), (11, 3), (24 * 60, 4)] {
            site.app.clock.advance(Duration::minutes(minutes));
            sign_up(&site, "anna@example.org", "law").await.is(200);
            assert_eq!(site.mails().len(), mails, "after {minutes} minutes more");
        }
    }

    async fn what_cannot_be_taken_is_named_and_changes_nothing(backend) {
        let site = TestApp::start(backend).await;
        add_topic(&site, "law");
        add_topic(&site, "aid");
        let before = everything(&site);
        sign_up(&site, "not an address", "law").await.is(422).shows("name@example.org").shows("not an address");
        sign_up(&site, "anna@example.org", "gardening").await.is(422).shows("choose at least one of these topics");
        site.post_form("/subscribe", &[("email", "anna@example.org")]).await.is(422).shows("choose at least one");
        let answer = site.post_json("/subscribe", &json!({"email": "x", "topics": ["gardening"], "name": "a\u{0}b"})).await;
        let body: serde_json::Value = serde_json::from_str(&answer.is(422).text).unwrap();
        let fields: Vec<_> = body["error"]["fields"].as_array().unwrap().iter().map(|f| f["field"].as_str().unwrap()).collect();
        assert_eq!(fields, ["email", "name", "topics"]);
        site.post_json("/subscribe", &json!([1])).await.is(400);
        // A program that fills in every field hears what people hear.
        let honey = [("email", "bot@example.org"), ("topics", "law"), ("website", "http://spam.example")];
        site.post_form("/subscribe", &honey).await.is(200).shows("check your mailbox");
        assert_eq!(everything(&site), before);
    }

    async fn forged_and_expired_links(backend) {
        let site = TestApp::start(backend).await;
        add_topic(&site, "law");
        sign_up(&site, "anna@example.org", "law").await;
        let path = link(&site);
        let before = everything(&site);
        for bad in ["/confirm/abc", &path.replace("/confirm/", "/confirm/A"), &path.replace("/confirm/", "/unsubscribe/")] {
            site.get(bad).await.is(404).shows("not one of ours");
            site.post_form(bad, &[("action", "confirm")]).await.is(404).shows("not one of ours");
        }
        site.app.clock.advance(Duration::days(7));
        site.get(&path).await.is(200).shows("too old").shows("Send me a fresh link");
        site.post_form(&path, &[("action", "confirm")]).await.is(200).shows("too old");
        assert_eq!(everything(&site), before);
        site.post_form(&path, &[("action", "again")]).await.is(200).shows("check your mailbox");
        site.post_form(&path, &[("action", "again")]).await.is(200).shows("check your mailbox");
        assert_eq!(site.mails().len(), 2, "the second one cools down");
        site.post_form(&link(&site), &[]).await.is(200).shows("Welcome");
        site.get(&path).await.is(200);
    }

    async fn who_left_is_not_brought_back_by_an_older_mail(backend) {
        let site = TestApp::start(backend).await;
        add_topic(&site, "law");
        sign_up(&site, "anna@example.org", "law").await;
        let used = link(&site);
        site.post_form(&used, &[]).await.is(200);
        site.app.clock.advance(Duration::hours(1));
        sign_up(&site, "anna@example.org", "law").await;
        let waiting = link(&site);
        let mail = add_mail(&site, &find(&site, "anna@example.org").unwrap());
        site.post_form(&unsubscribe_path(&site, mail), &[("action", "all")]).await.is(200);
        for path in [used, waiting] {
            site.post_form(&path, &[("action", "confirm")]).await.is(200);
            assert_eq!(find(&site, "anna@example.org").unwrap().state, SubscriberState::Unsubscribed);
        }
    }

    async fn unconfirmed_sign_ups_are_cleared_away(backend) {
        let site = TestApp::start(backend).await;
        let law = add_topic(&site, "law");
        add_reader(&site, "active@example.org", &[law]);
        for email in ["active@example.org", "pending@example.org"] {
            sign_up(&site, email, "law").await;
        }
        let path = link(&site);
        let purge = |site: &TestApp| site.write(|db| Ok(purge::expired(db, site.app.clock.now())?)).unwrap();
        site.app.clock.advance(Duration::days(29));
        assert_eq!(purge(&site), 0);
        site.app.clock.advance(Duration::days(2));
        assert_eq!(purge(&site), 1);
        let kept = format!("{:?}", site.mails());
        assert!(!kept.contains("pending@example.org") && kept.contains("active@example.org"), "{kept}");
        assert!(find(&site, "pending@example.org").is_none() && find(&site, "active@example.org").is_some());
        site.get(&path).await.is(200).shows("sign up again");
    }
}
