//! A campaign's rows of `deliveries`, as far as staff change them. How they are sent is the outbox's.

use diesel::dsl::{exists, not, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use crate::db::Db;
use crate::db::schema::deliveries;
use crate::db::types::Instant;
use crate::outbox::{DeliveryState, attempts, blocks, tally};
use crate::values::{At, CampaignId};

/// What has not left yet is skipped, with the reason. Rows that a worker holds end as they end.
///
/// # Errors
/// The database's.
pub fn skip_waiting(db: &mut Db, campaign: CampaignId, reply: &str, now: At) -> QueryResult<usize> {
    blocks::close(db, campaign)?;
    skip(db, campaign, not(sql::<Bool>(blocks::IN_HAND)), reply, now)
}

/// As [`skip_waiting`], for what came back since: that waits by itself, and a small index finds it.
///
/// # Errors
/// The database's.
pub fn skip_late(db: &mut Db, campaign: CampaignId, reply: &str, now: At) -> QueryResult<usize> {
    skip(db, campaign, not(sql::<Bool>("deliveries.next_at IS NULL")), reply, now)
}

fn skip(db: &mut Db, campaign: CampaignId, which: not<SqlLiteral<Bool>>, reply: &str, now: At) -> QueryResult<usize> {
    let waiting = deliveries::campaign_id
        .eq(campaign)
        .and(deliveries::state.eq_any([DeliveryState::Queued, DeliveryState::Deferred]))
        .and(which);
    let skipped = diesel::update(deliveries::table.filter(waiting))
        .set((
            deliveries::state.eq(DeliveryState::Skipped),
            deliveries::next_at.eq(None::<At>),
            deliveries::code.eq(None::<i64>),
            deliveries::reply.eq(reply),
            deliveries::updated_at.eq(now),
        ))
        .execute(db)?;
    tally::moved(
        db,
        campaign,
        (DeliveryState::Queued, DeliveryState::Skipped),
        i64::try_from(skipped).unwrap_or(0),
        now,
    )?;
    Ok(skipped)
}

/// What staff decide about all deliveries of a campaign in one state.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    pub from: DeliveryState,
    pub to: DeliveryState,
    /// What stands in the row instead of the mail server's answer.
    pub reply: Option<&'a str>,
    /// What the history says.
    pub words: &'a str,
}

/// Carries out a decision, with history and tally. A row that goes back into the queue begins anew: it may be tried as
/// often as in the beginning. Answers how many rows it was.
///
/// # Errors
/// The database's.
pub fn decide(db: &mut Db, campaign: CampaignId, decision: &Decision<'_>, now: At) -> QueryResult<usize> {
    const ROWS: &str = "UPDATE deliveries SET state = $1, reply = $2, updated_at = $3, lease = NULL, \
         next_at = CASE WHEN $1 = 'queued' THEN $4 ELSE NULL END, \
         attempts = CASE WHEN $1 = 'queued' THEN 0 ELSE attempts END, \
         code = CASE WHEN $1 = 'queued' THEN NULL ELSE code END, \
         server = CASE WHEN $1 = 'queued' THEN NULL ELSE server END \
         WHERE campaign_id = $5 AND state = $6 AND EXISTS (SELECT 1 FROM delivery_attempts a \
         WHERE a.delivery_id = deliveries.id AND a.state = $1 AND a.at = $3)";
    let Decision { from, to, reply, words } = *decision;
    attempts::note_decision(db, campaign, (from, to), words, now)?;
    let rows = diesel::sql_query(ROWS)
        .bind::<Text, _>(to.as_str())
        .bind::<Nullable<Text>, _>(reply)
        .bind::<Instant, _>(now)
        .bind::<Instant, _>(blocks::AT_ONCE)
        .bind::<BigInt, _>(campaign)
        .bind::<Text, _>(from.as_str())
        .execute(db)?;
    tally::moved(db, campaign, (from, to), i64::try_from(rows).unwrap_or(0), now)?;
    Ok(rows)
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

/// Whether the campaign has no rows.
///
/// # Errors
/// The database's.
pub fn none(db: &mut Db, campaign: CampaignId) -> QueryResult<bool> {
    let rows = deliveries::table.filter(deliveries::campaign_id.eq(campaign));
    diesel::select(not(exists(rows))).get_result(db)
}

/// How many rows the campaign has: walks all of them.
///
/// # Errors
/// The database's.
pub fn total(db: &mut Db, campaign: CampaignId) -> QueryResult<i64> {
    deliveries::table.filter(deliveries::campaign_id.eq(campaign)).count().get_result(db)
}
