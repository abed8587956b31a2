//! One payment event, with what Stripe sent.

use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use super::{HERE, source_label, state_kind, state_label, what};
use crate::app::App;
use crate::audit;
use crate::error::Error as FeatureError;
use crate::payments::purge::KEEP_DAYS;
use crate::payments::store::{self, Decision};
use crate::payments::{EventState, PaymentEvent, Source};
use crate::staff::Permission;
use crate::values::PaymentEventId;
use crate::web::extract::{Staff, permit};
use crate::web::staff::moment;
use crate::web::{Answer, Error, Notice};

/// `GET /staff/payments/events/{id}`
pub async fn show(staff: Staff<permit::GiftsRead>, id: Path<i64>) -> Answer {
    let id = PaymentEventId(*id);
    let look = staff.app.db.read(move |db| Ok::<_, FeatureError>((store::find(db, id)?, store::payload(db, id)?)));
    let (event, payload) = look.await?;
    let failed = event.state == EventState::Failed && staff.may(Permission::Gifts);
    let title = what(&event);
    let d = json!({
        "crumbs": [{ "label": "Payment events", "href": HERE }, { "label": format!("Event {id}"), "href": null }],
        "heading": title, "state": state_label(event.state), "kind": state_kind(event.state),
        "outcome": event.outcome, "href": format!("{HERE}/{id}"),
        "may_try_again": failed && !event.object_id.is_empty(), "may_set_aside": failed,
        "facts": facts(&event, staff.zone()), "payload": payload.map(|bytes| pretty(&bytes)),
        "forgotten": (event.source == Source::Webhook).then_some(KEEP_DAYS),
    });
    staff.render("staff/payments/event", &title, &d)
}

fn facts(event: &PaymentEvent, zone: chrono_tz::Tz) -> Value {
    let mut facts = vec![
        json!({ "term": "Came by", "value": source_label(event.source) }),
        json!({ "term": "Received", "value": moment(event.received_at, zone) }),
    ];
    let mut add = |term: &str, value: Option<String>| {
        facts.extend(value.filter(|value| !value.is_empty()).map(|value| json!({ "term": term, "value": value })));
    };
    add("Happened at Stripe", event.event_id.as_ref().map(|_| moment(event.happened_at, zone)));
    add("Event", event.event_id.clone());
    add("Object", Some(event.object_id.clone()));
    add("Kind of object", Some(event.object_kind.clone()));
    add("Account", event.account.clone());
    add("API version", Some(event.api_version.clone()));
    add("Tries", (event.attempts > 0).then(|| event.attempts.to_string()));
    add("Next try", (event.state == EventState::Pending).then(|| moment(event.next_at, zone)));
    add("Closed", event.processed_at.map(|at| moment(at, zone)));
    json!(facts)
}

/// JSON in lines; what is none, as it came.
fn pretty(payload: &[u8]) -> String {
    let parsed = serde_json::from_slice::<Value>(payload).and_then(|value| serde_json::to_string_pretty(&value));
    parsed.unwrap_or_else(|_| String::from_utf8_lossy(payload).into_owned())
}

/// `POST /staff/payments/events/{id}/{decision}`
pub async fn decide(staff: Staff<permit::Gifts>, app: Data<App>, path: Path<(i64, String)>) -> Answer {
    let (id, word) = path.into_inner();
    let id = PaymentEventId(id);
    let (decision, deed, said) = match word.as_str() {
        "again" => (Decision::TryAgain, "tried again", "The event is tried again now."),
        "aside" => (Decision::SetAside, "set aside", "The event is set aside."),
        _ => return Err(Error::not_found("page")),
    };
    let (actor, now) = (staff.actor(), app.clock.now());
    app.db
        .write(move |db| {
            let event = store::decide(db, id, decision, &actor.name, now)?;
            let detail = format!("{} {}", what(&event), event.object_id);
            Ok::<_, FeatureError>(audit::record(db, &actor, deed, "payment event", Some(id.0), &detail, now)?)
        })
        .await?;
    app.ring();
    staff.redirect(&format!("{HERE}/{id}"), Notice::ok(said))
}
