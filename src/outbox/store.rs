//! Rows of `deliveries`.

use diesel::dsl::{not, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::blocks::AT_ONCE;
use super::{Delivery, DeliveryState, NewDelivery, attempts, blocks, claim, tally};
use crate::db::schema::deliveries;
use crate::db::search::{self, lower};
use crate::db::{Both, Db};
use crate::values::{At, CampaignId, DeliveryId, Page, PageRequest, SubscriberId};

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
        deliveries::next_at.eq(Some(AT_ONCE)),
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
    let found = Delivery::query().filter(deliveries::id.eq(id)).first(db).optional()?;
    shown(db, found)
}

/// A row in the hands of a node by its block is being sent.
fn shown(db: &mut Db, mut row: Option<Delivery>) -> QueryResult<Option<Delivery>> {
    blocks::show(db, row.as_mut_slice())?;
    Ok(row)
}

/// How many rows of a campaign are in each state: walks all of them.
///
/// # Errors
/// The database's.
pub fn count_by_state(db: &mut Db, campaign: CampaignId) -> QueryResult<Vec<(DeliveryState, i64)>> {
    let mut counts: Vec<(DeliveryState, i64)> = deliveries::table
        .filter(deliveries::campaign_id.eq(campaign))
        .group_by(deliveries::state)
        .select((deliveries::state, diesel::dsl::count_star()))
        .load(db)?;
    let in_hand = blocks::in_hand(db, Some(campaign))?;
    if let Some((_, queued)) = counts.iter_mut().find(|(state, _)| *state == DeliveryState::Queued) {
        *queued -= in_hand;
    }
    match counts.iter_mut().find(|(state, _)| *state == DeliveryState::Sending) {
        Some((_, sending)) => *sending += in_hand,
        None => counts.push((DeliveryState::Sending, in_hand)),
    }
    counts.retain(|(_, rows)| *rows > 0);
    Ok(counts)
}

/// How many rows of a campaign are leased at this moment, and how many are to be tried again: from the small partial
/// indexes (see `claim::is_unfinished`). Progress is this and the campaign's tally.
///
/// # Errors
/// The database's.
pub fn in_motion(db: &mut Db, campaign: CampaignId) -> QueryResult<(i64, i64)> {
    const LEASED: &str = "SELECT COUNT(*) AS n FROM deliveries WHERE lease > 0 AND +campaign_id = $1";
    const DEFERRED: &str =
        "SELECT COUNT(*) AS n FROM deliveries WHERE campaign_id = $1 AND next_at IS NOT NULL AND state = 'deferred'";
    let mut count = |sql: &str| -> QueryResult<i64> {
        Ok(diesel::sql_query(sql).bind::<BigInt, _>(campaign).get_result::<Count>(db)?.n)
    };
    let (leased, deferred) = (count(LEASED)?, count(DEFERRED)?);
    Ok((leased + blocks::in_hand(db, Some(campaign))?, deferred))
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Rows of a campaign, oldest first; of one state and with a part of the address, if asked. `total` spares the count when
/// it is known already.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    campaign: CampaignId,
    state: Option<DeliveryState>,
    address: Option<&str>,
    total: Option<i64>,
    request: PageRequest,
) -> QueryResult<Page<Delivery>> {
    let (mut ids, mut count) = (deliveries::table.into_boxed(), deliveries::table.into_boxed());
    ids = ids.filter(deliveries::campaign_id.eq(campaign));
    count = count.filter(deliveries::campaign_id.eq(campaign));
    if let Some(state) = state {
        let Some(from) = first_in(db, campaign, state)? else {
            return Ok(Page { rows: Vec::new(), total: 0, request });
        };
        ids = ids.filter(deliveries::id.ge(from)).filter(blocks::is_in(state));
        count = count.filter(deliveries::id.ge(from)).filter(blocks::is_in(state));
    }
    if let Some(part) = address {
        let pattern = search::part(part);
        ids = ids.filter(lower(deliveries::address).like(pattern.clone()).escape('\\'));
        count = count.filter(lower(deliveries::address).like(pattern).escape('\\'));
    }
    let total = match total {
        Some(total) => total,
        None => count.count().get_result(db)?,
    };
    // Ids first: without a state and an address an index alone answers this, and only the page's own rows are read.
    let ids = ids.order(deliveries::id.asc()).limit(request.size).offset(request.offset());
    let ids: Vec<DeliveryId> = ids.select(deliveries::id).load(db)?;
    let mut rows = Delivery::query().filter(deliveries::id.eq_any(ids)).order(deliveries::id.asc()).load(db)?;
    blocks::show(db, &mut rows)?;
    Ok(Page { rows, total, request })
}

