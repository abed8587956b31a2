//! How much came. Only what is paid counts; what went back is told beside it.

use super::store;
use crate::db::Db;
use crate::error::Error;
use crate::stripe::Interval;
use crate::values::{CampaignId, Money};

/// Gifts of one currency. Test gifts are never added to real ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    pub test: bool,
    pub count: i64,
    /// Its currency is the group's.
    pub sum: Money,
    /// Of refunds that succeeded.
    pub refunded: Money,
}

/// Active pledges of one currency and interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pledged {
    pub test: bool,
    pub every: Interval,
    pub count: i64,
    pub sum: Money,
}

#[derive(Debug, Clone, Default)]
pub struct Overview {
    pub totals: Vec<Total>,
    pub pledged: Vec<Pledged>,
    /// Gifts that wait for an answer of staff.
    pub questions: i64,
}

/// # Errors
/// The database's.
pub fn of_campaign(db: &mut Db, campaign: CampaignId) -> Result<Vec<Total>, Error> {
    totals(db, Some(campaign))
}

/// # Errors
/// The database's.
pub fn overview(db: &mut Db) -> Result<Overview, Error> {
    let pledged = store::totals::promised(db)?
        .into_iter()
        .map(|row| Pledged {
            test: row.test,
            every: row.every,
            count: row.count,
            sum: Money::new(row.sum, row.currency),
        })
        .collect();
    Ok(Overview { totals: totals(db, None)?, pledged, questions: store::questions(db)? })
}

fn totals(db: &mut Db, campaign: Option<CampaignId>) -> Result<Vec<Total>, Error> {
    let total = |row: store::totals::Sum| Total {
        test: row.test,
        count: row.count,
        sum: Money::new(row.sum, row.currency.clone()),
        refunded: Money::new(row.refunded, row.currency),
    };
    Ok(store::totals::paid(db, campaign)?.into_iter().map(total).collect())
}
