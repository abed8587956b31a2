//! Deliveries in doubt that were held: staff decide whether they are sent again or count as sent.

use super::model::Step;
use super::store;
use super::store::deliveries::Decision;
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::outbox::DeliveryState;
use crate::values::{At, CampaignId};

/// Sends the held ones again, with the same Message-IDs. A campaign that was over is being sent again.
///
/// # Errors
/// `Conflict` when none is held, or when the campaign was cancelled.
pub fn send_again(db: &mut Db, id: CampaignId, actor: &Actor, now: At) -> Result<usize, Error> {
    let campaign = store::lock(db, id)?;
    campaign.state.after(Step::Reopen)?;
    let words = format!("Sent again by {}.", actor.name);
    let (from, to) = (DeliveryState::Unknown, DeliveryState::Queued);
    let rows = store::deliveries::decide(db, id, &Decision { from, to, reply: None, words: &words }, now)?;
    none_held(rows)?;
    store::reopen(db, &campaign, now)?;
    audit::record(db, actor, "sent those in doubt again", "campaign", Some(id.0), &rows.to_string(), now)?;
    Ok(rows)
}

/// Takes the held ones for sent.
///
/// # Errors
/// `Conflict` when none is held.
pub fn count_as_sent(db: &mut Db, id: CampaignId, actor: &Actor, now: At) -> Result<usize, Error> {
    store::lock(db, id)?;
    let words = format!("Counted as sent by {}.", actor.name);
    let (from, to) = (DeliveryState::Unknown, DeliveryState::Sent);
    let decision = Decision { from, to, reply: Some("counted as sent by staff"), words: &words };
    let rows = store::deliveries::decide(db, id, &decision, now)?;
    none_held(rows)?;
    audit::record(db, actor, "counted those in doubt as sent", "campaign", Some(id.0), &rows.to_string(), now)?;
    Ok(rows)
}

fn none_held(rows: usize) -> Result<(), Error> {
    match rows {
        0 => Err(Error::conflict("No mail of this campaign is in doubt any more.")),
        _ => Ok(()),
    }
}
