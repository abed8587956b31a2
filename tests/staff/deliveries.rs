//! Each mail's own page, finding it, and the proof of sending.

use diesel::prelude::*;
use pledgepost::audit;
use pledgepost::db::schema::deliveries;
use pledgepost::organisation::{Organisation, store as organisations};
use pledgepost::outbox::attempts::{self, NewAttempt};
use pledgepost::outbox::{self, Delivery, DeliveryState, NewDelivery};
use pledgepost::staff::Role;
use pledgepost::subscribers::erase;
use pledgepost::values::{CampaignId, Language, PageRequest, SubscriberId, sha256_hex};

use crate::on_both;
use crate::support::Backend;
use crate::support::analyses::topic;
use crate::support::app::TestApp;
use crate::support::campaigns::{actor, campaign, reader, rows, set_state, started};

const TEXTS: [(&str, &str, &str); 2] = [
    ("en", "News, {{subscriber.name}}", "Dear {{subscriber.name}}: [choices]({{preferences_url}})"),
    ("ru", "Новости", "Здравствуйте"),
];

/// A campaign of three readers that has started.
async fn sending(backend: Backend) -> (TestApp, Vec<Delivery>) {
    let app = TestApp::start(backend).await;
    let now = app.app.clock.now();
    let law = app
        .write(|db| {
            let mut values = Organisation::fresh(now);
            (values.name, values.languages) = ("Equal Ground".into(), "en,ru".into());
            values.time_zone = "Europe/Berlin".into();
            organisations::save(db, &values)?;
            Ok(topic(db, "law", now).1)
        })
        .unwrap();
    reader(&app.app, "anna@a.example", "en", "active", &[law]);
    reader(&app.app, "boris@a.example", "ru", "active", &[law]);
    reader(&app.app, "hanna@a.example", "en", "active", &[law]);
    let id = campaign(&app.app, &TEXTS, &["law"]);
    let mut rows = started(&app.app, id);
    rows.sort_by_key(|row| row.subscriber_id);
    (app, rows)
}

fn answered(app: &TestApp, row: &Delivery, state: DeliveryState, code: i64, words: &str) {
    set_state(&app.app, row, state);
    app.write(|db| {
        diesel::update(deliveries::table.find(row.id))
            .set((
                deliveries::attempts.eq(2_i64),
                deliveries::code.eq(code),
                deliveries::reply.eq(words),
                deliveries::server.eq("mx.example:25"),
                deliveries::updated_at.eq(app.app.clock.now()),
            ))
            .execute(db)?;
        Ok(())
    })
    .unwrap();
}

