//! One object as the API answers it, with what it points to and what was told of it; and lists of a kind.

use std::collections::BTreeSet;

use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::only_with_sandbox_stripe;
use super::rows::{self, EventRow, ObjectRow};
use crate::app::App;
use crate::error::Error;
use crate::i18n::Texts;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::webhooks::store as webhooks;
use crate::sandbox::stripe::{look, store};
use crate::values::Language;
use crate::web::extract::{Loopback, PublicPage, Query};
use crate::web::sandbox::private;
use crate::web::{Answer, Notice};

/// How many are listed: the newest.
const LISTED: i64 = 200;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    kind: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ObjectQuery {
    done: String,
}

#[derive(Debug, Serialize)]
struct Crumb {
    label: String,
    href: Option<String>,
}

#[derive(Debug, Serialize)]
struct List {
    crumbs: Vec<Crumb>,
    heading: String,
    count: String,
    zone: String,
    objects: Vec<ObjectRow>,
    events: Vec<EventRow>,
}

#[derive(Debug, Serialize)]
struct Object {
    notice: Option<Notice>,
    crumbs: Vec<Crumb>,
    /// The whole id.
    lead: String,
    what: String,
    state: Option<String>,
    state_kind: &'static str,
    /// The page of an open session.
    page_href: Option<String>,
    /// Where to send this event again.
    again: Option<String>,
    related: Vec<ObjectRow>,
    /// Of this object; for an event itself.
    events: Vec<EventRow>,
    is_event: bool,
    zone: String,
    json: String,
}

fn crumb(label: impl Into<String>, href: Option<&str>) -> Crumb {
    Crumb { label: label.into(), href: href.map(str::to_owned) }
}

/// `GET /sandbox/stripe/objects?kind=`
pub async fn list(_: Loopback, page: PublicPage, app: Data<App>, Query(query): Query<ListQuery>) -> Answer {
    only_with_sandbox_stripe(&app)?;
    let zone = page.organisation.zone();
    let loaded = app.db.read(move |db| {
        let total = look::counts(db)?.get(&query.kind).copied().unwrap_or(0);
        let found = store::newest(db, &query.kind, LISTED)?;
        let (objects, events) = match query.kind.as_str() {
            "event" => (Vec::new(), with_webhooks(db, &found, zone)?),
            _ => (found.iter().map(|object| rows::object(object, zone)).collect(), Vec::new()),
        };
        let heading = format!("{}s", rows::words(&query.kind));
        Ok::<_, Error>(List {
            crumbs: vec![crumb("Sandbox Stripe", Some("/sandbox/stripe")), crumb(heading.clone(), None)],
            heading,
            count: match total {
                1 => "1".into(),
                total if total > LISTED => format!("The newest {LISTED} of {}", number(total)),
                total => number(total),
            },
            zone: zone.name().replace('_', " "),
            objects,
            events,
        })
    });
    let list = loaded.await?;
    private(page).render("sandbox/stripe/list", &list.heading, &list)
}

fn number(number: i64) -> String {
    Texts::get().number(&Language::english(), number)
}

/// `GET /sandbox/stripe/objects/{id}`
pub async fn show(
    _: Loopback,
    page: PublicPage,
    app: Data<App>,
    id: Path<String>,
    Query(query): Query<ObjectQuery>,
) -> Answer {
    only_with_sandbox_stripe(&app)?;
    let (id, zone) = (id.into_inner(), page.organisation.zone());
    let loaded = app.db.read(move |db| {
        let value =
            store::find(db, &id)?.filter(|value| value.text("object") != "due").ok_or(Error::NotFound("object"))?;
        let kind = value.text("object").to_owned();
        let is_event = kind == "event";
        let events = if is_event { vec![value.clone()] } else { look::events_about(db, &id)? };
        let (state, state_kind) = rows::state(&value);
        let open = kind == "checkout.session" && value.text("status") == "open";
        Ok::<_, Error>(Object {
            notice: (query.done == "again").then(|| Notice::ok("The event is on its way once more.")),
            crumbs: vec![
                crumb("Sandbox Stripe", Some("/sandbox/stripe")),
                crumb(format!("{}s", rows::words(&kind)), Some(&format!("/sandbox/stripe/objects?kind={kind}"))),
                // Sessions have names that no phone can show.
                crumb(if id.len() > 24 { format!("{}…", id.get(..20).unwrap_or_default()) } else { id.clone() }, None),
            ],
            what: if is_event { value.text("type").into() } else { rows::words(&kind) },
            state,
            state_kind,
            page_href: open.then(|| format!("/sandbox/stripe/checkout/{id}")),
            again: is_event.then(|| format!("/sandbox/stripe/events/{id}/send")),
            related: related(db, &value, &id)?.iter().map(|object| rows::object(object, zone)).collect(),
            events: with_webhooks(db, &events, zone)?,
            is_event,
            zone: zone.name().replace('_', " "),
            json: serde_json::to_string_pretty(&value).map_err(Error::internal)?,
            lead: id,
        })
    });
    let object = loaded.await?;
    private(page).render("sandbox/stripe/object", &object.what, &object)
}

fn with_webhooks(db: &mut crate::db::Db, events: &[Value], zone: chrono_tz::Tz) -> Result<Vec<EventRow>, Error> {
    let ids: Vec<String> = events.iter().filter_map(|event| Some(event["id"].as_str()?.to_owned())).collect();
    let ways = webhooks::of_events(db, &ids)?;
    Ok(events.iter().map(|event| rows::event(event, &ways, zone)).collect())
}

/// The objects whose ids stand in this one.
fn related(db: &mut crate::db::Db, value: &Value, id: &str) -> Result<Vec<Value>, Error> {
    let mut ids = BTreeSet::new();
    collect(value, &mut ids);
    ids.remove(id);
    let mut found = Vec::new();
    for id in ids {
        found.extend(store::find(db, &id)?);
    }
    Ok(found)
}

/// Texts that look like `pi_3Abc`.
fn collect(value: &Value, ids: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let looks_like_one = text.len() < 100
                && text.split_once('_').is_some_and(|(kind, rest)| {
                    (2..=5).contains(&kind.len()) && rest.len() > 7 && kind.bytes().all(|b| b.is_ascii_lowercase())
                })
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if looks_like_one {
                ids.insert(text.clone());
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, ids)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, ids)),
        _ => {}
    }
}
