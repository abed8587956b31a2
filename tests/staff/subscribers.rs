//! The staff pages about subscribers.

use pledgepost::staff::Role;
use pledgepost::subscribers::{SubscriberState, SuppressionReason, suppression};

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::readers::*;

on_both! {
    async fn search_filter_sort_and_export(backend) {
        let site = TestApp::start(backend).await;
        site.log_in_as(Role::Campaigner).await;
        site.get("/staff/subscribers").await.is(200).shows("No subscribers yet");
        let (law, aid) = (add_topic(&site, "law"), add_topic(&site, "aid"));
        add_reader(&site, "a_b@example.org", &[law]);
        add_reader(&site, "axb@example.org", &[aid]);
        site.get("/staff/subscribers").await.is(200).shows("2 subscribers").shows("axb@example.org");
        let found = site.get("/staff/subscribers?q=A_B&state=active&topic=law&language=en&sort=email&dir=desc").await;
        found.is(200).shows("1 subscriber").shows("a_b@example.org");
        assert!(!found.text.contains("axb@"), "_ stands for itself");
        site.get("/staff/subscribers?q=nobody").await.is(200).shows("Nobody is found");
        site.get("/staff/subscribers?state=odd&page=-7&sort=x").await.is(200).shows("2 subscribers");
        let csv = site.get("/staff/subscribers.csv?topic=law").await;
        assert!(csv.is(200).text.starts_with("email,name,language,state,confirmed_at\na_b@example.org,Anna,en,active,"), "{}", csv.text);
        assert_eq!(csv.text.lines().count(), 2);
    }

    async fn keep_off_and_erase(backend) {
        let site = TestApp::start(backend).await;
        site.log_in_as(Role::Campaigner).await;
        let law = add_topic(&site, "law");
        let reader = add_reader(&site, "anna@example.org", &[law]);
        add_mail(&site, &reader);
        let page = format!("/staff/subscribers/{}", reader.id);
        site.get(&page).await.is(200).shows("anna@example.org").shows("Topic law").shows("note");
        let before = everything(&site);
        site.get(&format!("{page}/suppress")).await.is(200).shows("Keep off anna@example.org?");
        site.get(&format!("{page}/erase")).await.is(200).shows("cannot be undone");
        assert_eq!(everything(&site), before);
        site.post_form(&format!("{page}/suppress"), &[]).await.leads_to(&page);
        site.get(&page).await.is(200).shows("Kept off by staff").shows("suppressed");
        assert_eq!(find(&site, "anna@example.org").unwrap().state, SubscriberState::Unsubscribed);
        site.post_form(&format!("{page}/erase"), &[]).await.leads_to("/staff/subscribers");
        site.get(&page).await.is(404);
        assert!(find(&site, "anna@example.org").is_none());
        let hash = site.app.root.address_hash("anna@example.org");
        let reason = site.read(|db| Ok(suppression::find(db, &hash)?)).unwrap().unwrap().0;
        assert_eq!(reason, SuppressionReason::Erased);
        site.post_form("/staff/subscribers/suppress", &[("email", "nonsense")]).await.is(422).shows("nonsense");
        site.post_form("/staff/subscribers/suppress", &[("email", "X@example.org")]).await.leads_to("/staff/subscribers");
        let hash = site.app.root.address_hash("x@example.org");
        assert!(site.read(|db| Ok(suppression::find(db, &hash)?)).unwrap().is_some());
    }

    async fn addresses_are_not_for_viewers(backend) {
        let site = TestApp::start(backend).await;
        site.log_in_as(Role::Viewer).await;
        for path in ["/staff/subscribers", "/staff/subscribers.csv", "/staff/subscribers/1", "/staff/topics"] {
            site.get(path).await.is(403);
        }
        site.post_form("/staff/subscribers/1/erase", &[]).await.is(403);
    }
}
