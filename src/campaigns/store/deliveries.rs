//! A campaign's rows of `deliveries`, as far as staff change them. How they are sent is the outbox's.

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::deliveries;
use crate::outbox::DeliveryState;
use crate::values::{At, CampaignId};

/// What has not left yet is skipped, with the reason. Rows that a worker holds end as they end.
///
/// # Errors
/// The database's.
pub fn skip_waiting(db: &mut Db, campaign: CampaignId, reply: &str, now: At) -> QueryResult<usize> {
    let waiting = deliveries::campaign_id
        .eq(campaign)
        .and(deliveries::state.eq_any([DeliveryState::Queued, DeliveryState::Deferred]));
    diesel::update(deliveries::table.filter(waiting))
        .set((
            deliveries::state.eq(DeliveryState::Skipped),
            deliveries::next_at.eq(None::<At>),
            deliveries::code.eq(None::<i64>),
            deliveries::reply.eq(reply),
            deliveries::updated_at.eq(now),
        ))
        .execute(db)
}

/// Decides on the rows in doubt: back into the queue, or as good as sent.
///
/// # Errors
/// The database's.
pub fn settle_unknown(
    db: &mut Db,
    campaign: CampaignId,
    state: DeliveryState,
    reply: Option<&str>,
    now: At,
) -> QueryResult<usize> {
    let unknown = deliveries::campaign_id.eq(campaign).and(deliveries::state.eq(DeliveryState::Unknown));
    diesel::update(deliveries::table.filter(unknown))
        .set((
            deliveries::state.eq(state),
            deliveries::lease.eq(None::<i64>),
            deliveries::next_at.eq(None::<At>),
            deliveries::reply.eq(reply),
            deliveries::updated_at.eq(now),
        ))
        .execute(db)
}

/// What waits for this reason may go now.
///
/// # Errors
/// The database's.
pub fn end_wait(db: &mut Db, campaign: CampaignId, reason: &str, now: At) -> QueryResult<usize> {
    let waiting = deliveries::campaign_id
        .eq(campaign)
        .and(deliveries::state.eq(DeliveryState::Deferred))
        .and(deliveries::reply.eq(reason));
    diesel::update(deliveries::table.filter(waiting)).set(deliveries::next_at.eq(now)).execute(db)
}

/// How many rows the campaign has.
///
/// # Errors
/// The database's.
pub fn total(db: &mut Db, campaign: CampaignId) -> QueryResult<i64> {
    deliveries::table.filter(deliveries::campaign_id.eq(campaign)).count().get_result(db)
}
