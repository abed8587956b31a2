//! A campaign once more: to those who failed, and to those who were added since. How many is said first.

use actix_web::web::{Data, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{after, mails, number, path, readers};
use crate::app::App;
use crate::campaigns::CampaignState;
use crate::campaigns::again;
use crate::values::CampaignId;
use crate::web::extract::{Form, Staff, permit};
use crate::web::{Answer, Notice};

/// When those who are put into the queue are mailed, in words.
fn when(state: CampaignState) -> &'static str {
    match state {
        CampaignState::Paused => "The campaign is paused: they are mailed when you resume it.",
        _ => "They are mailed at once.",
    }
}

pub async fn ask_failed(staff: Staff<permit::Campaigns>, app: Data<App>, id: Path<i64>) -> Answer {
    let id = CampaignId(*id);
    let (campaign, failed) = match app.db.read(move |db| again::failed(db, id)).await {
        Ok(asked) => asked,
        Err(other) => return after(&staff, &app, id, Err(other), "").await,
    };
    let d = json!({
        "heading": format!("Send “{}” again to {} who failed?", campaign.name, number(failed)),
        "lead": "Addresses that do not exist will fail again, and mail servers do not like it: look at the reasons first. \
                 Who left meanwhile is skipped. If many fail again, the campaign pauses by itself.",
        "button": format!("Send {} again", mails(failed)), "danger": null, "action": format!("{}/again/failed", path(id)),
        "cancel_href": path(id), "notice": null, "fields": [{ "name": "asked", "value": failed.to_string() }],
        "facts": [{ "term": "Failed", "value": mails(failed) }, { "term": "When", "value": when(campaign.state) }],
    });
    staff.render("staff/campaigns/confirm", "Send again", &d)
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AgainForm {
    /// How many failed when it was asked.
    asked: i64,
}

pub async fn to_failed(
    staff: Staff<permit::Campaigns>,
    app: Data<App>,
    id: Path<i64>,
    form: Form<AgainForm>,
) -> Answer {
    let (id, actor, now, asked) = (CampaignId(*id), staff.actor(), app.clock.now(), form.asked);
    let done = app.db.write(move |db| again::to_failed(db, id, asked, &actor, now)).await;
    app.ring();
    let words = match done {
        Ok(1) => "1 mail waits to be sent again.".to_owned(),
        Ok(rows) => format!("{} wait to be sent again.", mails(i64::try_from(rows).unwrap_or(0))),
        Err(_) => String::new(),
    };
    after(&staff, &app, id, done.map(drop), &words).await
}

pub async fn ask_added(staff: Staff<permit::Campaigns>, app: Data<App>, id: Path<i64>) -> Answer {
    let (id, now) = (CampaignId(*id), app.clock.now());
    let (campaign, audience) = match app.db.read(move |db| again::added(db, id, now)).await {
        Ok(asked) => asked,
        Err(other) => return after(&staff, &app, id, Err(other), "").await,
    };
    if audience.total == 0 {
        let words = "Nobody was added since: everybody who fits this campaign’s audience has it already.";
        return staff.redirect(&path(id), Notice::info(words));
    }
    let mut facts = vec![json!({ "term": "Added since", "value": readers(audience.total) })];
    let languages = audience.by_variant.iter().filter(|(_, n)| *n > 0);
    facts.extend(languages.map(|(l, n)| json!({ "term": format!("in {}", l.own_name()), "value": readers(*n) })));
    facts.push(json!({ "term": "When", "value": when(campaign.state) }));
    let were = if audience.total == 1 { "was" } else { "were" };
    let d = json!({
        "heading": format!("Send “{}” to {} who {were} added since?", campaign.name, readers(audience.total)),
        "lead": "They fit its topics and languages and have no mail of it. Nobody gets it a second time.",
        "button": format!("Send to {}", readers(audience.total)), "danger": null, "fields": Value::Null,
        "action": format!("{}/again/added", path(id)), "cancel_href": path(id), "facts": facts, "notice": null,
    });
    staff.render("staff/campaigns/confirm", "Send to those who were added", &d)
}

pub async fn to_added(staff: Staff<permit::Campaigns>, app: Data<App>, id: Path<i64>) -> Answer {
    let (id, actor, now) = (CampaignId(*id), staff.actor(), app.clock.now());
    let done = app.db.write(move |db| again::to_added(db, id, &actor, now)).await;
    app.ring();
    let words = match done {
        Ok(1) => "On its way to 1 more reader.".to_owned(),
        Ok(added) => format!("On its way to {} more readers.", number(added)),
        Err(_) => String::new(),
    };
    after(&staff, &app, id, done.map(drop), &words).await
}
