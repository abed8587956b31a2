//! The page *Sending*, and what the start page says of it.

use chrono::Duration;
use diesel::prelude::*;
use pledgepost::campaigns::{Step, store};
use pledgepost::db::schema::{campaigns, deliveries, nodes};
use pledgepost::error::Error;
use pledgepost::outbox::limits::{Allowances, domains};
use pledgepost::outbox::{self, DeliveryState, NewDelivery};
use pledgepost::staff::Role;
use pledgepost::values::{At, CampaignId, EmailAddress, Language, NodeId};
use secrecy::SecretString;

use crate::delivery::limits::today;
use crate::on_both;
use crate::support::Backend;
use crate::support::app::TestApp;
use crate::support::campaigns::campaign;

/// With two mail servers and a backup, one of them new.
async fn with_servers(backend: Backend) -> TestApp {
    TestApp::start_with(backend, |config| {
        let yesterday = chrono::Utc::now().date_naive() - Duration::days(1);
        let urls = [
            "smtp://main.example:25?weight=3&rate=600".to_owned(),
            format!("smtp://fresh.example:25?name=fresh&warmup={yesterday}"),
            "smtp://spare.example:25?backup=yes".to_owned(),
        ];
        config.mail.smtp_urls = urls.map(SecretString::from).into();
        config.sending.rate = 50;
    })
    .await
}

fn failed(app: &TestApp, server: &str, reason: &str, minutes: i64) {
    let now = app.app.clock.now();
    app.write(|db| Ok(outbox::servers::failed(db, server, 3, reason, now + Duration::minutes(minutes), now)?)).unwrap();
}

/// As if a process delivered.
fn a_node(app: &TestApp) {
    let now = app.app.clock.now();
    app.write(|db| {
        let node = (nodes::name.eq("test"), nodes::heartbeat.eq(1_i64), nodes::started_at.eq(now));
        Ok(diesel::insert_into(nodes::table).values(node).execute(db)?)
    })
    .unwrap();
}

fn system_mail(app: &TestApp) {
    let to = EmailAddress::parse("new@example.org").unwrap();
    let mail = NewDelivery::system("confirm", to, Language::english(), &serde_json::json!({})).unwrap();
    let now = app.app.clock.now();
    app.write(|db| Ok(outbox::enqueue(db, &mail, now)?)).unwrap();
}

/// A campaign that is being sent, with rows in these states.
fn sending(app: &TestApp, rows: &[(DeliveryState, usize)]) -> CampaignId {
    let (id, now) = (campaign(&app.app, &[("en", "News", "Hi")], &[]), app.app.clock.now());
    let total: usize = rows.iter().map(|(_, n)| n).sum();
    app.write(|db| {
        let values = (campaigns::state.eq("sending"), campaigns::total.eq(i64::try_from(total).unwrap()));
        diesel::update(campaigns::table.find(id)).set((values, campaigns::updated_at.eq(now))).execute(db)?;
        for (state, count) in rows {
            for n in 0..*count {
                let next = (*state == DeliveryState::Deferred).then_some(now);
                let row = (
                    deliveries::mail.eq("campaign"),
                    deliveries::campaign_id.eq(id),
                    deliveries::address.eq(format!("{state}{n}@example.org")),
                    deliveries::language.eq("en"),
                    deliveries::state.eq(*state),
                    deliveries::attempts.eq(0_i64),
                    deliveries::next_at.eq(next),
                    deliveries::created_at.eq(now),
                    deliveries::updated_at.eq(now),
                );
                diesel::insert_into(deliveries::table).values(row).execute(db)?;
            }
            if state.is_final() {
                outbox::tally::add(db, NodeId(1), id, (*state, i64::try_from(*count).unwrap()), now)?;
            }
        }
        Ok(())
    })
    .unwrap();
    id
}

