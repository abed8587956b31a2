//! When and how fast a campaign goes out, on its pages.

use chrono::Duration;
use pledgepost::campaigns::{Hours, send, store};
use pledgepost::organisation::{Organisation, store as organisations};
use pledgepost::staff::Role;
use pledgepost::values::CampaignId;

use crate::on_both;
use crate::support::Backend;
use crate::support::analyses::topic;
use crate::support::app::TestApp;
use crate::support::campaigns::{actor, campaign, reader};

const PAGE: &str = "/staff/campaigns/1";
const FORM: &str = "action=\"/staff/campaigns/1/pace\"";

/// A draft for one reader, of an organisation in Berlin; it is Sunday, ten in the morning.
async fn with_a_draft(backend: Backend) -> TestApp {
    let app = TestApp::start(backend).await;
    let now = app.app.clock.now();
    let law = app.write(|db| {
        let mut values = Organisation::fresh(now);
        (values.name, values.time_zone) = ("Equal Ground".into(), "Europe/Berlin".into());
        organisations::save(db, &values)?;
        Ok(topic(db, "law", now).1)
    });
    reader(&app.app, "anna@a.example", "en", "active", &[law.unwrap()]);
    campaign(&app.app, &[("en", "News", "Hi")], &["law"]);
    app
}

fn start(app: &TestApp) {
    let (id, now) = (CampaignId(1), app.app.clock.now());
    app.write(|db| {
        send::schedule(db, id, None, &actor(), now)?;
        send::start(db, id, now)
    })
    .unwrap();
}

fn stored(app: &TestApp, id: i64) -> (Hours, Option<i64>) {
    let campaign = app.read(|db| store::find(db, CampaignId(id))).unwrap();
    (campaign.hours, campaign.per_minute)
}

