//! Deliveries in doubt that were held: staff decide whether they are sent again or count as sent.

use super::model::{CampaignState, Step};
use super::store;
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
    let campaign = store::find(db, id)?;
    campaign.state.after(Step::Reopen)?;
    let rows = store::deliveries::settle_unknown(db, id, DeliveryState::Queued, None, now)?;
    none_held(rows)?;
    if campaign.state == CampaignState::Sent {
        store::take_step(db, &campaign, Step::Reopen, None, now)?;
    }
    audit::record(db, actor, "sent those in doubt again", "campaign", Some(id.0), &rows.to_string(), now)?;
    Ok(rows)
}

/// Takes the held ones for sent.
///
/// # Errors
/// `Conflict` when none is held.
pub fn count_as_sent(db: &mut Db, id: CampaignId, actor: &Actor, now: At) -> Result<usize, Error> {
    store::find(db, id)?;
    let reply = Some("counted as sent by staff");
    let rows = store::deliveries::settle_unknown(db, id, DeliveryState::Sent, reply, now)?;
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
