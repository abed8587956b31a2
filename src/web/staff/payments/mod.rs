//! Payment events: what Stripe said, what was made of it, and what went wrong.

mod list;
mod show;

pub use list::list;
pub use show::{decide, show};

use crate::payments::{EventState, PaymentEvent, Source};

const HERE: &str = "/staff/payments/events";

fn state_label(state: EventState) -> &'static str {
    match state {
        EventState::Pending => "Waiting",
        EventState::Done => "Done",
        EventState::Ignored => "Nothing to book",
        EventState::Failed => "Failed",
    }
}

fn state_kind(state: EventState) -> &'static str {
    match state {
        EventState::Pending => "info",
        EventState::Done => "ok",
        EventState::Ignored => "neutral",
        EventState::Failed => "danger",
    }
}

/// What it was, for a heading or a row.
fn what(event: &PaymentEvent) -> String {
    match event.event_id {
        Some(_) => event.kind.clone(),
        None => format!("look at {}", event.object_kind),
    }
}

fn source_label(source: Source) -> &'static str {
    match source {
        Source::Webhook => "a webhook",
        Source::Poll => "what Stripe lists (events, the balance): no webhook had come",
        Source::Sweep => "our own look, because it was awaited for too long",
        Source::Sync => "the command stripe sync",
        Source::Follow => "another event, which led to it",
    }
}
