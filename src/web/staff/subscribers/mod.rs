//! Subscribers: the list, a subscriber's page, keeping off and erasing. Only for roles that may see addresses.

mod actions;
mod export;
mod list;
mod show;

pub use actions::{erase, suppress, suppress_address, sure_erase, sure_suppress};
pub use export::export;
pub use list::list;
pub use show::show;

use serde::Serialize;

use crate::subscribers::SubscriberState;
use crate::values::SubscriberId;

/// An option of a list.
#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    label: String,
}

/// Word and kind of the badge.
fn state_badge(state: SubscriberState) -> (&'static str, &'static str) {
    match state {
        SubscriberState::Pending => ("Not confirmed", "neutral"),
        SubscriberState::Active => ("Active", "ok"),
        SubscriberState::Unsubscribed => ("Left", "info"),
        SubscriberState::Bounced => ("Bounced", "warn"),
        SubscriberState::Complained => ("Complained", "danger"),
    }
}

fn path(id: SubscriberId) -> String {
    format!("/staff/subscribers/{id}")
}
