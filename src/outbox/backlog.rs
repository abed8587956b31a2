//! What waits in the outbox, for `/metrics` and for staff.
//!
//! Every question is answered from a small partial index; what waits of a campaign is what is left of it, never counted.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use crate::db::Db;
use crate::db::types::Instant as Moment;
use crate::lease;
use crate::outbox::blocks;
use crate::outbox::tally::{self, Tally};
use crate::values::{At, CampaignId};

/// Mails that wait, and since when the first of them does: since it was made, or since its next attempt is due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    pub mails: i64,
    pub oldest: Option<At>,
}

/// What is left of a campaign that is being sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfCampaign {
    pub campaign: CampaignId,
    pub queued: Waiting,
    pub deferred: Waiting,
    /// What is through.
    pub ended: Tally,
    /// When an outcome was recorded last; of what was put off, about then.
    pub recorded_at: Option<At>,
}

/// What waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Confirmations, receipts, links to log in.
    pub system_queued: Waiting,
    pub system_deferred: Waiting,
    pub campaigns: Vec<OfCampaign>,
    /// In the hands of some node.
    pub leased: i64,
    /// Processes that deliver, as far as the others know.
    pub nodes: i64,
}

/// Looks everything up. `open` are the campaigns that are being sent, with the number of their deliveries.
///
/// # Errors
/// The database's.
pub fn look(db: &mut Db, open: &[(CampaignId, i64)]) -> QueryResult<Backlog> {
    Ok(Backlog {
        system_queued: Waiting::of(db, SYSTEM, QUEUED)?,
        system_deferred: Waiting::of(db, SYSTEM, DEFERRED)?,
        campaigns: open.iter().map(|&(id, total)| of_campaign(db, id, total)).collect::<QueryResult<_>>()?,
        leased: count(db, "lease > 0")? + blocks::in_hand(db, None)?,
        nodes: i64::try_from(lease::nodes(db)?.len()).unwrap_or(0),
    })
}

impl Backlog {
    /// What waits of all campaigns: for the first attempt, and to be tried again.
    pub fn of_campaigns(&self) -> (Waiting, Waiting) {
        self.campaigns.iter().fold((Waiting::default(), Waiting::default()), |(queued, deferred), of| {
            (queued.and(of.queued), deferred.and(of.deferred))
        })
    }
}

const SYSTEM: &str = "campaign_id IS NULL";
/// The rows, what the oldest of them is found by, and the time it waits since. What waits in blocks has no time for it
/// and is looked up there.
const QUEUED: (&str, &str, &str) = ("next_at IS NOT NULL AND state = 'queued'", "next_at, id", "created_at");
const DEFERRED: (&str, &str, &str) = ("next_at IS NOT NULL AND state = 'deferred'", "next_at", "next_at");
/// The one that waits longest is, among thousands, one of those that were put off last.
const PUT_OFF: (&str, &str, &str) = ("next_at IS NOT NULL AND state = 'deferred'", "next_at DESC", "updated_at");

impl Waiting {
    fn of(db: &mut Db, whose: &str, rows: (&str, &str, &str)) -> QueryResult<Self> {
        Ok(Self { mails: count(db, &format!("{whose} AND {}", rows.0))?, oldest: first(db, whose, rows)? })
    }

    fn and(self, other: Self) -> Self {
        let oldest = self.oldest.into_iter().chain(other.oldest).min();
        Self { mails: self.mails + other.mails, oldest }
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    mails: i64,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Nullable<Moment>)]
    at: Option<At>,
}

fn count(db: &mut Db, condition: &str) -> QueryResult<i64> {
    let sql = format!("SELECT COUNT(*) AS mails FROM deliveries WHERE {condition}");
    Ok(diesel::sql_query(sql).get_result::<Count>(db)?.mails)
}

fn first(db: &mut Db, whose: &str, (state, order, time): (&str, &str, &str)) -> QueryResult<Option<At>> {
    let sql = format!("SELECT {time} AS at FROM deliveries WHERE {whose} AND {state} ORDER BY {order} LIMIT 1");
    Ok(diesel::sql_query(sql).get_result::<Found>(db).optional()?.and_then(|row| row.at))
}

fn of_campaign(db: &mut Db, campaign: CampaignId, total: i64) -> QueryResult<OfCampaign> {
    let whose = format!("campaign_id = {}", campaign.0);
    let deferred = Waiting::of(db, &whose, DEFERRED)?;
    let leased = count(db, &format!("lease > 0 AND +{whose}"))? + blocks::in_hand(db, Some(campaign))?;
    let ended = tally::of(db, campaign)?;
    let recorded_at = tally::last(db, campaign)?.max(first(db, &whose, PUT_OFF)?);
    // The parts are looked at one after the other while mails leave: never less than none.
    let mails = (total - ended.all() - deferred.mails - leased).max(0);
    let oldest = blocks::oldest(db, campaign)?.into_iter().chain(first(db, &whose, QUEUED)?).min();
    let queued = Waiting { mails, oldest };
    Ok(OfCampaign { campaign, queued, deferred, ended, recorded_at })
}
