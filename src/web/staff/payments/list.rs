//! The list of payment events.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{HERE, state_kind, state_label, what};
use crate::error::Error as FeatureError;
use crate::payments::store::{self, Filter};
use crate::payments::{EventState, PaymentCommand, PaymentEvent};
use crate::values::PageRequest;
use crate::web::Answer;
use crate::web::extract::{Query, Staff, permit};
use crate::web::pager::Pager;
use crate::web::staff::campaigns::{link, number};
use crate::web::staff::moment;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct EventsQuery {
    state: String,
    kind: String,
    object: String,
    page: Option<i64>,
}

/// `GET /staff/payments/events`
pub async fn list(staff: Staff<permit::GiftsRead>, query: Query<EventsQuery>) -> Answer {
    let query = query.into_inner();
    let filter = Filter {
        state: query.state.parse().ok(),
        kind: query.kind.trim().to_owned(),
        object: query.object.trim().to_owned(),
    };
    let filtered = filter.state.is_some() || !filter.kind.is_empty() || !filter.object.is_empty();
    let request = PageRequest::new(query.page, 50);
    let look = staff
        .app
        .db
        .read(move |db| Ok::<_, FeatureError>((store::list(db, &filter, request)?, store::refused_commands(db, 20)?)));
    let (page, refused) = look.await?;
    let zone = staff.zone();
    let pager = Pager::new(&page, |n| {
        let n = n.to_string();
        link(HERE, &[("state", &query.state), ("kind", &query.kind), ("object", &query.object), ("page", &n)])
    });
    let row = |event: &PaymentEvent| {
        json!({
            "href": format!("{HERE}/{}", event.id), "what": what(event), "object": event.object_id,
            "state": state_label(event.state), "kind": state_kind(event.state), "outcome": event.outcome,
            "again": (event.state == EventState::Pending && event.attempts > 0).then(|| moment(event.next_at, zone)),
            "received": moment(event.received_at, zone),
        })
    };
    let refusal = |command: &PaymentCommand| {
        json!({
            "what": command_label(command), "words": command.outcome,
            "at": command.done_at.map(|at| moment(at, zone)),
        })
    };
    let states: Vec<Value> =
        EventState::ALL.iter().map(|s| json!({ "value": s.as_str(), "label": state_label(*s) })).collect();
    let count = if page.total == 1 { "1 event".to_owned() } else { format!("{} events", number(page.total)) };
    let d = json!({
        "here": HERE, "rows": page.rows.iter().map(row).collect::<Vec<_>>(), "count": count, "pager": pager,
        "states": states, "filter": { "state": query.state, "kind": query.kind, "object": query.object },
        "clear_href": filtered.then_some(HERE),
        "refused": refused.iter().map(refusal).collect::<Vec<_>>(),
    });
    staff.render("staff/payments/events", "Payment events", &d)
}

fn command_label(command: &PaymentCommand) -> &'static str {
    use crate::payments::CommandKind;
    match command.kind {
        CommandKind::Refund => "Pay back",
        CommandKind::EndSubscription => "End a monthly gift",
        CommandKind::ExpireCheckout => "Close a payment page",
    }
}
