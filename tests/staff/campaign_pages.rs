//! A campaign from draft to cancelled, through the browser's eyes.

use pledgepost::campaigns::{CampaignState, send, store};
use pledgepost::organisation::{Organisation, store as organisations};
use pledgepost::outbox::DeliveryState;
use pledgepost::staff::Role;
use pledgepost::values::{CampaignId, Expiry, Purpose};

use crate::on_both;
use crate::support::Backend;
use crate::support::analyses::{published, topic};
use crate::support::app::TestApp;
use crate::support::campaigns::{actor, reader, rows, set_state};

async fn with_readers(backend: Backend) -> TestApp {
    let app = TestApp::start(backend).await;
    let now = app.app.clock.now();
    let law = app
        .write(|db| {
            let mut values = Organisation::fresh(now);
            (values.name, values.languages) = ("Equal Ground".into(), "en,ru".into());
            values.time_zone = "Europe/Berlin".into();
            organisations::save(db, &values)?;
            let law = topic(db, "law", now);
            published(
                db,
                "kz-law",
                "2024-04-29",
                &[("en", "The law"), ("ru", "Закон")],
                std::slice::from_ref(&law),
                now,
            );
            Ok(law.1)
        })
        .unwrap();
    reader(&app.app, "anna@a.example", "en", "active", &[law]);
    reader(&app.app, "boris@a.example", "ru", "active", &[law]);
    app
}

