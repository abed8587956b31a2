//! A subscriber's page: what they chose, what they said and when, what we mailed.

use std::collections::HashMap;

use actix_web::web::{Data, Path};
use serde::Serialize;

use super::{path, state_badge};
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::campaigns;
use crate::db::Db;
use crate::error::Error;
use crate::outbox::{self, Delivery};
use crate::staff::Permission;
use crate::subscribers::store::{self, consent};

use crate::subscribers::{ConsentEvent, ConsentKind, Subscriber, SuppressionReason, split_slugs, suppression, topics};
use crate::values::{At, CampaignId, Language, PageRequest, SubscriberId};
use crate::web::Answer;
use crate::web::extract::{Staff, permit};
use crate::web::staff::campaigns::progress;
use crate::web::staff::deliveries::system_mail;
use crate::web::staff::moment;

const SHOWN: i64 = 100;

struct Loaded {
    subscriber: Subscriber,
    topics: Vec<String>,
    /// What topics are called, by slug.
    names: HashMap<String, String>,
    /// What the campaigns of the deliveries are called.
    campaigns: HashMap<CampaignId, String>,
    suppression: Option<(SuppressionReason, At)>,
    consent: Vec<ConsentEvent>,
    deliveries: Vec<Delivery>,
    audit: Vec<AuditEntry>,
}

#[derive(Serialize)]
struct Shown {
    email: String,
    state: &'static str,
    kind: &'static str,
    suppressed: Option<String>,
    may_write: bool,
    href: String,
    facts: Vec<Fact>,
    consent: Vec<Event>,
    deliveries: Vec<Mail>,
    audit: Vec<Event>,
}

#[derive(Serialize)]
struct Fact {
    term: String,
    value: String,
}

#[derive(Serialize)]
struct Event {
    title: String,
    text: Option<String>,
    time: String,
    datetime: String,
}

#[derive(Serialize)]
struct Mail {
    what: String,
    href: String,
    state: &'static str,
    kind: &'static str,
    time: String,
    reply: String,
}

/// `GET /staff/subscribers/{id}`
pub async fn show(staff: Staff<permit::SubscribersRead>, app: Data<App>, id: Path<SubscriberId>) -> Answer {
    let id = id.into_inner();
    let loaded = app.db.read(move |db| load(db, id)).await?;
    let shown = view(loaded, staff.may(Permission::Subscribers), staff.zone());
    let title = shown.email.clone();
    staff.render("staff/subscribers/show", &title, &shown)
}

fn load(db: &mut Db, id: SubscriberId) -> Result<Loaded, Error> {
    let subscriber = store::find(db, id)?.ok_or(Error::NotFound("subscriber"))?;
    let chosen = store::subscribed_topics(db, id)?;
    let topics = topics::list(db, &Language::english())?;
    let deliveries = outbox::store::of_subscriber(db, id, SHOWN)?;
    let sent: Vec<CampaignId> = deliveries.iter().filter_map(|row| row.campaign_id).collect();
    Ok(Loaded {
        names: topics.iter().map(|topic| (topic.slug.to_string(), topic.name.clone())).collect(),
        campaigns: campaigns::store::names(db, &sent)?.into_iter().collect(),
        topics: topics.into_iter().filter(|topic| chosen.contains(&topic.id)).map(|topic| topic.name).collect(),
        suppression: suppression::find(db, &subscriber.address_hash)?,
        consent: consent::of_subscriber(db, id, SHOWN)?,
        deliveries,
        audit: audit::list(db, Some(("subscriber", id.0)), PageRequest::new(None, SHOWN))?.rows,
        subscriber,
    })
}