on_both! {
    async fn servers_are_shown_as_they_are(backend) {
        let app = with_servers(backend).await;
        app.log_in_as(Role::Viewer).await;
        let page = app.get("/staff/sending").await;
        page.is(200).shows("main.example:25").shows("Works").shows("75 % of the mails (weight 3)").shows("25 %");
        page.shows("600 mails a minute, all processes together").shows("Used only while all others are paused");
        page.shows("Day 2 of 30: 0 of 400 today").shows("<progress").shows("50 mails a second").shows("PLEDGEPOST_SEND_RATE");
        page.shows("No campaign is being sent.").shows("No domain has a limit.");
        assert!(!page.text.contains("<form class=\"form"), "a viewer looks");
        assert!(!page.text.contains("sandbox mailbox</a>, and"));

        failed(&app, "main.example:25", "the mail server main.example:25 refused our password: 535 5.7.8 no", 5);
        let limits = app.app.mail_servers[1].limits(true);
        today(&app.app.db);
        let mut node = Allowances::default();
        let mails = node.room(&app.app.db, &limits, 500).unwrap();
        node.spend(&limits, mails);
        let page = app.get("/staff/sending").await;
        page.is(200).shows("Paused until ").shows("The user name or password in the settings is wrong");
        page.shows("It said: “535 5.7.8 no”.").shows("Waits until ").shows("400 of 400 today");
        app.get("/staff").await.is(200).shows("The mail server main.example:25 takes no mail. The user name or password");
        app.app.clock.advance(Duration::minutes(6));
        app.get("/staff/sending").await.is(200).shows("Failed last time").shows("tried again by itself with the next mail");
        app.get("/staff").await.is(200).shows("href=\"/staff/sending\"");
    }

    async fn who_may_not_see_addresses_sees_none_in_what_servers_say(backend) {
        let app = with_servers(backend).await;
        let said = "refused to take mail to the recipient from us: 554 5.7.1 <anna@secret.example>: relay access denied";
        failed(&app, "main.example:25", &format!("the mail server main.example:25 {said}"), 5);
        for (role, sees) in [(Role::Campaigner, true), (Role::Viewer, false), (Role::Finance, false)] {
            app.log_in_as(role).await;
            for path in ["/staff", "/staff/sending"] {
                let page = app.get(path).await;
                page.is(200).shows("relay access denied");
                assert_eq!(page.text.contains("secret.example"), sees, "{role} {path}");
            }
        }
    }

    async fn domains_are_limited_and_freed(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Campaigner).await;
        app.get("/staff/sending").await.is(200).shows("sandbox mailbox</a>, and nothing leaves this machine");
        let set = "/staff/sending/domains";
        app.post_form(set, &[("domain", "Example.ORG"), ("per_minute", "1 200")]).await.leads_to("/staff/sending");
        app.get("/staff/sending").await.shows("The limit for example.org holds from now on.").shows("1,200").shows("Remove<span");
        let refused = app.post_form(set, &[("domain", "no domain"), ("per_minute", "fast")]).await;
        refused.is(422).shows("is not a domain").shows("write a whole number").shows("value=\"no domain\"").shows("value=\"fast\"");
        app.post_form(set, &[]).await.is(422).shows("a domain is needed");
        app.post_form(set, &[("domain", "example.org"), ("per_minute", "60")]).await.leads_to("/staff/sending");
        let list = || app.read(|db| Ok(domains::list(db)?)).unwrap();
        assert_eq!(list().iter().map(|row| (row.domain.as_str(), row.per_minute)).collect::<Vec<_>>(), [("example.org", 60)]);
        let remove = "/staff/sending/domains/remove";
        app.post_form(remove, &[("domain", "example.org")]).await.leads_to("/staff/sending");
        app.get("/staff/sending").await.shows("example.org has no limit any more.").shows("No domain has a limit.");
        app.post_form(remove, &[("domain", "example.org")]).await.leads_to("/staff/sending");
        app.get("/staff/sending").await.shows("That domain has no limit.");
        assert!(list().is_empty());
        app.log_in_as(Role::Viewer).await;
        app.post_form(set, &[("domain", "example.org"), ("per_minute", "1")]).await.is(403);
        app.log_in_as(Role::Admin).await;
        app.get("/staff/audit").await.is(200).shows("example.org: 1200 a minute").shows("Removed the limit");
    }

    async fn what_waits_is_counted_and_told(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Campaigner).await;
        for page in ["/staff", "/staff/sending"] {
            app.get(page).await.is(200).shows("No process delivers mail.");
        }
        a_node(&app);
        let id = sending(&app, &[(DeliveryState::Queued, 7), (DeliveryState::Deferred, 100), (DeliveryState::Sent, 20)]);
        system_mail(&app);
        app.app.clock.advance(Duration::seconds(90));
        let page = app.get("/staff/sending").await;
        page.is(200).shows("the first for 90 seconds").shows("20 of 127").shows(&format!("href=\"/staff/campaigns/{id}\""));
        page.shows(&format!("/staff/campaigns/{id}/deliveries?state&#x3D;deferred")).shows("100 mails were put off");
        assert!(!page.text.contains("No process delivers") && !page.text.contains("stands still"));
        app.app.clock.advance(Duration::minutes(10));
        for page in ["/staff", "/staff/sending"] {
            let page = app.get(page).await;
            page.is(200).shows("One mail that people wait for").shows("for 11 minutes");
            page.shows("“Spring letter” stands still: 7 mails wait, and for 11 minutes none was sent.");
            page.shows("100 mails were put off by those who should take them");
        }
        // One that keeps hours may wait for them.
        let all = [("any", true), ("organisation", false), ("reader", false)];
        for (hours, told) in all {
            app.write(|db| Ok(diesel::update(campaigns::table.find(id)).set(campaigns::hours.eq(hours)).execute(db)?)).unwrap();
            assert_eq!(app.get("/staff").await.text.contains("stands still"), told, "{hours}");
        }
        // While every server is paused, that is what is said.
        app.write(|db| Ok(diesel::update(campaigns::table.find(id)).set(campaigns::hours.eq("any")).execute(db)?)).unwrap();
        failed(&app, "127.0.0.1:2525", "the mail server 127.0.0.1:2525 turned us away: 421 4.3.2 busy", 5);
        let page = app.get("/staff").await;
        page.is(200).shows("It is busy, or has had enough mail from us for now.").shows("It said: “421 4.3.2 busy”.");
        assert!(!page.text.contains("stands still"));
        // A mail that was recorded lately is movement.
        app.write(|db| Ok(outbox::servers::works(db, "127.0.0.1:2525")?)).unwrap();
        let now = app.app.clock.now();
        app.write(|db| Ok(outbox::tally::add(db, NodeId(2), id, (DeliveryState::Sent, 1), now)?)).unwrap();
        assert!(!app.get("/staff").await.text.contains("stands still"));
    }

    async fn why_a_campaign_was_paused_is_explained(backend) {
        let app = TestApp::start(backend).await;
        let refused = "61 of the latest 200 mails were refused or got no answer";
        let content = "the mail server refused the content of this mail: 554 5.7.1 Spam";
        for (reason, words, said) in [
            (refused, "61 of the latest 200 mails were refused or got no answer. That is too many to go on", "Look at the mails that were refused"),
            (content, "The mail server refused the content of this mail. It looked at the text", "It said: “554 5.7.1 Spam”."),
        ] {
            let id = sending(&app, &[(DeliveryState::Failed, 3), (DeliveryState::Queued, 1)]);
            let now: At = app.app.clock.now();
            app.write(|db| -> Result<_, Error> {
                let campaign = store::find(db, id)?;
                store::take_step(db, &campaign, Step::Pause, Some(reason), now)
            })
            .unwrap();
            let path = format!("/staff/campaigns/{id}");
            app.log_in_as(Role::Campaigner).await;
            app.get(&path).await.is(200).shows(words).shows(said);
            app.get("/staff").await.is(200).shows(words);
            let failed = format!("href=\"{path}/deliveries?state&#x3D;failed\">Look at the mails");
            assert_eq!(app.get(&path).await.text.contains(&failed), reason == refused);
            app.log_in_as(Role::Viewer).await;
            assert!(!app.get(&path).await.text.contains(&failed), "addresses are not for everybody");
        }
    }
}
