//! How far a campaign is: the part of its page that renews itself.

use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use super::pace::waits as waits_words;
use super::{mails, number, path, sentence};
use crate::app::App;
use crate::campaigns::report::{self, Status};
use crate::campaigns::{Campaign, CampaignState, Hours, pace, store};
use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::outbox::DeliveryState;
use crate::staff::Permission;
use crate::values::{At, CampaignId};
use crate::web::Answer;
use crate::web::extract::{Staff, permit};

pub async fn fragment(staff: Staff<permit::Read>, app: Data<App>, id: Path<i64>) -> Answer {
    let (id, now, may_read) = (CampaignId(*id), app.clock.now(), staff.may(Permission::SubscribersRead));
    let progress = app
        .db
        .read(move |db| {
            let campaign = store::find(db, id)?;
            data(db, &campaign, may_read, now)
        })
        .await?;
    staff.render("staff/campaigns/fragment", "Progress", &json!({ "progress": progress }))
}

/// What `staff/campaigns/progress` shows. Counts lead to their deliveries for those who may see addresses.
pub(super) fn data(db: &mut Db, campaign: &Campaign, may_read: bool, now: At) -> Result<Value, FeatureError> {
    let status = report::of(db, campaign)?;
    let waits = pace::waits(db, campaign, now)?.filter(|_| status.left() > 0);
    let figures: Vec<Value> = DeliveryState::ALL
        .iter()
        .filter(|state| matches!(state, DeliveryState::Sent | DeliveryState::Failed) || status.of(**state) > 0)
        .map(|state| {
            let href = format!("{}/deliveries?state={state}", path(campaign.id));
            json!({ "label": label_of(campaign, *state), "number": number(status.of(*state)), "href": may_read.then_some(href) })
        })
        .collect();
    Ok(json!({
        "done": status.done(), "total": campaign.total.max(1), "words": words(&status), "left": left(&status, now).filter(|_| waits.is_none()),
        "waits": waits.map(|wait| sentence(&waits_words(wait))),
        "figures": figures, "live": campaign.state == CampaignState::Sending,
        "unknown": status.unknown, "unknown_words": format!("{} in doubt", number(status.unknown)),
        "unknown_one": status.unknown == 1,
        "again_label": format!("Send {} again", mails(status.unknown)),
        "sent_label": format!("Count {} as sent", mails(status.unknown)),
        "deliveries_href": may_read.then(|| format!("{}/deliveries", path(campaign.id))),
        "deliveries_label": match campaign.total {
            1 => "Look at the delivery".to_owned(),
            n => format!("Look at all {} deliveries", number(n)),
        },
        "live_url": format!("{}/progress", path(campaign.id)),
    }))
}

fn words(status: &Status) -> String {
    let verb = if status.total == 1 { "is" } else { "are" };
    let done = format!("{} of {} {verb} through", number(status.done()), number(status.total));
    if status.failed + status.skipped + status.unknown == 0 {
        return format!("{done}.");
    }
    let parts =
        [(status.sent, "sent"), (status.failed, "failed"), (status.skipped, "skipped"), (status.unknown, "in doubt")];
    let parts: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", number(*n))).collect();
    format!("{done}: {}.", parts.join(", "))
}

fn left(status: &Status, now: At) -> Option<String> {
    if status.state != CampaignState::Sending {
        return None;
    }
    match (status.seconds_left(now)?, status.rate(now)?) {
        (seconds, rate) if seconds < 60 => Some(format!("less than a minute left, {rate:.0} a second")),
        (seconds, rate) if seconds < 120 => Some(format!("about a minute left, {rate:.0} a second")),
        (seconds, rate) if seconds < 7200 => Some(format!("about {} minutes left, {rate:.0} a second", seconds / 60)),
        (seconds, rate) => Some(format!("about {} hours left, {rate:.0} a second", seconds / 3600)),
    }
}

/// Where readers get it in their own daytime, waiting is no trouble.
fn label_of(campaign: &Campaign, state: DeliveryState) -> &'static str {
    match (campaign.hours, state) {
        (Hours::Reader, DeliveryState::Deferred) => "To be sent later",
        _ => label(state),
    }
}

pub(crate) fn label(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Queued => "Waiting",
        DeliveryState::Sending => "Being sent",
        DeliveryState::Sent => "Sent",
        DeliveryState::Deferred => "To be tried again",
        DeliveryState::Failed => "Failed",
        DeliveryState::Skipped => "Skipped",
        DeliveryState::Unknown => "In doubt",
    }
}

pub(crate) fn kind(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Queued | DeliveryState::Skipped => "neutral",
        DeliveryState::Sending => "info",
        DeliveryState::Sent => "ok",
        DeliveryState::Deferred | DeliveryState::Unknown => "warn",
        DeliveryState::Failed => "danger",
    }
}
