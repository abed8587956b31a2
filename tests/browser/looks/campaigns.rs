//! Campaigns for the albums.

use diesel::prelude::*;
use pledgepost::audit::Actor;
use pledgepost::campaigns::pace::{self, PaceForm};
use pledgepost::campaigns::{draft, send};
use pledgepost::db::schema::deliveries;
use pledgepost::organisation;
use pledgepost::outbox::{DeliveryState, attempts, store, tally};
use pledgepost::values::{AnalysisId, CampaignId, PageRequest};

use crate::browser::site::Running;
use crate::support::browser::Browser;

/// A campaign drafted from the first analysis; answers the path of its page.
pub fn draft(site: &Running) -> String {
    let (app, now) = (site.app.clone(), site.app.clock.now());
    let slug = site.content.analyses[0].details.slug.clone();
    let id = site.write(|db| {
        use pledgepost::db::schema::analyses;
        let analysis: AnalysisId = analyses::table.filter(analyses::slug.eq(slug)).select(analyses::id).first(db)?;
        draft::from_analysis(db, analysis, |path| app.config.web.link(path), &Actor::program(), now)
    });
    format!("/staff/campaigns/{id}")
}

/// The same, and lets it go.
pub fn draft_and_send(site: &Running) -> String {
    let path = draft(site);
    let id = CampaignId(path.rsplit('/').next().unwrap().parse().unwrap());
    let now = site.app.clock.now();
    site.write(|db| send::schedule(db, id, None, &Actor::program(), now));
    site.app.ring();
    path
}

/// A campaign that is being sent, slowly.
pub fn send_slowly(site: &Running) -> String {
    let path = draft(site);
    let id = CampaignId(path.rsplit('/').next().unwrap().parse().unwrap());
    let now = site.app.clock.now();
    site.write(|db| {
        let form = PaceForm { hours: "any".into(), per_minute: "60".into() };
        pace::set(db, id, &form, &Actor::program(), now)?;
        send::schedule(db, id, None, &Actor::program(), now)
    });
    site.app.ring();
    path
}

/// The first delivery of a campaign that was sent, as if it had been put off once and then been refused.
pub fn refused_delivery(site: &Running, campaign: &str) -> String {
    let id = CampaignId(campaign.rsplit('/').next().unwrap().parse().unwrap());
    let (now, reply) = (site.app.clock.now(), "550 5.1.1 No such mailbox");
    let row = site.write(|db| {
        let row = store::list(db, id, None, None, None, PageRequest::new(None, 1))?.rows.remove(0);
        let line = |state, code, reply: &str| attempts::NewAttempt {
            delivery: row.id,
            state,
            server: Some("main".into()),
            code: Some(code),
            reply: reply.into(),
        };
        attempts::note(db, &[line(DeliveryState::Deferred, 451, "451 4.3.0 Try again later")], row.created_at)?;
        attempts::note(db, &[line(DeliveryState::Failed, 550, reply)], now)?;
        let failed = (
            deliveries::state.eq(DeliveryState::Failed),
            deliveries::attempts.eq(2_i64),
            deliveries::server.eq("main"),
            deliveries::code.eq(550_i64),
            deliveries::reply.eq(reply),
            deliveries::updated_at.eq(now),
        );
        diesel::update(deliveries::table.filter(deliveries::id.eq(row.id))).set(failed).execute(db)?;
        tally::recount(db, id)?;
        Ok(row.id)
    });
    format!("{campaign}/deliveries/{row}")
}

/// A campaign that waits for the organisation's sending hours, which are on another day.
pub fn send_outside_of_hours(site: &Running) -> String {
    use chrono::Datelike;
    let path = draft(site);
    let id = CampaignId(path.rsplit('/').next().unwrap().parse().unwrap());
    let now = site.app.clock.now();
    let day = (now + chrono::Duration::days(3)).0.weekday().number_from_monday();
    site.write(|db| {
        let mut values = organisation::store::get(db, now)?;
        values.sending_days = day.to_string();
        organisation::store::save(db, &values)?;
        let form = PaceForm { hours: "organisation".into(), per_minute: "600".into() };
        pace::set(db, id, &form, &Actor::program(), now)?;
        send::schedule(db, id, None, &Actor::program(), now)?;
        send::start(db, id, now)
    });
    path
}

pub async fn wait_until_sent(browser: &Browser, site: &Running, campaign: &str) {
    browser.open(&site.url(campaign)).await;
    browser
        .until("the campaign is sent", async || {
            browser.client.refresh().await.unwrap();
            browser.text_of("h1").await.contains("Sent")
        })
        .await;
}
