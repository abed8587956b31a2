//! Leaving by one click and by the page.

use chrono::Duration;
use pledgepost::audit::Actor;
use pledgepost::subscribers::{SubscriberState, SuppressionReason, erase, suppression};

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::campaigns;
use crate::support::readers::*;

fn suppressed(site: &TestApp, email: &str) -> Option<SuppressionReason> {
    let hash = site.app.root.address_hash(email);
    site.read(|db| Ok(suppression::find(db, &hash)?)).unwrap().map(|(reason, _)| reason)
}

on_both! {
    async fn one_click_leaves_and_repeats_harmlessly(backend) {
        let site = TestApp::start(backend).await;
        let law = add_topic(&site, "law");
        let reader = add_reader(&site, "anna@example.org", &[law]);
        let path = unsubscribe_path(&site, add_mail(&site, &reader));
        let before = everything(&site);
        site.get(&path).await.is(200).shows("Leave everything").shows("a…@example.org");
        assert_eq!(everything(&site), before, "looking changes nothing");
        // As mail providers post it: no cookie, no origin, and years later.
        site.app.clock.advance(Duration::days(4000));
        site.post_form_with(&path, &[("List-Unsubscribe", "One-Click")], &[]).await.is(200);
        assert_eq!(find(&site, "anna@example.org").unwrap().state, SubscriberState::Unsubscribed);
        assert_eq!(suppressed(&site, "anna@example.org"), Some(SuppressionReason::Unsubscribed));
        assert_eq!(consent_of(&site, "anna@example.org"), ["left"]);
        let after = everything(&site);
        site.post_form_with(&path, &[("List-Unsubscribe", "One-Click")], &[]).await.is(200);
        assert_eq!(everything(&site), after);
        site.post_form_with(&path, &[("nothing", "known")], &[]).await.is(400);
        site.post_form_with("/unsubscribe/forged", &[("List-Unsubscribe", "One-Click")], &[]).await.is(404);
    }

    async fn one_click_leaves_the_topics_of_its_campaign_only(backend) {
        let site = TestApp::start(backend).await;
        let (law, aid) = (add_topic(&site, "law"), add_topic(&site, "aid"));
        add_reader(&site, "anna@example.org", &[law, aid]);
        let id = campaigns::campaign(&site.app, &[("en", "News", "Hello")], &["law"]);
        let delivery = campaigns::started(&site.app, id).remove(0);
        let path = unsubscribe_path(&site, delivery.id);
        site.get(&path).await.is(200).shows("Topic law").shows("Leave this topic").shows("Leave everything");
        site.post_form_with(&path, &[("List-Unsubscribe", "One-Click")], &[]).await.is(200);
        assert_eq!(topics_of(&site, "anna@example.org"), [aid]);
        assert_eq!(find(&site, "anna@example.org").unwrap().state, SubscriberState::Active);
        site.post_form(&path, &[("action", "topics")]).await.is(200).shows("left this topic").shows("Put me back");
        site.post_form(&path, &[("action", "undo")]).await.is(200).shows("Welcome back");
        assert_eq!(topics_of(&site, "anna@example.org"), [law, aid]);
        site.post_form(&path, &[("action", "all")]).await.is(200).shows("no more mails");
        assert_eq!(topics_of(&site, "anna@example.org"), []);
    }

    async fn put_me_back_within_the_hour(backend) {
        let site = TestApp::start(backend).await;
        let (law, aid) = (add_topic(&site, "law"), add_topic(&site, "aid"));
        let reader = add_reader(&site, "anna@example.org", &[law, aid]);
        let path = unsubscribe_path(&site, add_mail(&site, &reader));
        site.post_form(&path, &[("action", "all")]).await.is(200).shows("no more mails").shows("Put me back");
        site.app.clock.advance(Duration::minutes(59));
        site.post_form(&path, &[("action", "undo")]).await.is(200).shows("Welcome back");
        assert_eq!(find(&site, "anna@example.org").unwrap().state, SubscriberState::Active);
        assert_eq!(topics_of(&site, "anna@example.org"), [law, aid]);
        assert_eq!((suppressed(&site, "anna@example.org"), consent_of(&site, "anna@example.org")), (None, vec!["left".into(), "restored".into()]));
        site.post_form(&path, &[("action", "all")]).await.is(200);
        site.app.clock.advance(Duration::minutes(61));
        let before = everything(&site);
        let page = site.post_form(&path, &[("action", "undo")]).await;
        assert!(!page.is(200).text.contains("Put me back"));
        assert_eq!(everything(&site), before);
    }

    async fn an_erased_reader_can_still_press_the_link(backend) {
        let site = TestApp::start(backend).await;
        let law = add_topic(&site, "law");
        let reader = add_reader(&site, "anna@example.org", &[law]);
        let path = unsubscribe_path(&site, add_mail(&site, &reader));
        let now = site.app.clock.now();
        site.write(|db| erase::erase(db, reader.id, &Actor::command_line(), now)).unwrap();
        assert_eq!(suppressed(&site, "anna@example.org"), Some(SuppressionReason::Erased));
        assert!(site.mails().iter().all(|(_, to, _)| to.is_empty()), "the address is gone from deliveries");
        let before = everything(&site);
        site.get(&path).await.is(200).shows("no more mails");
        site.post_form_with(&path, &[("List-Unsubscribe", "One-Click")], &[]).await.is(200);
        site.post_form(&path, &[("action", "all")]).await.is(200);
        assert_eq!(everything(&site), before);
    }
}
