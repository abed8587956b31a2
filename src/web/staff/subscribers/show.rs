//! A subscriber's page: what they chose, what they said and when, what we mailed.

use actix_web::web::{Data, Path};
use serde::Serialize;

use super::{path, state_badge};
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::db::Db;
use crate::error::Error;
use crate::i18n::Texts;
use crate::outbox::{self, Delivery, DeliveryState};
use crate::staff::Permission;
use crate::subscribers::store::{self, consent};
use crate::subscribers::{ConsentEvent, ConsentKind, Subscriber, SuppressionReason, suppression, topics};
use crate::values::{At, Language, PageRequest, SubscriberId};
use crate::web::Answer;
use crate::web::extract::{Staff, permit};

const SHOWN: i64 = 100;

struct Loaded {
    subscriber: Subscriber,
    topics: Vec<String>,
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
    topics: Vec<String>,
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
    href: Option<String>,
    state: DeliveryState,
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
    Ok(Loaded {
        topics: topics.into_iter().filter(|topic| chosen.contains(&topic.id)).map(|topic| topic.name).collect(),
        suppression: suppression::find(db, &subscriber.address_hash)?,
        consent: consent::of_subscriber(db, id, SHOWN)?,
        deliveries: outbox::store::of_subscriber(db, id, SHOWN)?,
        audit: audit::list(db, Some(("subscriber", id.0)), PageRequest::new(None, SHOWN))?.rows,
        subscriber,
    })
}

fn view(loaded: Loaded, may_write: bool, zone: chrono_tz::Tz) -> Shown {
    let time = |at: At| Texts::get().date_time(&Language::english(), at, zone);
    let row = &loaded.subscriber;
    let (state, kind) = state_badge(row.state);
    let fact = |term: &str, value: String| Fact { term: term.into(), value };
    let mut facts = vec![
        fact("Name", if row.name.is_empty() { "not given".into() } else { row.name.clone() }),
        fact("Language", row.language.own_name().to_owned()),
        fact("Known since", time(row.created_at)),
        fact("Confirmed", row.confirmed_at.map_or_else(|| "never".into(), time)),
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
        topics: loaded.topics,
        consent: loaded.consent.into_iter().map(|event| consent_event(event, time)).collect(),
        deliveries: loaded.deliveries.into_iter().map(|row| mail(row, time)).collect(),
        audit: loaded.audit.into_iter().map(|entry| deed(entry, time)).collect(),
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

fn consent_event(event: ConsentEvent, time: impl Fn(At) -> String) -> Event {
    let verb = match event.kind {
        ConsentKind::Requested => "Asked to sign up",
        ConsentKind::Confirmed => "Confirmed",
        ConsentKind::Imported => "Imported",
        ConsentKind::Changed => "Changed their choices",
        ConsentKind::Left => "Left",
        ConsentKind::Suppressed => "Kept off by staff",
        ConsentKind::Restored => "Undid leaving",
    };
    let topics = event.topics.replace(',', ", ");
    let title = if topics.is_empty() {
        format!("{verb} ({})", event.form)
    } else {
        format!("{verb} ({}): {topics}", event.form)
    };
    let text = (!event.words.is_empty()).then(|| format!("“{}”", event.words));
    Event { title, text, time: time(event.at), datetime: event.at.rfc3339() }
}

fn deed(entry: AuditEntry, time: impl Fn(At) -> String) -> Event {
    let title = format!("{} {}", entry.actor, entry.action);
    let text = (!entry.detail.is_empty()).then_some(entry.detail);
    Event { title, text, time: time(entry.at), datetime: entry.at.rfc3339() }
}

fn mail(row: Delivery, time: impl Fn(At) -> String) -> Mail {
    let kind = match row.state {
        DeliveryState::Sent => "ok",
        DeliveryState::Failed => "danger",
        DeliveryState::Unknown | DeliveryState::Deferred => "warn",
        DeliveryState::Queued | DeliveryState::Sending | DeliveryState::Skipped => "neutral",
    };
    let what = match (row.campaign_id, row.mail.as_str()) {
        (Some(id), _) => format!("Campaign {id}"),
        (None, "confirm") => "Confirmation of a sign-up".into(),
        (None, "preferences_link") => "Link to their choices".into(),
        (None, other) => other.replace('_', " "),
    };
    Mail {
        what,
        href: row.campaign_id.map(|id| format!("/staff/campaigns/{id}")),
        state: row.state,
        kind,
        time: time(row.updated_at),
        reply: row.reply.unwrap_or_default(),
    }
}
