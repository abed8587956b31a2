//! Rows of `deliveries`.

use diesel::prelude::*;

use super::{Delivery, DeliveryState, NewDelivery};
use crate::db::schema::deliveries;
use crate::db::search::{self, lower};
use crate::db::{Both, Db};
use crate::values::{At, CampaignId, DeliveryId, Page, PageRequest};

/// Puts a mail into the outbox, in the caller's transaction. Answers its id, or that of the row with the same key.
///
/// # Errors
/// The database's.
pub fn enqueue(db: &mut Db, new: &NewDelivery, now: At) -> QueryResult<DeliveryId> {
    let insert = diesel::insert_into(deliveries::table).values((
        deliveries::mail.eq(&new.mail),
        deliveries::subscriber_id.eq(new.subscriber),
        deliveries::address.eq(&new.address),
        deliveries::language.eq(&new.language),
        deliveries::payload.eq(&new.payload),
        deliveries::dedup_key.eq(new.dedup_key.as_deref()),
        deliveries::state.eq(DeliveryState::Queued),
        deliveries::attempts.eq(0_i64),
        deliveries::created_at.eq(now),
        deliveries::updated_at.eq(now),
    ));
    let id: Option<DeliveryId> =
        Both(insert.on_conflict_do_nothing().returning(deliveries::id)).get_result(db).optional()?;
    match (id, &new.dedup_key) {
        (Some(id), _) => Ok(id),
        (None, Some(key)) => deliveries::table.filter(deliveries::dedup_key.eq(key)).select(deliveries::id).first(db),
        (None, None) => Err(diesel::result::Error::NotFound),
    }
}

/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: DeliveryId) -> QueryResult<Option<Delivery>> {
    Delivery::query().filter(deliveries::id.eq(id)).first(db).optional()
}

/// How many rows of a campaign are in each state.
///
/// # Errors
/// The database's.
pub fn count_by_state(db: &mut Db, campaign: CampaignId) -> QueryResult<Vec<(DeliveryState, i64)>> {
    deliveries::table
        .filter(deliveries::campaign_id.eq(campaign))
        .group_by(deliveries::state)
        .select((deliveries::state, diesel::dsl::count_star()))
        .load(db)
}

/// Rows of a campaign, oldest first; of one state and with a part of the address, if asked.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    campaign: CampaignId,
    state: Option<DeliveryState>,
    address: Option<&str>,
    request: PageRequest,
) -> QueryResult<Page<Delivery>> {
    let (mut rows, mut count) = (Delivery::query().into_boxed(), deliveries::table.into_boxed());
    rows = rows.filter(deliveries::campaign_id.eq(campaign));
    count = count.filter(deliveries::campaign_id.eq(campaign));
    if let Some(state) = state {
        rows = rows.filter(deliveries::state.eq(state));
        count = count.filter(deliveries::state.eq(state));
    }
    if let Some(part) = address {
        let pattern = search::part(part);
        rows = rows.filter(lower(deliveries::address).like(pattern.clone()).escape('\\'));
        count = count.filter(lower(deliveries::address).like(pattern).escape('\\'));
    }
    let total = count.count().get_result(db)?;
    let rows = rows.order(deliveries::id.asc()).limit(request.size).offset(request.offset()).load(db)?;
    Ok(Page { rows, total, request })
}

/// Rows of a campaign after an id, in order: for exports that walk through all of them in pieces.
///
/// # Errors
/// The database's.
pub fn after(
    db: &mut Db,
    campaign: CampaignId,
    state: Option<DeliveryState>,
    after: DeliveryId,
    limit: i64,
) -> QueryResult<Vec<Delivery>> {
    let mut rows = Delivery::query().into_boxed();
    rows = rows.filter(deliveries::campaign_id.eq(campaign)).filter(deliveries::id.gt(after));
    if let Some(state) = state {
        rows = rows.filter(deliveries::state.eq(state));
    }
    rows.order(deliveries::id.asc()).limit(limit).load(db)
}

/// The mails to one subscriber, newest first.
///
/// # Errors
/// The database's.
pub fn of_subscriber(db: &mut Db, subscriber: crate::values::SubscriberId, limit: i64) -> QueryResult<Vec<Delivery>> {
    Delivery::query()
        .filter(deliveries::subscriber_id.eq(subscriber))
        .order(deliveries::id.desc())
        .limit(limit)
        .load(db)
}

/// Takes a subscriber's address and the contents of system mails out of the outbox; what still waits is skipped.
///
/// # Errors
/// The database's.
pub fn forget(db: &mut Db, subscriber: crate::values::SubscriberId, now: At) -> QueryResult<()> {
    let of_subscriber = deliveries::table.filter(deliveries::subscriber_id.eq(subscriber));
    diesel::update(of_subscriber)
        .set((deliveries::address.eq(""), deliveries::payload.eq(None::<String>)))
        .execute(db)?;
    diesel::update(
        deliveries::table
            .filter(deliveries::subscriber_id.eq(subscriber))
            .filter(deliveries::state.eq_any([DeliveryState::Queued, DeliveryState::Deferred])),
    )
    .set((
        deliveries::state.eq(DeliveryState::Skipped),
        deliveries::reply.eq("the subscriber is gone"),
        deliveries::updated_at.eq(now),
    ))
    .execute(db)
    .map(drop)
}