on_both! {
    async fn both_are_set_and_said(backend) {
        let app = with_a_draft(backend).await;
        app.log_in_as(Role::Campaigner).await;
        let page = app.get(PAGE).await;
        page.is(200).shows(FORM).shows("At any time</dd>").shows("No limit of its own");
        page.shows("Every day 8:00–20:00 (Europe/Berlin). Outside of them it waits.");
        let wrong = app.post_form(&format!("{PAGE}/pace"), &[("hours", "never"), ("per_minute", "fast")]).await;
        wrong.is(422).shows("choose one of the three").shows("write a whole number of mails a minute");
        wrong.shows("value=\"fast\"").shows("href=\"#f-per_minute\"").shows("href=\"#f-hours\"");
        app.post_form(&format!("{PAGE}/pace"), &[("hours", "reader"), ("per_minute", "0")]).await.is(422);
        assert_eq!(stored(&app, 1), (Hours::Any, None), "nothing was changed");
        let good = [("hours", "organisation"), ("per_minute", "1,200")];
        app.post_form(&format!("{PAGE}/pace"), &good).await.leads_to(PAGE);
        assert_eq!(stored(&app, 1), (Hours::Organisation, Some(1200)));
        let page = app.get(PAGE).await;
        page.shows("Pace and hours saved.").shows("value=\"organisation\" checked").shows("value=\"1200\"");
        page.shows("In sending hours, Every day 8:00–20:00 (Europe/Berlin)</dd>").shows("At most 1,200 mails a minute");
        app.post_form(&format!("{PAGE}/duplicate"), &[]).await.leads_to("/staff/campaigns/2");
        assert_eq!(stored(&app, 2), (Hours::Organisation, Some(1200)), "a copy has the same");
        app.post_form(&format!("{PAGE}/pace"), &[("hours", "reader"), ("per_minute", "")]).await.leads_to(PAGE);
        app.get(PAGE).await.shows("In sending hours where the reader is, Every day 8:00–20:00</dd>");
        app.log_in_as(Role::Admin).await;
        let audit = app.get("/staff/audit").await;
        audit.shows("Set the pace of campaign 1").shows("in the organisation’s sending hours, at most 1200 a minute");
        audit.shows("in those hours where the reader is");
        app.log_in_as(Role::Viewer).await;
        let page = app.get(PAGE).await;
        assert!(page.is(200).shows("where the reader is").text.find(FORM).is_none());
        app.post_form(&format!("{PAGE}/pace"), &[("hours", "any")]).await.is(403);
    }

    async fn until_it_is_over(backend) {
        let app = with_a_draft(backend).await;
        let (id, now) = (CampaignId(1), app.app.clock.now());
        app.log_in_as(Role::Campaigner).await;
        let save = |per_minute: &'static str| [("hours", "any"), ("per_minute", per_minute)];
        app.write(|db| send::schedule(db, id, Some(now + Duration::days(1)), &actor(), now)).unwrap();
        app.get(PAGE).await.is(200).shows("Take back to draft").shows(FORM);
        app.post_form(&format!("{PAGE}/pace"), &save("10")).await.leads_to(PAGE);
        app.write(|db| send::unschedule(db, id, &actor(), now)).unwrap();
        start(&app);
        app.get(PAGE).await.is(200).shows("Pause sending").shows(FORM).shows("At most 10 mails a minute");
        app.post_form(&format!("{PAGE}/pace"), &save("20")).await.leads_to(PAGE);
        app.post_form(&format!("{PAGE}/pause"), &[]).await.leads_to(PAGE);
        app.get(PAGE).await.is(200).shows("Resume sending").shows(FORM).shows("At most 20 mails a minute");
        app.post_form(&format!("{PAGE}/pace"), &[("hours", "x"), ("per_minute", "y")]).await.is(422).shows("value=\"y\"");
        app.post_form(&format!("{PAGE}/pace"), &save("30")).await.leads_to(PAGE);
        app.post_form(&format!("{PAGE}/cancel"), &[]).await.leads_to(PAGE);
        app.post_form(&format!("{PAGE}/pace"), &save("40")).await.leads_to(PAGE);
        let page = app.get(PAGE).await;
        page.shows("its pace does not change any more").shows("At most 30 mails a minute");
        assert!(page.text.find(FORM).is_none());
        app.post_form("/staff/campaigns/9/pace", &save("")).await.is(404);
    }

    async fn it_says_that_it_waits(backend) {
        let app = with_a_draft(backend).await;
        app.log_in_as(Role::Campaigner).await;
        app.post_form(&format!("{PAGE}/pace"), &[("hours", "organisation")]).await.leads_to(PAGE);
        let ask = app.get(&format!("{PAGE}/send")).await;
        assert!(ask.is(200).shows("In sending hours, Every day 8:00–20:00").text.find("Waits until").is_none());
        let ask = app.get(&format!("{PAGE}/send?when=later&date=2026-03-02&time=21:00")).await;
        ask.is(200).shows("Waits until").shows("3 March 2026, 08:00 (Europe/Berlin)");
        start(&app);
        let waits = "aits for the sending hours: goes on on 2 March 2026 at 08:00 (Europe/Berlin).";
        app.get("/staff").await.is(200).shows("“Spring letter” is being sent.");
        assert!(app.get(PAGE).await.is(200).text.find(waits).is_none());
        app.app.clock.advance(Duration::hours(10));
        app.get(PAGE).await.is(200).shows(&format!("W{waits}"));
        app.get(&format!("{PAGE}/progress")).await.is(200).shows(&format!("W{waits}"));
        let home = app.get("/staff").await;
        assert!(home.is(200).shows(&format!("“Spring letter” w{waits}")).text.find("is being sent").is_none());
        app.post_form(&format!("{PAGE}/pace"), &[("hours", "reader")]).await.leads_to(PAGE);
        assert!(app.get(PAGE).await.is(200).text.find(waits).is_none());
        app.get("/staff").await.shows("“Spring letter” is being sent.");
    }
}