fn view(loaded: Loaded, may_write: bool, zone: chrono_tz::Tz) -> Shown {
    let time = |at: At| moment(at, zone);
    let row = &loaded.subscriber;
    let (state, kind) = state_badge(row.state);
    let fact = |term: &str, value: String| Fact { term: term.into(), value };
    let mut facts = vec![
        fact("Name", if row.name.is_empty() { "Not given".into() } else { row.name.clone() }),
        fact("Language", row.language.own_name().to_owned()),
        fact("Time zone", zone_words(&row.time_zone)),
        fact("Known since", time(row.created_at)),
        fact("Confirmed", row.confirmed_at.map_or_else(|| "Never".into(), time)),
        fact("Topics", if loaded.topics.is_empty() { "None".into() } else { loaded.topics.join(", ") }),
    ];
    let attributes: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&row.attributes).unwrap_or_default();
    facts.extend(attributes.iter().map(|(name, value)| fact(name, value.as_str().unwrap_or_default().to_owned())));
    Shown {
        email: row.email.to_string(),
        state,
        kind,
        suppressed: loaded.suppression.map(|(reason, at)| format!("{} on {}.", reason_words(reason), time(at))),
        may_write,
        href: path(row.id),
        facts,
        consent: loaded.consent.into_iter().map(|event| consent_event(event, &loaded.names, time)).collect(),
        deliveries: loaded.deliveries.into_iter().map(|row| mail(row, &loaded.campaigns, time)).collect(),
        audit: loaded.audit.into_iter().map(|entry| deed(entry, time)).collect(),
    }
}

fn zone_words(name: &str) -> String {
    match name {
        "" => "Not given: as the organisation’s".into(),
        name => name.replace('_', " "),
    }
}

fn reason_words(reason: SuppressionReason) -> &'static str {
    match reason {
        SuppressionReason::Unsubscribed => "Left",
        SuppressionReason::Bounced => "The mailbox refused mail for good",
        SuppressionReason::Complained => "Complained about a mail",
        SuppressionReason::Staff => "Kept off by staff",
        SuppressionReason::Erased => "Erased",
    }
}

fn consent_event(event: ConsentEvent, names: &HashMap<String, String>, time: impl Fn(At) -> String) -> Event {
    let verb = match event.kind {
        ConsentKind::Requested => "Asked to sign up",
        ConsentKind::Confirmed => "Confirmed",
        ConsentKind::Imported => "Imported",
        ConsentKind::Changed => "Changed their choices",
        ConsentKind::Left => "Left",
        ConsentKind::Suppressed => "Kept off by staff",
        ConsentKind::Restored => "Undid leaving",
    };
    let topics = split_slugs(&event.topics);
    let topics: Vec<&str> =
        topics.iter().map(|slug| names.get(slug.as_str()).map_or(slug.as_str(), String::as_str)).collect();
    let title = if topics.is_empty() { verb.to_owned() } else { format!("{verb}: {}", topics.join(", ")) };
    let text = (!event.words.is_empty()).then(|| format!("“{}”", event.words));
    let time = format!("{}, by {}", time(event.at), way(&event.form));
    Event { title, text, time, datetime: event.at.rfc3339() }
}

/// Through what somebody said so, as it fits behind "by".
fn way(form: &str) -> &str {
    match form {
        "website" => "the form on the website",
        "json" => "the website’s interface for programs",
        "one-click" => "one click in a mail",
        "confirmation page" => "the confirmation page",
        "unsubscribe page" => "the unsubscribe page",
        "preference page" => "the preference page",
        other => other,
    }
}

fn deed(entry: AuditEntry, time: impl Fn(At) -> String) -> Event {
    let title = format!("{} {} this subscriber", entry.actor, entry.action);
    let text = (!entry.detail.is_empty()).then_some(entry.detail);
    Event { title, text, time: time(entry.at), datetime: entry.at.rfc3339() }
}

fn mail(row: Delivery, campaigns: &HashMap<CampaignId, String>, time: impl Fn(At) -> String) -> Mail {
    let (what, href) = match row.campaign_id {
        Some(campaign) => {
            let name = campaigns.get(&campaign).cloned().unwrap_or_else(|| format!("Campaign {campaign}"));
            (name, format!("/staff/campaigns/{campaign}/deliveries/{}", row.id))
        }
        None => (system_mail(&row.mail), format!("/staff/deliveries/{}", row.id)),
    };
    Mail {
        what,
        href,
        state: progress::label(row.state),
        kind: progress::kind(row.state),
        time: time(row.updated_at),
        reply: row.reply.unwrap_or_default(),
    }
}