on_both! {
    async fn a_delivery_has_a_page_with_its_history(backend) {
        let (app, all) = sending(backend).await;
        let anna = &all[0];
        let id = anna.id;
        let line = NewAttempt { delivery: anna.id, state: DeliveryState::Deferred, server: Some("mx.example:25".into()), code: Some(451), reply: "451 4.7.1 greylisted".into() };
        app.write(|db| Ok(attempts::note(db, &[line], app.app.clock.now())?)).unwrap();
        app.app.clock.advance(chrono::Duration::hours(2));
        answered(&app, anna, DeliveryState::Sent, 250, "250 2.0.0 Ok: queued as <42>");
        app.log_in_as(Role::Campaigner).await;
        app.get("/staff/campaigns/1/deliveries").await.is(200).shows(&format!("href=\"/staff/campaigns/1/deliveries/{id}\"")).shows("Proof of sending");
        let page = app.get(&format!("/staff/campaigns/1/deliveries/{id}")).await;
        page.is(200).shows("Mail to anna@a.example").shows("href=\"/staff/subscribers/1\"").shows("mx.example:25");
        page.shows("Taken over by the mail server").shows("queued as &lt;42&gt;").shows("greylisted").shows("Not yet: to be tried again");
        page.shows("News, anna").shows("sandbox=\"\"").shows(&sha256_hex(&format!("{}\n{}", TEXTS[0].1, TEXTS[0].2)));
        assert!(page.text.find("queued as").unwrap() < page.text.find("greylisted").unwrap(), "newest first");
        let csv = app.get("/staff/campaigns/1/deliveries.csv").await;
        let line = csv.text.lines().find(|line| line.starts_with("anna@")).unwrap();
        page.shows(line.split(',').find(|cell| cell.ends_with("@127.0.0.1")).unwrap());

        let mail = app.get(&format!("/staff/campaigns/1/deliveries/{id}/mail")).await;
        mail.is(200).shows("Dear anna");
        assert!(mail.header("content-security-policy").starts_with("default-src 'none'"));
        assert!(!mail.text.contains("/preferences/ey") && !mail.text.contains("/unsubscribe/ey"), "the reader's links are the reader's");
        for link in mail.text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            for path in ["/preferences/", "/unsubscribe/", "/mail/"] {
                if let Some((_, token)) = link.split_once(path) {
                    app.get(&format!("{path}{token}")).await.is(404);
                }
            }
        }

        // Of another campaign, of none, of nobody.
        campaign(&app.app, &TEXTS, &["law"]);
        app.get(&format!("/staff/campaigns/2/deliveries/{id}")).await.is(404);
        app.get(&format!("/staff/campaigns/2/deliveries/{id}/mail")).await.is(404);
        app.get("/staff/campaigns/1/deliveries/99").await.is(404);
        app.get("/staff/campaigns/1/deliveries/x").await.is(404);
        app.get(&format!("/staff/deliveries/{id}")).await.leads_to(&format!("/staff/campaigns/1/deliveries/{id}"));
        app.get("/staff/subscribers/1").await.is(200).shows(&format!("/staff/campaigns/1/deliveries/{id}"));

        // Erased: nothing of them is left, what happened is.
        app.write(|db| erase::erase(db, SubscriberId(1), &actor(), app.app.clock.now())).unwrap();
        let gone = app.get(&format!("/staff/campaigns/1/deliveries/{id}")).await;
        gone.is(200).shows("This subscriber was erased").shows("Taken over by the mail server");
        assert!(!gone.text.contains("anna") && !gone.text.contains("queued as") && !gone.text.contains("greylisted"), "{}", gone.text);
        app.get(&format!("/staff/campaigns/1/deliveries/{id}/mail")).await.is(404);
        app.get("/staff/campaigns/1/deliveries").await.is(200).shows(">erased</a>");
        app.log_in_as(Role::Viewer).await;
        app.get("/staff/campaigns/1/deliveries/2").await.is(403);
    }

    async fn a_system_mail_to_a_subscriber_has_one_too(backend) {
        let (app, _) = sending(backend).await;
        let now = app.app.clock.now();
        let new = |address: &str| NewDelivery::system("preferences_link", address.parse().unwrap(), Language::english(), &serde_json::json!({})).unwrap();
        let (theirs, other) = app.write(|db| {
            let theirs = outbox::enqueue(db, &new("anna@a.example").to_subscriber(SubscriberId(1)), now)?;
            Ok((theirs, outbox::enqueue(db, &new("boss@a.example"), now)?))
        }).unwrap();
        app.log_in_as(Role::Campaigner).await;
        app.get("/staff/subscribers/1").await.is(200).shows(&format!("/staff/deliveries/{theirs}"));
        app.get(&format!("/staff/deliveries/{theirs}")).await.is(200).shows("Link to their choices.").shows("Waiting");
        app.get(&format!("/staff/deliveries/{other}")).await.is(404);
    }

    async fn a_whole_address_is_found_at_once(backend) {
        let (app, all) = sending(backend).await;
        app.log_in_as(Role::Campaigner).await;
        let found = app.get("/staff/campaigns/1/deliveries?q=ANNA%40a.example").await;
        found.is(200).shows("anna@a.example").shows("1 delivery");
        assert!(!found.text.contains("hanna@a.example"), "a whole address is one reader's");
        app.get("/staff/campaigns/1/deliveries?q=anna").await.shows("2 deliveries").shows("hanna@a.example");
        app.get("/staff/campaigns/1/deliveries?q=anna%40a.example&state=sent").await.shows("Nothing found");
        // Who changed their address since is found by the one that was mailed.
        app.write(|db| {
            use pledgepost::db::schema::subscribers;
            diesel::update(subscribers::table.find(SubscriberId(1))).set((subscribers::email.eq("new@a.example"), subscribers::email_key.eq("new@a.example"))).execute(db)?;
            Ok(())
        }).unwrap();
        app.get("/staff/campaigns/1/deliveries?q=anna%40a.example").await.shows("2 deliveries");
        app.get("/staff/campaigns/1/deliveries?q=new%40a.example").await.shows("Nothing found");
        // Without a search the count is the report's.
        set_state(&app.app, &all[0], DeliveryState::Sent);
        app.get("/staff/campaigns/1/deliveries").await.shows("3 deliveries");
        app.get("/staff/campaigns/1/deliveries?state=sent").await.shows("1 delivery");
        app.get("/staff/campaigns/1/deliveries?state=queued").await.shows("2 deliveries");
    }

    async fn a_proof_can_be_compared_later(backend) {
        let (app, all) = sending(backend).await;
        answered(&app, &all[0], DeliveryState::Sent, 250, "250 Ok");
        answered(&app, &all[1], DeliveryState::Failed, 550, "=550 5.1.1 unknown");
        app.log_in_as(Role::Campaigner).await;
        let proof = app.get("/staff/campaigns/1/proof.csv").await;
        assert_eq!(proof.header("content-type"), "text/csv; charset=utf-8");
        assert!(proof.header("content-disposition").contains("campaign-1-proof.csv"));
        let lines: Vec<&str> = proof.text.lines().collect();
        let of = |name: &str| *lines.iter().find(|line| line.starts_with(name)).unwrap();
        assert_eq!(lines[0], "email,language,subject,state,sent_at,server,code,reply,attempts,message_id");
        assert!(of("anna").starts_with("anna@a.example,en,\"News, {{subscriber.name}}\",sent,2026-03-01T09:00:00Z,mx.example:25,250,250 Ok,2,"), "{}", of("anna"));
        assert!(of("boris").starts_with("boris@a.example,ru,Новости,failed,,mx.example:25,550,'=550 5.1.1 unknown,2,"), "{}", of("boris"));
        assert_eq!(lines.len(), 4);
        let entries = app.read(|db| Ok(audit::list(db, Some(("campaign", 1)), PageRequest::new(None, 2))?.rows)).unwrap();
        assert_eq!(entries[0].action, "exported the proof of sending of");
        assert_eq!(entries[0].detail, format!("3 rows, SHA-256 {}", sha256_hex(&proof.text)));
        assert_eq!(entries[1].action, "began to export the proof of sending of");
        app.get("/staff/campaigns/9/proof.csv").await.is(404);
        app.log_in_as(Role::Viewer).await;
        app.get("/staff/campaigns/1/proof.csv").await.is(403);
    }

    async fn sending_once_more_is_asked_first(backend) {
        let (app, all) = sending(backend).await;
        app.log_in_as(Role::Campaigner).await;
        let page = app.get("/staff/campaigns/1").await;
        page.is(200).shows("Send to those who were added since");
        assert!(!page.text.contains("who failed"), "nobody did");
        app.get("/staff/campaigns/1/again/failed").await.leads_to("/staff/campaigns/1");
        app.get("/staff/campaigns/1").await.shows("No mail of this campaign is failed any more.");
        answered(&app, &all[0], DeliveryState::Failed, 550, "550 5.1.1 unknown");
        app.get("/staff/campaigns/1").await.shows("Send again to 1 who failed");
        app.get("/staff/campaigns/1/again/failed").await.is(200).shows("Send “Spring letter” again to 1 who failed?").shows("will fail again").shows("Send 1 mail again");
        app.post_form("/staff/campaigns/1/again/failed", &[("asked", "1")]).await.leads_to("/staff/campaigns/1");
        app.get("/staff/campaigns/1").await.shows("1 mail waits to be sent again.");
        app.post_form("/staff/campaigns/1/again/failed", &[("asked", "1")]).await.leads_to("/staff/campaigns/1");
        app.get("/staff/campaigns/1").await.shows("No mail of this campaign is failed any more.");
        let history = app.get(&format!("/staff/campaigns/1/deliveries/{}", all[0].id)).await;
        history.shows("Put back into the queue").shows("Sent again by campaigner@example.org.").shows("550 5.1.1 unknown");

        app.get("/staff/campaigns/1/again/added").await.leads_to("/staff/campaigns/1");
        app.get("/staff/campaigns/1").await.shows("Nobody was added since");
        let law = app.read(|db| Ok(pledgepost::campaigns::store::topics(db, CampaignId(1))?)).unwrap();
        reader(&app.app, "late@a.example", "ru", "active", &law);
        app.get("/staff/campaigns/1/again/added").await.is(200).shows("Send “Spring letter” to 1 reader who was added since?").shows("in Русский");
        app.post_form("/staff/campaigns/1/again/added", &[]).await.leads_to("/staff/campaigns/1");
        app.get("/staff/campaigns/1").await.shows("On its way to 1 more reader.");
        app.post_form("/staff/campaigns/1/again/added", &[]).await.leads_to("/staff/campaigns/1");
        app.get("/staff/campaigns/1").await.shows("Everybody who fits has a delivery");
        assert_eq!(rows(&app.app, CampaignId(1)).len(), 4);
        app.post_form("/staff/campaigns/1/cancel", &[]).await;
        let page = app.get("/staff/campaigns/1").await;
        assert!(!page.text.contains("were added since"), "cancelled is for good");
        app.get("/staff/campaigns/1/again/added").await.leads_to("/staff/campaigns/1");
        app.log_in_as(Role::Viewer).await;
        app.get("/staff/campaigns/1/again/added").await.is(403);
    }
}
