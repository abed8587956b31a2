//! The deliveries of a campaign, as staff look for them.

use super::model::Campaign;
use super::report;
use crate::db::Db;
use crate::error::Error;
use crate::outbox::{self, Delivery, DeliveryState};
use crate::subscribers;
use crate::values::{CampaignId, DeliveryId, EmailAddress, Page, PageRequest};

/// A page of them, of one state and with a part of the address, if asked. A whole address is found at once, also among a
/// million; a part of one is looked for in all of them.
///
/// # Errors
/// The database's.
pub fn page(
    db: &mut Db,
    campaign: &Campaign,
    state: Option<DeliveryState>,
    typed: &str,
    request: PageRequest,
) -> Result<Page<Delivery>, Error> {
    let typed = typed.trim();
    if typed.is_empty() {
        let status = report::of(db, campaign)?;
        let total = state.map_or(status.total, |state| status.of(state));
        return Ok(outbox::store::list(db, campaign.id, state, None, Some(total), request)?);
    }
    if let Some(row) = to_address(db, campaign.id, typed)? {
        let rows: Vec<Delivery> =
            Some(row).filter(|row| state.is_none_or(|state| row.state == state)).into_iter().collect();
        let total = if rows.is_empty() { 0 } else { 1 };
        return Ok(Page { rows, total, request });
    }
    Ok(outbox::store::list(db, campaign.id, state, Some(typed), None, request)?)
}

/// Whoever has this address now, if it is the one that was mailed.
fn to_address(db: &mut Db, campaign: CampaignId, typed: &str) -> Result<Option<Delivery>, Error> {
    let Ok(address) = EmailAddress::parse(typed) else { return Ok(None) };
    let Some(subscriber) = subscribers::store::by_email(db, &address)? else { return Ok(None) };
    let row = outbox::store::to_subscriber(db, campaign, subscriber.id)?;
    Ok(row.filter(|row| row.address.key() == address.key()))
}

/// One delivery of a campaign.
///
/// # Errors
/// `NotFound` when it is none, or another campaign's.
pub fn find(db: &mut Db, campaign: CampaignId, id: DeliveryId) -> Result<Delivery, Error> {
    let row = outbox::store::find(db, id)?.filter(|row| row.campaign_id == Some(campaign));
    row.ok_or(Error::NotFound("delivery"))
}
