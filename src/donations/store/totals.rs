//! Sums over gifts and pledges.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use crate::db::Db;
use crate::stripe::Interval;
use crate::values::{CampaignId, Currency};

/// Paid gifts of one currency; what was given back of them.
#[derive(QueryableByName, Debug)]
pub struct Sum {
    #[diesel(sql_type = Bool)]
    pub test: bool,
    #[diesel(sql_type = Text)]
    pub currency: Currency,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    #[diesel(sql_type = BigInt)]
    pub sum: i64,
    #[diesel(sql_type = BigInt)]
    pub refunded: i64,
}

/// Active pledges of one currency and interval.
#[derive(QueryableByName, Debug)]
pub struct Promised {
    #[diesel(sql_type = Bool)]
    pub test: bool,
    #[diesel(sql_type = Text)]
    pub currency: Currency,
    #[diesel(sql_type = Text)]
    pub every: Interval,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    #[diesel(sql_type = BigInt)]
    pub sum: i64,
}

/// Of one campaign, or of all.
///
/// # Errors
/// The database's.
pub fn paid(db: &mut Db, campaign: Option<CampaignId>) -> QueryResult<Vec<Sum>> {
    // A refund in another currency than its gift is a question of its own and in no sum.
    let sql = "SELECT d.test, d.currency, COUNT(*) AS count, CAST(SUM(d.amount_minor) AS BIGINT) AS sum, \
               CAST(COALESCE(SUM((SELECT SUM(r.amount_minor) FROM refunds r WHERE r.donation_id = d.id \
               AND r.state = 'succeeded' AND r.currency = d.currency)), 0) AS BIGINT) AS refunded \
               FROM donations d WHERE d.state = 'paid' AND ($1 = 0 OR d.campaign_id = $1) \
               GROUP BY d.test, d.currency ORDER BY d.test, d.currency";
    diesel::sql_query(sql).bind::<BigInt, _>(campaign.map_or(0, |id| id.0)).load(db)
}

/// # Errors
/// The database's.
pub fn promised(db: &mut Db) -> QueryResult<Vec<Promised>> {
    let sql = "SELECT test, currency, every, COUNT(*) AS count, CAST(SUM(amount_minor) AS BIGINT) AS sum \
               FROM pledges WHERE state = 'active' GROUP BY test, currency, every ORDER BY test, currency, every";
    diesel::sql_query(sql).load(db)
}