on_both! {
    async fn from_analysis_to_cancelled(backend) {
        let app = with_readers(backend).await;
        app.log_in_as(Role::Campaigner).await;
        app.get("/staff/campaigns").await.is(200).shows("No campaigns yet");
        app.get("/staff/campaigns/new?analysis=1").await.is(200).shows("The law");
        app.post_form("/staff/campaigns", &[("name", "")]).await.is(422).shows("the campaign needs a name");
        app.post_form("/staff/campaigns", &[("name", ""), ("analysis", "1")]).await.leads_to("/staff/campaigns/1");
        app.get("/staff/campaigns/1").await.is(200).shows("Draft saved.").shows("Send to 2 readers").shows("in Русский");

        // Texts.
        app.get("/staff/campaigns/1/text/en").await.is(200).shows("Dear {{subscriber.name}},").shows("{{preferences_url}}");
        let bad = app.post_form("/staff/campaigns/1/text/en", &[("subject", "The law"), ("body", "One\n{{nobody}}")]).await;
        bad.is(422).shows("line 2: there is no placeholder {{nobody}}").shows("One\n{{nobody}}");
        let good = [("subject", "Law & {{subscriber.name}}"), ("body", "Dear {{subscriber.name}}: [web]({{web_url}})"), ("then", "preview")];
        app.post_form("/staff/campaigns/1/text/en", &good).await.leads_to("/staff/campaigns/1/preview/en");
        app.get("/staff/campaigns/1/preview/en?q=ann").await.is(200).shows("anna@a.example").shows("Law &amp; reader").shows("sandbox=\"\"");
        app.get("/staff/campaigns/1/preview/en?reader=1").await.is(200).shows("Law &amp; anna");
        let mail = app.get("/staff/campaigns/1/preview/en/mail?reader=1").await;
        mail.is(200).shows("Dear anna: ");
        assert!(mail.header("content-security-policy").starts_with("default-src 'none'; style-src 'unsafe-inline'"));
        assert!(mail.header("content-security-policy").contains("frame-ancestors 'self'"));
        app.post_form("/staff/campaigns/1/text/en/test", &[("to", "nobody")]).await.leads_to("/staff/campaigns/1/preview/en");
        app.get("/staff/campaigns/1/preview/en").await.shows("No test was sent");
        let two_lines = [("to", "me@example.org"), ("name", "Anna\r\nBcc: x@example.org")];
        app.post_form("/staff/campaigns/1/text/en/test", &two_lines).await.leads_to("/staff/campaigns/1/preview/en");
        app.get("/staff/campaigns/1/preview/en").await.shows("No test was sent: name");
        app.post_form("/staff/campaigns/1/text/en/test", &[("to", "me@example.org")]).await.leads_to("/staff/campaigns/1/preview/en");
        assert_eq!(app.mails().iter().filter(|(kind, ..)| kind == "campaign_test").count(), 1);
        app.get("/staff/campaigns/1/text/fr").await.is(404);
        app.get("/staff/campaigns/1/text/en/remove").await.is(200).shows("Remove the text in English?");

        // Audience.
        app.post_form("/staff/campaigns/1/audience", &[("topics", "nothing")]).await.is(422).shows("there is no topic");
        app.post_form("/staff/campaigns/1/audience", &[("topics", "law"), ("languages", "en")]).await.leads_to("/staff/campaigns/1");
        app.get("/staff/campaigns/1").await.shows("Send to 1 reader");
        app.post_form("/staff/campaigns/1/audience", &[("topics", "law")]).await.leads_to("/staff/campaigns/1");
        app.post_form("/staff/campaigns/1", &[("name", "Spring & law")]).await.leads_to("/staff/campaigns/1");

        // Later, and back.
        app.get("/staff/campaigns/1/send?when=later&date=2026-02-01&time=09:00").await.is(422).shows("this time has passed");
        let ask = app.get("/staff/campaigns/1/send?when=later&date=2026-03-02&time=09:00").await;
        ask.is(200).shows("2 March 2026, 09:00 (Europe/Berlin)");
        let at = ask.text.split("name=\"at\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        app.post_form("/staff/campaigns/1/send", &[("at", at)]).await.leads_to("/staff/campaigns/1");
        app.get("/staff/campaigns/1").await.shows("Starts on 2 March 2026, 09:00 (Europe/Berlin)");
        app.post_form("/staff/campaigns/1/text/en", &[("subject", "x"), ("body", "y")]).await.leads_to("/staff/campaigns/1");
        app.get("/staff/campaigns/1").await.shows("Take it back to draft before you change it");
        app.post_form("/staff/campaigns/1/unschedule", &[]).await.leads_to("/staff/campaigns/1");

        // Now.
        app.get("/staff/campaigns/1/send").await.is(200).shows("Send “Spring &amp; law” to 2 readers?");
        app.post_form("/staff/campaigns/1/send", &[]).await.leads_to("/staff/campaigns/1");
        app.get("/staff/campaigns/1").await.shows("0 of 2 are through.").shows("data-live=\"/staff/campaigns/1/progress\"");
        let all = rows(&app.app, CampaignId(1));
        set_state(&app.app, &all[0], DeliveryState::Sent);
        let part = app.get("/staff/campaigns/1/progress").await;
        part.is(200).shows("1 of 2 are through.").shows("/staff/campaigns/1/deliveries?state&#x3D;sent");
        assert!(!part.text.contains("<html") && !part.text.contains("data-live-done"), "{}", part.text);
        app.post_form("/staff/campaigns/1/pause", &[]).await.leads_to("/staff/campaigns/1");
        app.get("/staff/campaigns/1").await.shows("Paused by campaigner@example.org.");
        app.get("/staff/campaigns/1/progress").await.shows("data-live-done=\"reload\"");
        app.post_form("/staff/campaigns/1/resume", &[]).await.leads_to("/staff/campaigns/1");
        set_state(&app.app, &all[1], DeliveryState::Unknown);
        app.get("/staff/campaigns/1").await.shows("1 in doubt").shows("Count 1 mail as sent");
        app.get("/staff/campaigns/1/doubt/sent").await.is(200).shows("Count 1 mail as sent?");
        app.get("/staff/campaigns/1/doubt/maybe").await.is(404);
        app.post_form("/staff/campaigns/1/doubt/again", &[]).await.leads_to("/staff/campaigns/1");
        app.get("/staff/campaigns/1/deliveries?state=queued").await.is(200).shows("boris@a.example").shows("1 delivery");
        app.get("/staff/campaigns/1/deliveries?q=anna").await.is(200).shows("anna@a.example");
        let csv = app.get("/staff/campaigns/1/deliveries.csv").await;
        assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
        assert!(csv.text.starts_with("email,state,attempts,code,reply,message_id,updated_at\nanna@a.example,sent,0,"), "{}", csv.text);
        assert_eq!(csv.text.lines().count(), 3);
        app.get("/staff/campaigns/1/cancel").await.is(200).shows("Not mailed yet");
        app.post_form("/staff/campaigns/1/cancel", &[]).await.leads_to("/staff/campaigns/1");
        app.get("/staff/campaigns/1").await.shows("Cancelled. 1 reader was not mailed.").shows("Cancelled by campaigner@example.org.");
        app.post_form("/staff/campaigns/1/duplicate", &[]).await.leads_to("/staff/campaigns/2");
        app.get("/staff/campaigns?state=cancelled").await.is(200).shows("Spring &amp; law");
        app.get("/staff/campaigns/9").await.is(404);
    }

    async fn what_happens_in_doubt_is_chosen_while_it_is_a_draft(backend) {
        let app = with_readers(backend).await;
        let now = app.app.clock.now();
        let id = crate::support::campaigns::campaign(&app.app, &[("en", "News", "Hi")], &["law"]);
        app.log_in_as(Role::Campaigner).await;
        app.get("/staff/campaigns/1").await.shows("Hold it until you decide").shows("Sent again");
        app.post_form("/staff/campaigns/1/doubt", &[("doubt", "toss a coin")]).await.is(422).shows("choose one of the two");
        app.post_form("/staff/campaigns/1/doubt", &[("doubt", "hold")]).await.leads_to("/staff/campaigns/1");
        app.get("/staff/campaigns/1").await.shows("Held for you to decide");
        app.post_form("/staff/campaigns/1/duplicate", &[]).await.leads_to("/staff/campaigns/2");
        app.get("/staff/campaigns/2").await.shows("Held for you to decide");
        app.write(|db| { send::schedule(db, id, None, &actor(), now)?; send::start(db, id, now) }).unwrap();
        app.post_form("/staff/campaigns/1/doubt", &[("doubt", "resend")]).await.leads_to("/staff/campaigns/1");
        app.get("/staff/campaigns/1").await.shows("do not change any more").shows("Held for you to decide");
    }

    async fn a_draft_can_be_deleted_and_nothing_else(backend) {
        let app = with_readers(backend).await;
        let now = app.app.clock.now();
        crate::support::campaigns::campaign(&app.app, &[("en", "News", "Hi")], &["law"]);
        let sent = crate::support::campaigns::campaign(&app.app, &[("en", "News", "Hi")], &["law"]);
        app.write(|db| { send::schedule(db, sent, None, &actor(), now)?; send::start(db, sent, now) }).unwrap();
        app.log_in_as(Role::Campaigner).await;
        app.get("/staff/campaigns/1/delete").await.is(200).shows("Delete the draft “Spring letter”?");
        app.post_form("/staff/campaigns/1/delete", &[]).await.leads_to("/staff/campaigns");
        app.get("/staff/campaigns").await.shows("The draft “Spring letter” is deleted.");
        app.get("/staff/campaigns/1").await.is(404);
        for answer in [app.get("/staff/campaigns/2/delete").await, app.post_form("/staff/campaigns/2/delete", &[]).await] {
            answer.leads_to("/staff/campaigns/2");
        }
        app.get("/staff/campaigns/2").await.is(200).shows("do not change any more");
        app.log_in_as(Role::Admin).await;
        app.get("/staff/audit").await.shows("Deleted campaign 1").shows("Spring letter");
    }

    async fn what_somebody_else_wrote_meanwhile_is_not_lost(backend) {
        let app = with_readers(backend).await;
        crate::support::campaigns::campaign(&app.app, &[("en", "News", "Hi")], &["law"]);
        app.log_in_as(Role::Campaigner).await;
        let seen = |page: &str| page.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let old = seen(&app.get("/staff/campaigns/1/text/en").await.text);
        let path = "/staff/campaigns/1/text/en";
        app.app.clock.advance(chrono::Duration::seconds(5));
        app.post_form(path, &[("seen", &old), ("subject", "Theirs"), ("body", "Their text")]).await.leads_to(path);
        let late = app.post_form(path, &[("seen", &old), ("subject", "Mine"), ("body", "My text")]).await;
        late.is(409).shows("Somebody changed this text while you were writing.").shows("My text").shows("Their text");
        let kept = app.read(|db| Ok(store::variants(db, CampaignId(1))?)).unwrap();
        assert_eq!((kept[0].subject.as_str(), kept[0].body.as_str()), ("Theirs", "Their text"));
        // Who has seen it may replace it.
        app.post_form(path, &[("seen", &seen(&late.text)), ("subject", "Mine"), ("body", "My text")]).await.leads_to(path);
    }

    async fn a_link_to_gifts_names_the_campaign_and_nobody(backend) {
        let app = with_readers(backend).await;
        crate::support::campaigns::campaign(&app.app, &[("en", "News", "Hi")], &["law"]);
        app.log_in_as(Role::Campaigner).await;
        let path = "/staff/campaigns/1/text/en";
        let page = app.get(path).await.text;
        let seen = page.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        app.post_form(path, &[("seen", seen), ("subject", "s"), ("body", "[give]({{donate_url}})")]).await.leads_to(path);
        let mail = app.get("/staff/campaigns/1/preview/en/mail").await;
        mail.is(200).shows(&format!("href=\"{}/donate?from=c1&amp;lang=en\"", app.base));
    }

    async fn deliveries_are_searched_literally_and_exports_audited(backend) {
        let app = with_readers(backend).await;
        let now = app.app.clock.now();
        let law = app.read(|db| Ok(pledgepost::subscribers::store::topics::by_slug(db, &"law".parse().unwrap())?.unwrap())).unwrap();
        reader(&app.app, "Vera_K@a.example", "en", "active", &[law]);
        let id = crate::support::campaigns::campaign(&app.app, &[("en", "News", "Hi")], &["law"]);
        app.write(|db| { send::schedule(db, id, None, &actor(), now)?; send::start(db, id, now) }).unwrap();
        app.log_in_as(Role::Admin).await;
        app.get("/staff/campaigns/1/deliveries?q=vERA_k").await.is(200).shows("Vera_K@a.example").shows("1 delivery");
        app.get("/staff/campaigns/1/deliveries?q=Ver_").await.is(200).shows("Nothing found");
        app.get("/staff/campaigns/1/deliveries?q=%25").await.is(200).shows("Nothing found");
        app.get("/staff/campaigns/1/deliveries.csv?state=queued").await.is(200);
        app.get("/staff/audit").await.shows("Exported the deliveries of").shows("only queued").shows("admin@example.org");
    }

    async fn the_start_page_says_what_needs_somebody(backend) {
        let app = with_readers(backend).await;
        let now = app.app.clock.now();
        app.log_in_as(Role::Campaigner).await;
        app.get("/staff").await.is(200).shows("No campaigns yet").shows("Active subscribers");
        let id = crate::support::campaigns::campaign(&app.app, &[("en", "News", "Hi")], &["law"]);
        app.write(|db| {
            send::schedule(db, id, None, &actor(), now)?;
            send::start(db, id, now)?;
            pledgepost::outbox::servers::failed(db, "main", 3, "535 wrong password", now, now)?;
            send::pause(db, id, Some("The server refuses us."), &actor(), now)
        }).unwrap();
        let page = app.get("/staff").await;
        page.is(200).shows("“Spring letter” is paused. The server refuses us.").shows("href=\"/staff/campaigns/1\"");
        page.shows("The mail server main takes no mail. 535 wrong password. It is tried again by itself with the next mail.");
    }

    async fn an_older_analysis_can_be_drafted_from(backend) {
        let app = with_readers(backend).await;
        let now = app.app.clock.now();
        app.write(|db| {
            for n in 0..100 {
                published(db, &format!("newer-{n}"), "2025-01-01", &[("en", "Newer")], &[], now);
            }
            Ok(())
        }).unwrap();
        app.log_in_as(Role::Campaigner).await;
        assert!(!app.get("/staff/campaigns/new").await.is(200).text.contains("The law"));
        let page = app.get("/staff/campaigns/new?analysis=1").await;
        page.is(200).shows("The law").shows("value=\"1\" selected");
    }

    async fn the_web_version_is_a_document_of_its_own(backend) {
        let app = with_readers(backend).await;
        let now = app.app.clock.now();
        let id = crate::support::campaigns::campaign(&app.app, &[("en", "News", "Dear {{subscriber.name}}")], &["law"]);
        app.write(|db| { send::schedule(db, id, None, &actor(), now)?; send::start(db, id, now) }).unwrap();
        let row = &rows(&app.app, id)[0];
        let token = app.app.root.sign(Purpose::WebVersion, row.id.0, Expiry::Never);
        let page = app.get(&format!("/mail/{token}")).await;
        page.is(200).shows("Dear anna");
        assert_eq!((page.header("cache-control"), page.header("x-robots-tag"), page.header("referrer-policy")), ("no-store", "noindex", "no-referrer"));
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
        assert!(!page.text.contains("anna@a.example") && !page.text.contains("<script"));
        let other = app.app.root.sign(Purpose::Unsubscribe, row.id.0, Expiry::Never);
        for bad in ["x".to_owned(), "test".into(), other, app.app.root.sign(Purpose::WebVersion, 999, Expiry::Never)] {
            app.get(&format!("/mail/{bad}")).await.is(404);
        }
        assert_eq!(app.read(|db| store::find(db, id)).unwrap().state, CampaignState::Sending);
    }

    async fn who_only_looks_sees_no_addresses_and_no_buttons(backend) {
        let app = with_readers(backend).await;
        let now = app.app.clock.now();
        let id = crate::support::campaigns::campaign(&app.app, &[("en", "News", "Hi")], &["law"]);
        app.log_in_as(Role::Viewer).await;
        let page = app.get("/staff/campaigns/1").await;
        page.is(200).shows("Spring letter");
        assert!(!page.text.contains("/audience\"") && !page.text.contains("/duplicate"));
        app.write(|db| { send::schedule(db, id, None, &actor(), now)?; send::start(db, id, now) }).unwrap();
        let page = app.get("/staff/campaigns/1").await;
        page.is(200).shows("0 of 2");
        assert!(!page.text.contains("/deliveries") && !page.text.contains("/pause"));
        app.get("/staff/campaigns").await.is(200).shows("0 of 2");
        for path in ["/staff/campaigns/1/deliveries", "/staff/campaigns/1/deliveries.csv", "/staff/campaigns/1/text/en", "/staff/campaigns/1/send"] {
            app.get(path).await.is(403);
        }
        app.post_form("/staff/campaigns/1/pause", &[]).await.is(403);
    }
}
