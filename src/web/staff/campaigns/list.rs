//! The list of campaigns.

use actix_web::web::Data;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{link, number, path, readers, state_kind, state_label, topic_names};
use crate::app::App;
use crate::campaigns::{Campaign, CampaignState, report, store};
use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::staff::Permission;
use crate::values::{At, PageRequest};
use crate::web::Answer;
use crate::web::extract::{Query, Staff, permit};
use crate::web::pager::Pager;
use crate::web::staff::moment;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    q: String,
    state: String,
    page: Option<i64>,
}

pub async fn list(staff: Staff<permit::Read>, app: Data<App>, query: Query<ListQuery>) -> Answer {
    let query = query.into_inner();
    let state = query.state.parse::<CampaignState>().ok();
    let (part, zone) = (query.q.clone(), staff.zone());
    let (rows, pager) = app
        .db
        .read(move |db| {
            let part = Some(part.trim()).filter(|part| !part.is_empty());
            let page = store::list(db, state, part, PageRequest::new(query.page, 25))?;
            let href = |number: i64| {
                link("/staff/campaigns", &[("q", &query.q), ("state", &query.state), ("page", &number.to_string())])
            };
            let pager = Pager::new(&page, href);
            let rows: Result<Vec<Value>, FeatureError> =
                page.rows.iter().map(|campaign| row(db, campaign, zone)).collect();
            Ok::<_, FeatureError>((rows?, pager))
        })
        .await?;
    let states: Vec<Value> =
        CampaignState::ALL.iter().map(|s| json!({ "value": s.as_str(), "label": state_label(*s) })).collect();
    let filtered = !staff.visit.query.is_empty();
    let d = json!({
        "rows": rows, "pager": pager, "states": states, "may_write": staff.may(Permission::Campaigns),
        "filter": { "q": query_value(&staff.visit.query, "q"), "state": query_value(&staff.visit.query, "state") },
        "clear_href": filtered.then_some("/staff/campaigns"),
    });
    staff.render("staff/campaigns/list", "Campaigns", &d)
}

fn row(db: &mut Db, campaign: &Campaign, zone: chrono_tz::Tz) -> Result<Value, FeatureError> {
    let names = topic_names(db, campaign.id)?;
    let progress = match campaign.state {
        CampaignState::Draft | CampaignState::Scheduled => String::new(),
        CampaignState::Sending | CampaignState::Paused => {
            format!("{} of {}", number(report::of(db, campaign)?.done()), number(campaign.total))
        }
        CampaignState::Sent | CampaignState::Cancelled => readers(campaign.total),
    };
    let (word, at) = last_date(campaign);
    Ok(json!({
        "href": path(campaign.id), "name": campaign.name,
        "state": state_label(campaign.state), "kind": state_kind(campaign.state),
        "audience": names.join(", "), "progress": progress, "date": format!("{word} {}", moment(at, zone)),
    }))
}

fn last_date(campaign: &Campaign) -> (&'static str, At) {
    match campaign {
        Campaign { finished_at: Some(at), state: CampaignState::Cancelled, .. } => ("Cancelled", *at),
        Campaign { finished_at: Some(at), .. } => ("Sent", *at),
        Campaign { started_at: Some(at), .. } => ("Started", *at),
        Campaign { scheduled_at: Some(at), .. } => ("Starts", *at),
        campaign => ("Changed", campaign.updated_at),
    }
}

fn query_value(query: &str, name: &str) -> String {
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, v)| v.into_owned())
        .unwrap_or_default()
}
