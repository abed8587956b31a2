//! When and how fast a campaign goes out: the form, and the words for it.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use super::show::show_typed;
use super::{after, date, mails};
use crate::app::App;
use crate::campaigns::pace::{self, PaceForm, Wait};
use crate::campaigns::{Campaign, Hours};
use crate::error::Error as FeatureError;
use crate::i18n::Texts;
use crate::organisation::Organisation;
use crate::values::{At, CampaignId, Language};
use crate::web::Answer;
use crate::web::extract::{Form, Staff, permit};

/// `POST /staff/campaigns/{id}/pace`
pub async fn set(staff: Staff<permit::Campaigns>, app: Data<App>, id: Path<i64>, form: Form<PaceForm>) -> Answer {
    let (id, actor, now, form) = (CampaignId(*id), staff.actor(), app.clock.now(), form.into_inner());
    let typed = form.clone();
    let done = app.db.write(move |db| pace::set(db, id, &form, &actor, now)).await;
    app.ring();
    match done {
        Err(FeatureError::Invalid(errors)) => {
            show_typed(&staff, &app, id, errors, StatusCode::UNPROCESSABLE_ENTITY, Some(typed)).await
        }
        other => after(&staff, &app, id, other, "Pace and hours saved.").await,
    }
}

/// The form as the page shows it; nothing when the campaign is over.
pub(super) fn form(campaign: &Campaign, typed: Option<PaceForm>, organisation: &Organisation) -> Value {
    if campaign.state.is_over() {
        return Value::Null;
    }
    let form = typed.unwrap_or_else(|| PaceForm::from(campaign));
    let hours = organisation.sending_hours().words();
    json!({
        "hours": form.hours, "per_minute": form.per_minute,
        "choices": [
            { "value": Hours::Any.as_str(), "label": "At any time" },
            {
                "value": Hours::Organisation.as_str(), "label": "In the organisation’s sending hours",
                "hint": format!("{hours} ({}). Outside of them it waits.", zone_name(organisation)),
            },
            {
                "value": Hours::Reader.as_str(), "label": "In those hours where the reader is",
                "hint": "Each mail waits for daytime where its reader is. Readers whose time zone is not known get it in \
                         the organisation’s hours.",
            },
        ],
    })
}

/// Both in words, for lists of facts.
pub(super) fn facts(campaign: &Campaign, organisation: &Organisation) -> Vec<Value> {
    let hours = organisation.sending_hours().words();
    let goes_out = match campaign.hours {
        Hours::Any => "At any time".to_owned(),
        Hours::Organisation => format!("In sending hours, {hours} ({})", zone_name(organisation)),
        Hours::Reader => format!("In sending hours where the reader is, {hours}"),
    };
    let limit = match campaign.per_minute {
        Some(number) => format!("At most {} a minute", mails(number)),
        None => "No limit of its own".to_owned(),
    };
    vec![json!({ "term": "Goes out", "value": goes_out }), json!({ "term": "Pace", "value": limit })]
}

/// The same before it is sent at `at`, with when it really begins.
pub(super) fn plan(campaign: &Campaign, organisation: &Organisation, at: At) -> Vec<Value> {
    let mut facts = facts(campaign, organisation);
    if let Some(wait) = pace::closed(campaign, organisation, at) {
        facts.push(json!({ "term": "Waits until", "value": date(wait.until, wait.zone) }));
    }
    facts
}

/// `waits for the sending hours: goes on on 2 March 2026 at 08:00 (Europe/Berlin)`
pub(in crate::web::staff) fn waits(wait: Wait) -> String {
    let local = wait.until.0.with_timezone(&wait.zone);
    let day = Texts::get().date(&Language::english(), local.date_naive());
    let (time, zone) = (local.format("%H:%M"), wait.zone.name().replace('_', " "));
    format!("waits for the sending hours: goes on on {day} at {time} ({zone})")
}

fn zone_name(organisation: &Organisation) -> String {
    organisation.zone().name().replace('_', " ")
}