/// No row of the campaign with a lower id is in this state; none when none at all is.
fn first_in(db: &mut Db, campaign: CampaignId, state: DeliveryState) -> QueryResult<Option<DeliveryId>> {
    if state.is_final() { Ok(Some(DeliveryId(0))) } else { claim::unfinished_from(db, campaign) }
}

/// The row of a campaign to one subscriber.
///
/// # Errors
/// The database's.
pub fn to_subscriber(db: &mut Db, campaign: CampaignId, subscriber: SubscriberId) -> QueryResult<Option<Delivery>> {
    let row = deliveries::campaign_id.eq(campaign).and(deliveries::subscriber_id.eq(subscriber));
    let found = Delivery::query().filter(row).first(db).optional()?;
    shown(db, found)
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
    // By the order of ids alone (`+`): through the campaign's index each piece would sort all of its rows.
    let of_campaign = sql::<Bool>("+deliveries.campaign_id = ").bind::<BigInt, _>(campaign);
    rows = rows.filter(of_campaign).filter(deliveries::id.gt(after));
    if let Some(state) = state {
        let Some(from) = first_in(db, campaign, state)? else { return Ok(Vec::new()) };
        rows = rows.filter(deliveries::id.ge(from)).filter(blocks::is_in(state));
    }
    let mut rows: Vec<Delivery> = rows.order(deliveries::id.asc()).limit(limit).load(db)?;
    blocks::show(db, &mut rows)?;
    Ok(rows)
}

/// The mails to one subscriber, newest first.
///
/// # Errors
/// The database's.
pub fn of_subscriber(db: &mut Db, subscriber: SubscriberId, limit: i64) -> QueryResult<Vec<Delivery>> {
    let theirs = Delivery::query().filter(deliveries::subscriber_id.eq(subscriber));
    let mut rows: Vec<Delivery> = theirs.order(deliveries::id.desc()).limit(limit).load(db)?;
    blocks::show(db, &mut rows)?;
    Ok(rows)
}

/// Takes a subscriber's address, the contents of system mails and the words of mail servers, which often quote the
/// address, out of the outbox; what still waits is skipped. What is on the wire at this moment is recorded without words.
///
/// # Errors
/// The database's.
pub fn forget(db: &mut Db, subscriber: SubscriberId, now: At) -> QueryResult<()> {
    let theirs = deliveries::subscriber_id.eq(subscriber);
    let waiting = || deliveries::state.eq_any([DeliveryState::Queued, DeliveryState::Deferred]);
    // No node marks more of what waits in its blocks until this is through. Blocks first, then rows, as everybody does.
    let campaigns: Vec<Option<CampaignId>> =
        deliveries::table.filter(theirs).filter(waiting()).select(deliveries::campaign_id).distinct().load(db)?;
    let mut campaigns: Vec<CampaignId> = campaigns.into_iter().flatten().collect();
    campaigns.sort();
    blocks::hold_off(db, &campaigns)?;
    attempts::forget(db, subscriber)?;
    diesel::update(deliveries::table.filter(theirs))
        .set((deliveries::address.eq(""), deliveries::payload.eq(None::<String>), deliveries::reply.eq(None::<String>)))
        .execute(db)?;
    let waiting = waiting().and(not(sql::<Bool>(blocks::IN_HAND)));
    let skipped: Vec<Option<CampaignId>> = diesel::update(deliveries::table.filter(theirs).filter(waiting))
        .set((
            deliveries::state.eq(DeliveryState::Skipped),
            deliveries::next_at.eq(None::<At>),
            deliveries::reply.eq("the subscriber is gone"),
            deliveries::updated_at.eq(now),
        ))
        .returning(deliveries::campaign_id)
        .get_results(db)?;
    let mut campaigns: Vec<CampaignId> = skipped.into_iter().flatten().collect();
    campaigns.sort();
    for campaign in campaigns {
        tally::moved(db, campaign, (DeliveryState::Queued, DeliveryState::Skipped), 1, now)?;
    }
    Ok(())
}
