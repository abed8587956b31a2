//! A campaign's own page in each of its states.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use super::{date, draft, number, pace, path, progress, state_kind, state_label, topic_names};
use crate::app::App;
use crate::campaigns::pace::PaceForm;
use crate::campaigns::{Campaign, CampaignState, Doubt, store};
use crate::db::Db;
use crate::donations::totals;
use crate::error::{Error as FeatureError, FieldError};
use crate::outbox::{DeliveryState, tally};
use crate::staff::Permission;
use crate::values::CampaignId;
use crate::web::Answer;
use crate::web::extract::{Staff, permit};
use crate::web::staff::gift_words::total_figures;
use crate::web::staff::moment;
use crate::web::staff::sending::Why;

pub async fn show(staff: Staff<permit::Read>, app: Data<App>, id: Path<i64>) -> Answer {
    show_with(&staff, &app, CampaignId(*id), vec![], StatusCode::OK).await
}

/// A campaign's page, with errors beside the fields of its forms.
pub(super) async fn show_with<P>(
    staff: &Staff<P>,
    app: &App,
    id: CampaignId,
    errors: Vec<FieldError>,
    status: StatusCode,
) -> Answer {
    show_typed(staff, app, id, errors, status, None).await
}

/// … and with what was typed into the form of its pace.
pub(super) async fn show_typed<P>(
    staff: &Staff<P>,
    app: &App,
    id: CampaignId,
    errors: Vec<FieldError>,
    status: StatusCode,
    typed: Option<PaceForm>,
) -> Answer {
    let (now, zone, own) = (app.clock.now(), staff.zone(), staff.organisation.languages());
    let organisation = staff.organisation.clone();
    let may_write = staff.may(Permission::Campaigns);
    let may_read_gifts = staff.may(Permission::GiftsRead);
    let may_read_addresses = staff.may(Permission::SubscribersRead);
    let (name, data) = app
        .db
        .read(move |db| {
            let campaign = store::find(db, id)?;
            let unsent = matches!(campaign.state, CampaignState::Draft | CampaignState::Scheduled);
            let (draft, progress) = match unsent {
                true => (draft::writing(db, &campaign, &own, zone, now)?, Value::Null),
                false => (Value::Null, progress::first_look(db, &campaign, may_read_addresses, now)?),
            };
            let gifts = if unsent { Value::Null } else { gifts(db, id, may_read_gifts)? };
            let pace = (pace::facts(&campaign, &organisation), pace::form(&campaign, typed, &organisation));
            let reason = reason(db, &campaign, may_read_addresses)?;
            let extra = Extra { may_write, errors, draft, progress, gifts, pace, reason };
            let d = facts(db, &campaign, extra, zone)?;
            Ok::<_, FeatureError>((campaign.name, d))
        })
        .await?;
    staff.render_with(status, "staff/campaigns/show", &name, &data)
}

/// What depends on who looks, and on the campaign's state.
struct Extra {
    may_write: bool,
    errors: Vec<FieldError>,
    draft: Value,
    progress: Value,
    gifts: Value,
    /// In words, and as a form.
    pace: (Vec<Value>, Value),
    reason: Value,
}

/// Why it is paused or ended as it did, explained, and the way to the mails that it speaks of.
fn reason(db: &mut Db, campaign: &Campaign, may_read: bool) -> Result<Value, FeatureError> {
    let Some(reason) = &campaign.reason else { return Ok(Value::Null) };
    let why = Why::of(reason, may_read);
    // Refusals about policy are tried again and have not failed yet.
    let state = if tally::of(db, campaign.id)?.failed > 0 { DeliveryState::Failed } else { DeliveryState::Deferred };
    let href = (why.refusals && may_read).then(|| format!("{}/deliveries?state={state}", path(campaign.id)));
    Ok(json!({ "text": why.text(), "href": href, "label": "Look at the mails that were refused" }))
}

/// What was given through the link in its mails: sums for everybody, who gave for those who keep the books.
fn gifts(db: &mut Db, id: CampaignId, may_read: bool) -> Result<Value, FeatureError> {
    let totals = totals::of_campaign(db, id)?;
    let href = (may_read && !totals.is_empty()).then(|| format!("/staff/donations?campaign={id}"));
    Ok(json!({ "figures": total_figures(&totals, "Given"), "href": href }))
}

fn facts(db: &mut Db, campaign: &Campaign, extra: Extra, zone: chrono_tz::Tz) -> Result<Value, FeatureError> {
    let names = topic_names(db, campaign.id)?;
    let languages: Vec<String> = campaign.languages().iter().map(|l| l.own_name().to_owned()).collect();
    let languages = if languages.is_empty() { "All languages".to_owned() } else { languages.join(", ") };
    let mut facts = vec![
        json!({ "term": "Topics", "value": if names.is_empty() { "None yet".to_owned() } else { names.join(", ") } }),
        json!({ "term": "Readers of", "value": languages }),
    ];
    for (term, at) in
        [("Starts", campaign.scheduled_at), ("Started", campaign.started_at), ("Ended", campaign.finished_at)]
    {
        if let Some(at) = at
            && (term != "Starts" || campaign.started_at.is_none())
        {
            facts.push(
                json!({ "term": term, "value": if term == "Starts" { date(at, zone) } else { moment(at, zone) } }),
            );
        }
    }
    let (pace_facts, pace) = extra.pace;
    facts.extend(pace_facts);
    let doubt = match campaign.doubt {
        Doubt::Resend => "Sent again",
        Doubt::Hold => "Held for you to decide",
    };
    facts.push(json!({ "term": "Mails in doubt", "value": doubt }));
    Ok(json!({
        "id": campaign.id, "path": path(campaign.id), "name": campaign.name, "reason": extra.reason,
        "state": campaign.state.as_str(), "state_text": state_label(campaign.state), "state_kind": state_kind(campaign.state),
        "facts": facts,
        "cancel_href": format!("{}/cancel", path(campaign.id)), "delete_href": format!("{}/delete", path(campaign.id)),
        "analysis_href": campaign.analysis_id.map(|id| format!("/staff/analyses/{id}")), "send_href": format!("{}/send", path(campaign.id)),
        "again_href": format!("{}/doubt/again", path(campaign.id)), "sent_href": format!("{}/doubt/sent", path(campaign.id)),
        "failed_href": format!("{}/again/failed", path(campaign.id)), "added_href": format!("{}/again/added", path(campaign.id)),
        "failed_label": format!("Send again to {} who failed", number(extra.progress.get("failed").and_then(Value::as_i64).unwrap_or(0))),
        "may_go_on": matches!(campaign.state, CampaignState::Sending | CampaignState::Paused | CampaignState::Sent),
        "is_draft": campaign.state == CampaignState::Draft, "is_scheduled": campaign.state == CampaignState::Scheduled,
        "is_sending": campaign.state == CampaignState::Sending, "is_paused": campaign.state == CampaignState::Paused,
        "starts": campaign.scheduled_at.map(|at| date(at, zone)),
        "pace": pace, "draft": extra.draft, "progress": extra.progress, "gifts": extra.gifts, "may_write": extra.may_write, "errors": extra.errors,
    }))
}
