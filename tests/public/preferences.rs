//! The preference page.

use chrono::Duration;
use pledgepost::staff::Role;
use pledgepost::subscribers::SubscriberState;

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::readers::*;

on_both! {
    async fn choices_are_shown_and_saved(backend) {
        let site = TestApp::start(backend).await;
        let (law, aid) = (add_topic(&site, "law"), add_topic(&site, "aid"));
        let reader = add_reader(&site, "anna@example.org", &[law]);
        let path = preferences_path(&site, add_mail(&site, &reader));
        let before = everything(&site);
        let page = site.get(&path).await;
        page.is(200).shows("a…@example.org").shows("Topic aid");
        assert!(!page.text.contains("anna@example.org"));
        let wrong = [("action", "save"), ("language", "tlh"), ("topics", "gardening"), ("name", "Anna")];
        site.post_form(&path, &wrong).await.is(422).shows("choose one of these languages").shows("at least one of these topics");
        assert_eq!(everything(&site), before);
        let good = [("action", "save"), ("language", "en"), ("topics", "aid"), ("name", "Anna P.")];
        site.post_form(&path, &good).await.is(200).shows("Saved");
        assert_eq!((topics_of(&site, "anna@example.org"), find(&site, "anna@example.org").unwrap().name), (vec![aid], "Anna P.".into()));
        assert_eq!(consent_of(&site, "anna@example.org"), ["changed"]);
        site.post_form(&path, &[("action", "leave")]).await.is(200).shows("no more mails");
        assert_eq!(find(&site, "anna@example.org").unwrap().state, SubscriberState::Unsubscribed);
        // Coming back needs a new double opt-in.
        site.post_form(&path, &good).await.is(200).shows("press the button");
        assert_eq!(find(&site, "anna@example.org").unwrap().state, SubscriberState::Unsubscribed);
        let (kind, _, data) = site.mails().pop().unwrap();
        assert_eq!(kind, "confirm");
        site.post_form(&site.path_of(&data["confirm_url"]), &[]).await.is(200);
        assert_eq!(topics_of(&site, "anna@example.org"), [aid]);
    }

    async fn where_a_reader_is_may_be_said(backend) {
        let site = TestApp::start(backend).await;
        let law = add_topic(&site, "law");
        let reader = add_reader(&site, "anna@example.org", &[law]);
        let path = preferences_path(&site, add_mail(&site, &reader));
        let page = site.get(&path).await;
        page.is(200).shows("Your time zone").shows("Not said (mails go by UTC)").shows("America/New York");
        assert!(!site.get("/subscribe").await.is(200).text.contains("time_zone"), "nobody is asked for it at first");
        let zone = || find(&site, "anna@example.org").unwrap().time_zone;
        let basis = [("action", "save"), ("language", "en"), ("topics", "law"), ("name", "Anna")];
        let save = async |zone: &str| {
            let fields: Vec<_> = basis.into_iter().chain([("time_zone", zone)]).collect();
            site.post_form(&path, &fields).await
        };
        save("Mars/Base").await.is(422).shows("choose one of these time zones").shows("href=\"#f-time_zone\"");
        assert_eq!(zone(), "");
        save("America/New_York").await.is(200).shows("Saved");
        assert_eq!(zone(), "America/New_York");
        site.get(&path).await.shows("<option value=\"America/New_York\" selected>");
        site.log_in_as(Role::Campaigner).await;
        site.get(&format!("/staff/subscribers/{}", reader.id)).await.is(200).shows("Time zone").shows("America/New York");
        site.post_form(&path, &basis).await.is(200).shows("Saved");
        assert_eq!(zone(), "America/New_York", "a form that does not ask for it leaves it");
        save("").await.is(200).shows("Saved");
        assert_eq!(zone(), "");
        site.get(&format!("/staff/subscribers/{}", reader.id)).await.shows("as the organisation’s");
    }

    async fn an_expired_link_brings_a_fresh_one_by_mail(backend) {
        let site = TestApp::start(backend).await;
        let law = add_topic(&site, "law");
        let reader = add_reader(&site, "anna@example.org", &[law]);
        let mail = add_mail(&site, &reader);
        let path = preferences_path(&site, mail);
        site.app.clock.advance(Duration::days(30));
        let before = everything(&site);
        site.get(&path).await.is(200).shows("too old");
        site.post_form(&path, &[("action", "save"), ("language", "en")]).await.is(200).shows("too old");
        site.get("/preferences/forged").await.is(404).shows("not one of ours");
        assert_eq!(everything(&site), before);
        let first = site.post_form(&path, &[("action", "link")]).await;
        let cooling = site.post_form(&path, &[("action", "link")]).await;
        assert_eq!((first.status, &first.text), (cooling.status, &cooling.text));
        assert_eq!(site.mails().len(), 2);
        let fresh = site.path_of(&site.mails().pop().unwrap().2["preferences_url"]);
        site.get(&fresh).await.is(200).shows("Your choices");
        site.app.clock.advance(Duration::hours(24));
        site.get(&fresh).await.is(200).shows("too old");
        site.post_form(&unsubscribe_path(&site, mail), &[("action", "preferences")]).await.is(200).shows("fresh link");
        assert_eq!(site.mails().len(), 3);
    }
}
