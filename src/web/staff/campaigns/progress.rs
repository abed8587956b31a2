//! How far a campaign is: the part of its page that renews itself.

use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use super::pace::waits as waits_words;
use super::{mails, number, path, sentence};
use crate::app::App;
use crate::campaigns::pace::{self, Wait};
use crate::campaigns::report::{self, Status};
use crate::campaigns::{Campaign, CampaignState, Hours, store};
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
            first_look(db, &campaign, may_read, now)
        })
        .await?;
    staff.fragment("staff/campaigns/fragment", &json!({ "progress": progress }))
}

/// One look at a campaign.
pub(super) struct Look {
    pub campaign: Campaign,
    pub status: Status,
    /// Until when it waits for the sending hours.
    pub waits: Option<Wait>,
}

impl Look {
    pub fn at(db: &mut Db, campaign: Campaign, now: At) -> Result<Self, FeatureError> {
        let status = report::of(db, &campaign)?;
        let waits = pace::waits(db, &campaign, now)?.filter(|_| status.left() > 0);
        Ok(Self { campaign, status, waits })
    }
    /// Without having looked before: the average since the start, if it went on without a stop.
    pub fn average(&self, now: At) -> Option<f64> {
        self.status.average(now).filter(|_| self.campaign.started_at == Some(self.campaign.updated_at))
    }
}

/// As [`data`], without having looked before.
pub(super) fn first_look(db: &mut Db, campaign: &Campaign, may_read: bool, now: At) -> Result<Value, FeatureError> {
    let look = Look::at(db, campaign.clone(), now)?;
    Ok(data(&look, look.average(now), may_read))
}

/// What `staff/campaigns/progress` shows, at this rate (mails a second). Counts lead to their deliveries for those who may
/// see addresses.
pub(super) fn data(look: &Look, rate: Option<f64>, may_read: bool) -> Value {
    let Look { campaign, status, waits } = look;
    let live = campaign.state == CampaignState::Sending;
    let mut figures: Vec<Value> = DeliveryState::ALL
        .iter()
        .filter(|state| stays(**state, live) || status.of(**state) > 0)
        .map(|state| {
            let href = format!("{}/deliveries?state={state}", path(campaign.id));
            json!({ "label": label_of(campaign, *state), "number": number(status.of(*state)), "href": may_read.then_some(href) })
        })
        .collect();
    if live {
        let rate = rate.filter(|_| waits.is_none());
        let left = rate.and_then(|rate| status.seconds_left(rate)).map_or_else(|| "–".to_owned(), time_left);
        figures.push(json!({ "label": "Mails a second", "number": rate.map_or_else(|| "–".to_owned(), per_second), "href": null }));
        figures.push(json!({ "label": "Time left", "number": left, "href": null }));
    }
    json!({
        "done": status.done(), "total": campaign.total.max(1), "words": words(status), "left": null,
        "waits": waits.map(|wait| sentence(&waits_words(wait))),
        "figures": figures, "live": live, "failed": status.failed,
        "unknown": status.unknown, "unknown_words": format!("{} in doubt", number(status.unknown)),
        "unknown_one": status.unknown == 1,
        "again_label": format!("Send {} again", mails(status.unknown)),
        "sent_label": format!("Count {} as sent", mails(status.unknown)),
        "deliveries_href": may_read.then(|| format!("{}/deliveries", path(campaign.id))),
        "deliveries_label": match campaign.total {
            1 => "Look at the delivery".to_owned(),
            n => format!("Look at all {} deliveries", number(n)),
        },
        "live_url": format!("{}/progress", path(campaign.id)), "events_url": format!("{}/events", path(campaign.id)),
    })
}

/// Figures that are there even when they are 0: while mails leave, nothing on the page may move.
fn stays(state: DeliveryState, live: bool) -> bool {
    use DeliveryState::{Deferred, Failed, Queued, Sending, Sent};
    matches!(state, Sent | Failed) || (live && matches!(state, Queued | Sending | Deferred))
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

fn per_second(rate: f64) -> String {
    match rate {
        slow if slow > 0.0 && slow < 9.95 => format!("{slow:.1}"),
        rate => number(rate.round() as i64),
    }
}

fn time_left(seconds: i64) -> String {
    match seconds {
        ..60 => "under a minute".to_owned(),
        60..120 => "a minute".to_owned(),
        120..7200 => format!("{} minutes", seconds / 60),
        7200..172_800 => format!("{} hours", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
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
