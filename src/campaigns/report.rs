//! How far a campaign is, in numbers: from its tally and two small indexes. A look at a campaign of a million walks none of its
//! deliveries.

use serde::Serialize;

use super::model::{Campaign, CampaignState};
use super::store;
use crate::db::Db;
use crate::error::Error;
use crate::outbox::{self, DeliveryState, tally};
use crate::values::{At, CampaignId};

/// As `campaign status --json` prints it; the keys and their order are part of the product's interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    pub id: CampaignId,
    pub state: CampaignState,
    pub total: i64,
    pub queued: i64,
    pub sending: i64,
    pub sent: i64,
    pub deferred: i64,
    pub failed: i64,
    pub skipped: i64,
    pub unknown: i64,
    pub reason: Option<String>,
    #[serde(serialize_with = "instant")]
    pub started_at: Option<At>,
    #[serde(serialize_with = "instant")]
    pub finished_at: Option<At>,
}

#[expect(clippy::ref_option, reason = "serde's signature")]
fn instant<S: serde::Serializer>(at: &Option<At>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(At::rfc3339).serialize(serializer)
}

/// # Errors
/// `NotFound`, or the database's.
pub fn status(db: &mut Db, id: CampaignId) -> Result<Status, Error> {
    let campaign = store::find(db, id)?;
    of(db, &campaign)
}

/// As [`status`], for a campaign that is at hand.
///
/// # Errors
/// The database's.
pub fn of(db: &mut Db, campaign: &Campaign) -> Result<Status, Error> {
    let ended = tally::of(db, campaign.id)?;
    let (sending, deferred) = outbox::store::in_motion(db, campaign.id)?;
    // Looked at one after the other while mails leave: never less than none.
    let others = ended.sent + ended.failed + ended.skipped + ended.unknown + sending + deferred;
    Ok(Status {
        id: campaign.id,
        state: campaign.state,
        total: campaign.total,
        queued: (campaign.total - others).max(0),
        sending,
        sent: ended.sent,
        deferred,
        failed: ended.failed,
        skipped: ended.skipped,
        unknown: ended.unknown,
        reason: campaign.reason.clone(),
        started_at: campaign.started_at,
        finished_at: campaign.finished_at,
    })
}

impl Status {
    /// Deliveries that are through, one way or another.
    pub fn done(&self) -> i64 {
        self.sent + self.failed + self.skipped + self.unknown
    }
    pub fn left(&self) -> i64 {
        self.queued + self.sending + self.deferred
    }
    pub fn of(&self, state: DeliveryState) -> i64 {
        match state {
            DeliveryState::Queued => self.queued,
            DeliveryState::Sending => self.sending,
            DeliveryState::Sent => self.sent,
            DeliveryState::Deferred => self.deferred,
            DeliveryState::Failed => self.failed,
            DeliveryState::Skipped => self.skipped,
            DeliveryState::Unknown => self.unknown,
        }
    }
    /// Deliveries per second since it started; none before anything is through.
    pub fn average(&self, now: At) -> Option<f64> {
        let until = self.finished_at.unwrap_or(now);
        let seconds = (until - self.started_at?).num_milliseconds() as f64 / 1000.0;
        (seconds > 0.0 && self.done() > 0).then(|| self.done() as f64 / seconds)
    }
    /// At that rate, how many seconds what can be sent now will take.
    pub fn seconds_left(&self, rate: f64) -> Option<i64> {
        let waiting = self.queued + self.sending;
        (waiting > 0 && rate > 0.0).then(|| (waiting as f64 / rate).ceil() as i64)
    }
}
