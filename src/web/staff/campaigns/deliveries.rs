//! Every delivery of a campaign: looked at by state and address, or taken along as CSV.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path};
use futures_util::{Stream, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use super::progress::{kind, label};
use super::{link, number, path};
use crate::app::App;
use crate::campaigns::export::{self, Export};
use crate::campaigns::proof::Proof;
use crate::campaigns::{deliveries, store};
use crate::error::Error as FeatureError;
use crate::outbox::DeliveryState;
use crate::subscribers::export::Reader;
use crate::values::{CampaignId, PageRequest};
use crate::web::extract::{Query, Staff, permit};
use crate::web::pager::Pager;
use crate::web::staff::moment;
use crate::web::{Answer, Error};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeliveriesQuery {
    q: String,
    state: String,
    page: Option<i64>,
}

pub async fn list(
    staff: Staff<permit::SubscribersRead>,
    app: Data<App>,
    id: Path<i64>,
    query: Query<DeliveriesQuery>,
) -> Answer {
    let (id, query) = (CampaignId(*id), query.into_inner());
    let state = query.state.parse::<DeliveryState>().ok();
    let (part, number_asked) = (query.q.trim().to_owned(), query.page);
    let (campaign, page) = app
        .db
        .read(move |db| {
            let campaign = store::find(db, id)?;
            let page = deliveries::page(db, &campaign, state, &part, PageRequest::new(number_asked, 50))?;
            Ok::<_, FeatureError>((campaign, page))
        })
        .await?;
    let here = format!("{}/deliveries", path(id));
    let pager =
        Pager::new(&page, |n| link(&here, &[("q", &query.q), ("state", &query.state), ("page", &n.to_string())]));
    let zone = staff.zone();
    let count = match page.total {
        1 => "1 delivery".to_owned(),
        total => format!("{} deliveries", number(total)),
    };
    let rows: Vec<Value> = page
        .rows
        .iter()
        .map(|row| {
            json!({
                "email": row.address, "state": label(row.state), "kind": kind(row.state), "attempts": number(row.attempts),
                "href": format!("{here}/{}", row.id),
                "code": row.code.map(|code| code.to_string()), "reply": row.reply, "changed": moment(row.updated_at, zone),
                "again": row.next_at.filter(|_| row.state == DeliveryState::Deferred).map(|at| moment(at, zone)),
            })
        })
        .collect();
    let states: Vec<Value> =
        DeliveryState::ALL.iter().map(|s| json!({ "value": s.as_str(), "label": label(*s) })).collect();
    let filtered = !query.q.is_empty() || state.is_some();
    let d = json!({
        "crumbs": [{ "label": "Campaigns", "href": "/staff/campaigns" }, { "label": campaign.name, "href": path(id) }, { "label": "Deliveries", "href": null }],
        "here": here, "lead": format!("“{}”, one line for each reader.", campaign.name), "rows": rows, "pager": pager, "states": states, "count": count,
        "filter": { "q": query.q, "state": query.state }, "clear_href": filtered.then_some(&here),
        "csv": link(&format!("{here}.csv"), &[("state", &query.state)]), "proof": format!("{}/proof.csv", path(id)),
    });
    staff.render("staff/campaigns/deliveries", &format!("Deliveries of {}", campaign.name), &d)
}

/// Streamed in pieces: a million rows do not stand in memory. It takes addresses out of the house, so it is audited.
pub async fn csv(
    staff: Staff<permit::SubscribersRead>,
    app: Data<App>,
    id: Path<i64>,
    query: Query<DeliveriesQuery>,
) -> Answer {
    let (id, actor, now) = (CampaignId(*id), staff.actor(), app.clock.now());
    let state = query.state.parse::<DeliveryState>().ok();
    app.db.write(move |db| export::record(db, id, state, &actor, now)).await?;
    let start = Some((app, Export::new(id, state), true));
    let pieces = stream::try_unfold(start, |step| async move {
        let Some((app, mut rest, first)) = step else { return Ok(None) };
        let (rows, rest) = app
            .db
            .read(move |db| {
                let rows = rest.next(db)?;
                Ok::<_, FeatureError>((rows, rest))
            })
            .await?;
        let text = export::csv(&rows, first, &app.root, &app.sender.host, Reader::Person)?;
        let next = (!rows.is_empty()).then_some((app, rest, false));
        Ok::<_, Error>(Some((Bytes::from(text), next)))
    });
    Ok(download(&format!("campaign-{id}-deliveries.csv"), pieces))
}

/// Who was mailed what, when, with which answer. The audit gets the file's fingerprint before the file ends.
pub async fn proof(staff: Staff<permit::SubscribersRead>, app: Data<App>, id: Path<i64>) -> Answer {
    let (id, actor, now) = (CampaignId(*id), staff.actor(), app.clock.now());
    let (who, begun) = (actor.clone(), app.clock.now());
    let proof = app.db.write(move |db| Proof::begin(db, id, &who, begun)).await?;
    let pieces = stream::try_unfold(Some((app, proof, actor)), move |step| async move {
        let Some((app, mut proof, actor)) = step else { return Ok(None) };
        let shared = app.clone();
        let (piece, proof) = app
            .db
            .read(move |db| {
                let piece = proof.next(db, &shared.root, &shared.sender.host)?;
                Ok::<_, FeatureError>((piece, proof))
            })
            .await?;
        match piece {
            Some(piece) => Ok::<_, Error>(Some((Bytes::from(piece), Some((app, proof, actor))))),
            None => {
                app.db.write(move |db| proof.end(db, &actor, now)).await?;
                Ok(None)
            }
        }
    });
    Ok(download(&format!("campaign-{id}-proof.csv"), pieces))
}

fn download(name: &str, pieces: impl Stream<Item = Result<Bytes, Error>> + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(pieces)
}
