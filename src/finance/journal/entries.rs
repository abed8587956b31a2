//! The entries of a month.

use std::collections::HashMap;

use chrono_tz::Tz;

use super::store::{rows, sums};
use super::{Chart, Entry, FundName, rules};
use crate::db::Db;
use crate::donations::funds;
use crate::error::Error;
use crate::values::{At, Day, FundId, Language, Month};

/// A month as instants and as days: transactions have the one, bank lines the other.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub from: At,
    /// The first moment that is not in it any more.
    pub to: At,
    pub first: Day,
    pub last: Day,
}

impl Bounds {
    pub fn of(month: Month, zone: Tz) -> Self {
        let (from, to) = month.bounds(zone);
        Self { from, to, first: month.first(), last: month.last() }
    }
}

/// The entries of a month, by day, then by what they are made of: a handful of queries, whatever the month holds.
///
/// # Errors
/// `Conflict` when amounts are too large to be added; the database's.
pub fn entries(db: &mut Db, livemode: bool, month: Month, zone: Tz, chart: &Chart) -> Result<Vec<Entry>, Error> {
    let bounds = Bounds::of(month, zone);
    let begins = rows::begins_at(db)?;
    let given = rows::given(db, livemode, &bounds)?;
    let funds = fund_names(db)?;
    let mut entries = Vec::new();
    if let Some(begins) = begins.filter(|at| (bounds.from..bounds.to).contains(at)) {
        let day = Day::of(begins, zone);
        for (currency, minor) in sums::balance(db, livemode, begins)? {
            entries.extend(rules::of_opening(chart, day, currency, minor)?);
        }
    }
    for row in rows::transactions(db, livemode, &bounds)? {
        let fund = row.fund_id.and_then(|id| funds.get(&id).cloned());
        entries.extend(rules::of_transaction(chart, &row, given.get(&row.id), fund, zone)?);
    }
    for row in rows::matches(db, livemode, &bounds)? {
        let before = row.at_stripe.zip(begins).is_some_and(|(at, begins)| at < begins);
        entries.extend(rules::of_match(chart, &row, before)?);
    }
    entries.sort_by(|a, b| (a.day, &a.source).cmp(&(b.day, &b.source)));
    Ok(entries)
}

fn fund_names(db: &mut Db) -> Result<HashMap<FundId, FundName>, Error> {
    let funds = funds::list(db, &Language::english())?;
    Ok(funds.into_iter().map(|fund| (fund.id, FundName { id: fund.id, name: fund.name })).collect())
}
