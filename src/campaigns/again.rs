//! A campaign once more: to those whose mail failed, and to those who were added since.

use super::audience::{self, Audience};
use super::model::{Campaign, Step};
use super::store;
use super::store::deliveries::Decision;
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::outbox::{DeliveryState, tally};
use crate::values::{At, CampaignId};

/// How many mails failed that could be sent again, and of which campaign.
///
/// # Errors
/// `NotFound`; `Conflict` when it is not, or not yet, being sent, when it was cancelled, and when none failed.
pub fn failed(db: &mut Db, id: CampaignId) -> Result<(Campaign, i64), Error> {
    let campaign = store::find(db, id)?;
    campaign.state.after(Step::Reopen)?;
    match tally::of(db, id)?.failed {
        ..=0 => Err(none_failed()),
        failed => Ok((campaign, failed)),
    }
}

/// Sends the failed ones again, with the same Message-IDs and as often as in the beginning. Who left meanwhile is skipped when
/// their turn comes. `asked` is how many somebody saw before deciding: fewer means that somebody else was faster. A campaign
/// that was over is being sent again.
///
/// # Errors
/// As [`failed`]; `Conflict` when there are fewer than asked about.
pub fn to_failed(db: &mut Db, id: CampaignId, asked: i64, actor: &Actor, now: At) -> Result<usize, Error> {
    let locked = store::lock(db, id)?;
    let (_, failed) = failed(db, id)?;
    if failed < asked {
        return Err(Error::conflict(
            "Somebody else has sent to some of them again at the same time. Look at the campaign before you decide.",
        ));
    }
    let words = format!("Sent again by {}.", actor.name);
    let (from, to) = (DeliveryState::Failed, DeliveryState::Queued);
    let rows = store::deliveries::decide(db, id, &Decision { from, to, reply: None, words: &words }, now)?;
    if rows == 0 {
        return Err(none_failed());
    }
    store::reopen(db, &locked, now)?;
    audit::record(db, actor, "sent again to those who failed", "campaign", Some(id.0), &rows.to_string(), now)?;
    Ok(rows)
}

fn none_failed() -> Error {
    Error::conflict("No mail of this campaign is failed any more.")
}

/// Who would get the campaign now and has no delivery of it.
///
/// # Errors
/// `NotFound`; `Conflict` when it is not, or not yet, being sent, and when it was cancelled.
pub fn added(db: &mut Db, id: CampaignId, now: At) -> Result<(Campaign, Audience), Error> {
    let campaign = store::find(db, id)?;
    campaign.state.after(Step::Reopen)?;
    let audience = audience::count_added(db, &campaign, now)?;
    Ok((campaign, audience))
}

/// Makes a delivery for each of them. Nobody who has one already gets another. Answers how many were added.
///
/// # Errors
/// As [`added`]; `Conflict` when nobody was added.
pub fn to_added(db: &mut Db, id: CampaignId, actor: &Actor, now: At) -> Result<i64, Error> {
    let campaign = store::lock(db, id)?;
    campaign.state.after(Step::Reopen)?;
    let total = audience::fix(db, &campaign, now)?;
    let added = total - campaign.total;
    if added <= 0 {
        return Err(Error::conflict("Everybody who fits has a delivery of this campaign already."));
    }
    store::set_total(db, id, total)?;
    store::reopen(db, &campaign, now)?;
    audit::record(db, actor, "sent to those who were added since", "campaign", Some(id.0), &added.to_string(), now)?;
    Ok(added)
}
