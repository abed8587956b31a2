//! Sending a campaign, stopping it, and deciding on what is in doubt. What cannot be taken back is asked first.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use serde_json::json;

use super::draft::audience_lines;
use super::show::show_with;
use super::{after, date, mails, pace, path, readers};
use crate::app::App;
use crate::campaigns::{audience, report, send, settle, store};
use crate::error::Error as FeatureError;
use crate::values::{At, CampaignId};
use crate::web::extract::{Form, Query, Staff, permit};
use crate::web::{Answer, Notice};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct WhenQuery {
    when: String,
    date: String,
    time: String,
}

/// How many, to whom, when: the page before the button.
pub async fn ask_send(
    staff: Staff<permit::Campaigns>,
    app: Data<App>,
    id: Path<i64>,
    query: Query<WhenQuery>,
) -> Answer {
    let (id, now, zone) = (CampaignId(*id), app.clock.now(), staff.zone());
    let at = match query.when.as_str() {
        "later" => send::local_time(&query.date, &query.time, zone).map(Some),
        _ => Ok(None),
    };
    let asked = match at {
        Ok(at) => {
            app.db
                .read(move |db| {
                    let campaign = store::find(db, id)?;
                    campaign.state.after(crate::campaigns::Step::Schedule)?;
                    send::check(db, &campaign, at, now)?;
                    let audience = audience::count(db, &campaign, now)?;
                    Ok((campaign, audience, at))
                })
                .await
        }
        Err(error) => Err(error),
    };
    let (campaign, audience, at) = match asked {
        Ok(asked) => asked,
        Err(FeatureError::Invalid(errors)) => {
            return show_with(&staff, &app, id, errors, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
        Err(other) => return after(&staff, &app, id, Err(other), "").await,
    };
    let (heading, lead, button) = match at {
        Some(at) => (
            format!("Send “{}” on {}?", campaign.name, date(at, zone)),
            "Until then you can take it back. Who gets it is counted when it starts.",
            format!("Schedule for {}", date(at, zone)),
        ),
        None => (
            format!("Send “{}” to {}?", campaign.name, readers(audience.total)),
            "Texts and audience cannot be changed any more. You can pause it while it is being sent.",
            format!("Send to {}", readers(audience.total)),
        ),
    };
    let mut facts = audience_lines(&audience);
    facts.extend(pace::plan(&campaign, &staff.organisation, at.unwrap_or(now)));
    let d = json!({
        "heading": heading, "lead": lead, "button": button, "danger": null, "action": format!("{}/send", path(id)),
        "cancel_href": path(id), "facts": facts, "notice": null,
        "fields": at.map(|at| vec![json!({ "name": "at", "value": at.micros().to_string() })]),
    });
    staff.render("staff/campaigns/confirm", "Send a campaign", &d)
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SendForm {
    /// Microseconds since 1970; none for now.
    at: Option<i64>,
}

pub async fn send(staff: Staff<permit::Campaigns>, app: Data<App>, id: Path<i64>, form: Form<SendForm>) -> Answer {
    let (id, actor, now, at) = (CampaignId(*id), staff.actor(), app.clock.now(), form.at.map(At::from_micros));
    let done = app
        .db
        .write(move |db| {
            send::schedule(db, id, at, &actor, now)?;
            // Due at once: no need to wait for the scheduler.
            send::start(db, id, now).map(drop)
        })
        .await;
    app.ring();
    let words = if at.is_some() { "Scheduled. It starts by itself." } else { "On its way." };
    after(&staff, &app, id, done, words).await
}

pub async fn unschedule(staff: Staff<permit::Campaigns>, app: Data<App>, id: Path<i64>) -> Answer {
    let (id, actor, now) = (CampaignId(*id), staff.actor(), app.clock.now());
    let done = app.db.write(move |db| send::unschedule(db, id, &actor, now)).await;
    after(&staff, &app, id, done, "It is a draft again.").await
}

pub async fn pause(staff: Staff<permit::Campaigns>, app: Data<App>, id: Path<i64>) -> Answer {
    let (id, actor, now) = (CampaignId(*id), staff.actor(), app.clock.now());
    let done = app.db.write(move |db| send::pause(db, id, None, &actor, now)).await;
    after(&staff, &app, id, done, "Paused. Mails that are on the wire may still arrive.").await
}

pub async fn resume(staff: Staff<permit::Campaigns>, app: Data<App>, id: Path<i64>) -> Answer {
    let (id, actor, now) = (CampaignId(*id), staff.actor(), app.clock.now());
    let done = app.db.write(move |db| send::resume(db, id, &actor, now)).await;
    app.ring();
    after(&staff, &app, id, done, "It goes on where it stopped.").await
}

pub async fn ask_cancel(staff: Staff<permit::Campaigns>, app: Data<App>, id: Path<i64>) -> Answer {
    let id = CampaignId(*id);
    let (campaign, status) =
        app.db.read(move |db| Ok::<_, FeatureError>((store::find(db, id)?, report::status(db, id)?))).await?;
    let d = json!({
        "heading": format!("Cancel “{}”?", campaign.name),
        "lead": "It stops for good: nobody else is mailed. Mails that left already cannot be called back.",
        "action": format!("{}/cancel", path(id)), "button": "Cancel this campaign", "danger": true, "cancel_href": path(id),
        "facts": [{ "term": "Sent so far", "value": readers(status.sent) }, { "term": "Not mailed yet", "value": readers(status.left()) }],
        "fields": null, "notice": null,
    });
    staff.render("staff/campaigns/confirm", "Cancel a campaign", &d)
}

pub async fn cancel(staff: Staff<permit::Campaigns>, app: Data<App>, id: Path<i64>) -> Answer {
    let (id, actor, now) = (CampaignId(*id), staff.actor(), app.clock.now());
    match app.db.write(move |db| send::cancel(db, id, &actor, now)).await {
        Ok(skipped) => staff.redirect(&path(id), Notice::ok(cancelled(skipped as i64))),
        Err(other) => after(&staff, &app, id, Err(other), "").await,
    }
}

fn cancelled(skipped: i64) -> String {
    match skipped {
        0 => "Cancelled. Everybody had been mailed already.".into(),
        1 => "Cancelled. 1 reader was not mailed.".into(),
        n => format!("Cancelled. {} were not mailed.", readers(n)),
    }
}

/// What to do with the mails in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Again,
    Sent,
}

fn decision(word: &str) -> Result<Decision, FeatureError> {
    match word {
        "again" => Ok(Decision::Again),
        "sent" => Ok(Decision::Sent),
        _ => Err(FeatureError::NotFound("page")),
    }
}

pub async fn ask_settle(staff: Staff<permit::Campaigns>, app: Data<App>, asked: Path<(i64, String)>) -> Answer {
    let (id, word) = asked.into_inner();
    let (id, decision) = (CampaignId(id), decision(&word)?);
    let status = app.db.read(move |db| report::status(db, id)).await?;
    let mails = mails(status.unknown);
    let (heading, lead, button) = match decision {
        Decision::Again => (
            format!("Send {mails} again?"),
            "Who has it already may get it twice; it has the same Message-ID, so many mail programs show it once.",
            format!("Send {mails} again"),
        ),
        Decision::Sent => (
            format!("Count {mails} as sent?"),
            "Who has not got it will not get it any more.",
            format!("Count {mails} as sent"),
        ),
    };
    let d = json!({
        "heading": heading, "lead": lead, "button": button, "danger": null, "cancel_href": path(id),
        "action": format!("{}/doubt/{word}", path(id)), "facts": null, "fields": null, "notice": null,
    });
    staff.render("staff/campaigns/confirm", "Mails in doubt", &d)
}

pub async fn settle(staff: Staff<permit::Campaigns>, app: Data<App>, asked: Path<(i64, String)>) -> Answer {
    let (id, word) = asked.into_inner();
    let decision = decision(&word)?;
    let (id, actor, now) = (CampaignId(id), staff.actor(), app.clock.now());
    let words = match decision {
        Decision::Again => "They are being sent again.",
        Decision::Sent => "They count as sent.",
    };
    let done = app
        .db
        .write(move |db| match decision {
            Decision::Again => settle::send_again(db, id, &actor, now).map(drop),
            Decision::Sent => settle::count_as_sent(db, id, &actor, now).map(drop),
        })
        .await;
    app.ring();
    after(&staff, &app, id, done, words).await
}
