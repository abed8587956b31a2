//! Campaigns for the albums.

use pledgepost::audit::Actor;
use pledgepost::campaigns::pace::{self, PaceForm};
use pledgepost::campaigns::{draft, send};
use pledgepost::organisation;
use pledgepost::values::{AnalysisId, CampaignId};

use crate::browser::site::Running;
use crate::support::browser::Browser;

/// A campaign drafted from the first analysis; answers the path of its page.
pub fn draft(site: &Running) -> String {
    let (app, now) = (site.app.clone(), site.app.clock.now());
    let slug = site.content.analyses[0].details.slug.clone();
    let id = site.write(|db| {
        use diesel::prelude::*;
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
