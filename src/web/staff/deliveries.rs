//! One mail to one reader: where it is, what it said, and its history.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use super::campaigns::progress::{kind, label};
use super::campaigns::{number, path};
use super::moment;
use crate::app::App;
use crate::campaigns::{Variant, deliveries, preview, proof, store};
use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::mail::message_id;
use crate::outbox::attempts::{self, Attempt};
use crate::outbox::{self, Delivery, DeliveryState};
use crate::values::{At, CampaignId, DeliveryId};
use crate::web::extract::{Staff, permit};
use crate::web::public::mail;
use crate::web::{Answer, Error};

/// `GET /staff/campaigns/{id}/deliveries/{delivery}`
pub async fn of_campaign(
    staff: Staff<permit::SubscribersRead>,
    app: Data<App>,
    asked: Path<(CampaignId, DeliveryId)>,
) -> Answer {
    let (campaign, id) = asked.into_inner();
    let (frame, now) = (app.campaign_mails.clone(), app.clock.now());
    let (name, row, variant, subject, history) = app
        .db
        .read(move |db| {
            let row = deliveries::find(db, campaign, id)?;
            let variant = store::variants_of(db, row.variant_id.as_slice())?.into_iter().next();
            let subject = match preview::of_reader(db, &frame, row.clone(), now) {
                Ok(mail) => Some(mail.subject),
                Err(FeatureError::NotFound(_)) => None,
                Err(other) => return Err(other),
            };
            let history = attempts::of(db, id)?;
            Ok((store::find(db, campaign)?.name, row, variant, subject, history))
        })
        .await?;
    let here = format!("{}/deliveries", path(campaign));
    let mut d = page(&staff, &app, &row, &history);
    add_mail(&mut d, &row, variant.as_ref(), subject, &format!("{here}/{id}/mail"));
    add(&mut d, "lead", json!(format!("The mail of “{name}” to this reader.")));
    add(
        &mut d,
        "crumbs",
        json!([
            { "label": "Campaigns", "href": "/staff/campaigns" }, { "label": name, "href": path(campaign) },
            { "label": "Deliveries", "href": here }, { "label": to(&row), "href": null },
        ]),
    );
    staff.render("staff/delivery", &format!("Mail to {}", to(&row)), &d)
}

/// The mail alone, for the frame of the page.
pub async fn mail_of_campaign(
    _staff: Staff<permit::SubscribersRead>,
    app: Data<App>,
    asked: Path<(CampaignId, DeliveryId)>,
) -> Answer {
    let (campaign, id) = asked.into_inner();
    let (frame, now) = (app.campaign_mails.clone(), app.clock.now());
    let shown = app.db.read(move |db| {
        let row = deliveries::find(db, campaign, id)?;
        if is_erased(&row) {
            return Err(FeatureError::NotFound("mail"));
        }
        preview::of_reader(db, &frame, row, now)
    });
    Ok(mail::document(&shown.await?))
}

/// `GET /staff/deliveries/{id}`: a system mail to a subscriber. Other people's are not for whoever sees subscribers.
pub async fn show(staff: Staff<permit::SubscribersRead>, app: Data<App>, id: Path<DeliveryId>) -> Answer {
    let id = id.into_inner();
    let (row, history) = app.db.read(move |db| load(db, id)).await?;
    if let Some(campaign) = row.campaign_id {
        let there = format!("{}/deliveries/{id}", path(campaign));
        return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, there)).finish());
    }
    let subscriber = row.subscriber_id.ok_or_else(|| Error::not_found("delivery"))?;
    let mut d = page(&staff, &app, &row, &history);
    add(&mut d, "lead", json!(format!("{}.", system_mail(&row.mail))));
    add(
        &mut d,
        "crumbs",
        json!([
            { "label": "Subscribers", "href": "/staff/subscribers" },
            { "label": to(&row), "href": format!("/staff/subscribers/{subscriber}") },
            { "label": system_mail(&row.mail), "href": null },
        ]),
    );
    staff.render("staff/delivery", &format!("Mail to {}", to(&row)), &d)
}

fn load(db: &mut Db, id: DeliveryId) -> Result<(Delivery, Vec<Attempt>), FeatureError> {
    let row = outbox::store::find(db, id)?.ok_or(FeatureError::NotFound("delivery"))?;
    Ok((row, attempts::of(db, id)?))
}

/// What a system mail is about, for staff.
pub(super) fn system_mail(name: &str) -> String {
    match name {
        "confirm" => "Confirmation of a sign-up".into(),
        "preferences_link" => "Link to their choices".into(),
        other => other.replace('_', " "),
    }
}

fn is_erased(row: &Delivery) -> bool {
    row.address.as_str().is_empty()
}

fn to(row: &Delivery) -> String {
    if is_erased(row) { "an erased subscriber".into() } else { row.address.to_string() }
}

/// What the page shows of any delivery.
fn page(
    staff: &Staff<permit::SubscribersRead>,
    app: &App,
    row: &Delivery,
    history: &[Attempt],
) -> serde_json::Map<String, Value> {
    let zone = staff.zone();
    let time = |at: At| moment(at, zone);
    let subscriber = row.subscriber_id.filter(|_| !is_erased(row)).map(|id| format!("/staff/subscribers/{id}"));
    let mut facts = vec![json!({ "term": "To", "value": to(row) })];
    if let Some(subscriber) = &subscriber {
        facts.push(json!({ "term": "Reader", "value": "Look at this subscriber", "href": subscriber }));
    }
    facts.push(json!({ "term": "Language of the reader", "value": row.language.own_name() }));
    facts.push(json!({ "term": "Tries", "value": number(row.attempts) }));
    if let Some(at) = row.next_at.filter(|_| row.state == DeliveryState::Deferred) {
        facts.push(json!({ "term": "To be tried again", "value": time(at) }));
    }
    if let Some(server) = &row.server {
        facts.push(json!({ "term": "Mail server", "value": server }));
    }
    facts.push(json!({ "term": "Message-ID", "value": message_id(&app.root, row.id, &app.sender.host) }));
    let d = json!({
        "heading": format!("Mail to {}", to(row)), "state": label(row.state), "kind": kind(row.state),
        "facts": facts, "history": timeline(row, history, time), "mail": null, "print": null, "erased": is_erased(row),
    });
    match d {
        Value::Object(d) => d,
        _ => serde_json::Map::new(),
    }
}

fn add(d: &mut serde_json::Map<String, Value>, name: &str, value: Value) {
    d.insert(name.to_owned(), value);
}

/// What the mail said, and the fingerprint of its text.
fn add_mail(
    d: &mut serde_json::Map<String, Value>,
    row: &Delivery,
    variant: Option<&Variant>,
    subject: Option<String>,
    frame: &str,
) {
    let Some(variant) = variant else { return };
    let subject = subject.filter(|_| !is_erased(row)).unwrap_or_else(|| variant.subject.clone());
    add(d, "subject", json!(subject));
    add(d, "lang", json!(variant.language));
    add(d, "print", json!(proof::fingerprint(variant)));
    add(d, "mail_heading", json!(if row.state == DeliveryState::Sent { "What it said" } else { "What it says" }));
    if !is_erased(row) {
        add(d, "mail", json!(frame));
    }
}

/// Newest first: each answer, each decision, and what the row itself says, if its last word is not among them.
fn timeline(row: &Delivery, history: &[Attempt], time: impl Fn(At) -> String) -> Vec<Value> {
    let line = |state: DeliveryState, by_staff: bool, at: At, server: Option<&str>, code: Option<i64>, reply: &str| {
        let reply = match (reply, code) {
            ("", Some(code)) => code.to_string(),
            (reply, _) => reply.to_owned(),
        };
        let text = match (server, reply.as_str()) {
            (Some(server), "") => format!("By {server}."),
            (Some(server), reply) => format!("{server}: {reply}"),
            (None, reply) => reply.to_owned(),
        };
        json!({
            "title": title(state, by_staff), "time": time(at), "datetime": at.rfc3339(), "kind": sign(state),
            "text": Some(text).filter(|text| !text.is_empty()),
        })
    };
    let mut lines =
        vec![json!({ "title": "Queued", "time": time(row.created_at), "datetime": row.created_at.rfc3339() })];
    for one in history {
        let by_staff = one.server.is_none() && one.reply.contains(" by ");
        lines.push(line(one.state, by_staff, one.at, one.server.as_deref(), one.code, &one.reply));
    }
    let told = history.last().is_some_and(|last| last.state == row.state && last.at == row.updated_at);
    if !told && row.state != DeliveryState::Queued {
        let reply = row.reply.as_deref().unwrap_or_default();
        lines.push(line(row.state, false, row.updated_at, row.server.as_deref(), row.code, reply));
    }
    lines.reverse();
    lines
}

fn title(state: DeliveryState, by_staff: bool) -> &'static str {
    match state {
        DeliveryState::Queued => "Put back into the queue",
        DeliveryState::Sent if by_staff => "Taken for sent",
        DeliveryState::Sent => "Taken over by the mail server",
        DeliveryState::Deferred => "Not yet: to be tried again",
        other => label(other),
    }
}

fn sign(state: DeliveryState) -> Option<&'static str> {
    match state {
        DeliveryState::Sent => Some("ok"),
        DeliveryState::Deferred | DeliveryState::Unknown => Some("warn"),
        DeliveryState::Failed => Some("danger"),
        _ => None,
    }
}
