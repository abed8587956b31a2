//! A month per account and currency.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::store::{rows, sums};
use super::{AccountMonth, Bounds, Chart, Entry, Line, MonthView, entries, kept, rules};
use crate::db::Db;
use crate::error::Error;
use crate::finance::AccountRole;
use crate::values::{At, Currency, Day, JournalAccountId, Money, Month};

/// Sums per account and currency.
pub(super) type Balances = BTreeMap<(JournalAccountId, Currency), i128>;

/// # Errors
/// `Conflict` when amounts are too large to be added; the database's.
pub fn month(db: &mut Db, livemode: bool, month: Month, zone: Tz) -> Result<MonthView, Error> {
    let chart = Chart::load(db)?;
    let bounds = Bounds::of(month, zone);
    let entries = entries(db, livemode, month, zone, &chart)?;
    let opening = balances(db, livemode, &chart, bounds.from, bounds.first)?;
    let accounts = accounts(&chart, opening, &entries)?;
    let suspense = accounts
        .iter()
        .filter(|row| row.account.role == AccountRole::Suspense && row.closing != 0)
        .map(|row| Money::new(row.closing, row.currency.clone()))
        .collect();
    let exports = kept::exports(db, livemode, month)?;
    let changed = kept::compared(db, livemode, month, zone, &entries)?;
    Ok(MonthView { month, accounts, entries, suspense, exports, changed })
}

/// What stood on each account before a moment, by sums that the database made.
pub(super) fn balances(db: &mut Db, livemode: bool, chart: &Chart, until: At, day: Day) -> Result<Balances, Error> {
    let begins = rows::begins_at(db)?;
    let mut balances = Balances::new();
    if let Some(begins) = begins.filter(|begins| *begins < until) {
        for (currency, minor) in sums::balance(db, livemode, begins)? {
            add(&mut balances, &currency, rules::opening(chart, minor)?);
        }
    }
    for group in sums::transactions(db, livemode, until)? {
        let lines = rules::booked(chart, group.explanation, group.fund, group.chosen, group.sums)?;
        add(&mut balances, &group.currency, lines);
    }
    for group in sums::arrived(db, livemode, day, begins)? {
        let minor = rules::signed(group.leg, group.minor);
        add(&mut balances, &group.currency, rules::at_bank(chart, chart.bank(group.bank), group.older == 1, minor)?);
    }
    balances.retain(|_, minor| *minor != 0);
    Ok(balances)
}

fn add(balances: &mut Balances, currency: &Currency, lines: Vec<Line>) {
    for line in lines {
        *balances.entry((line.account.id, currency.clone())).or_default() += i128::from(line.amount_minor);
    }
}

fn accounts(chart: &Chart, opening: Balances, entries: &[Entry]) -> Result<Vec<AccountMonth>, Error> {
    /// Opening, debit, credit.
    type Sums = (i128, i128, i128);
    let mut sums: BTreeMap<(JournalAccountId, Currency), Sums> =
        opening.into_iter().map(|(key, minor)| (key, (minor, 0, 0))).collect();
    for entry in entries {
        for line in &entry.lines {
            let sum = sums.entry((line.account.id, entry.currency.clone())).or_default();
            match line.amount_minor {
                minor @ 0.. => sum.1 += i128::from(minor),
                minor => sum.2 -= i128::from(minor),
            }
        }
    }
    let mut rows = Vec::new();
    // The chart is by code, the sums of an account by currency.
    for account in chart.all() {
        for ((id, currency), (opening, debit, credit)) in &sums {
            if *id == account.id {
                rows.push(AccountMonth {
                    account: account.clone(),
                    currency: currency.clone(),
                    opening: rules::fitting(*opening)?,
                    debit: rules::fitting(*debit)?,
                    credit: rules::fitting(*credit)?,
                    closing: rules::fitting(opening + debit - credit)?,
                });
            }
        }
    }
    Ok(rows)
}

/// The months that have something, newest first.
///
/// # Errors
/// The database's.
pub fn months(db: &mut Db, livemode: bool, zone: Tz) -> Result<Vec<Month>, Error> {
    let begins = rows::begins_at(db)?;
    let opening = match begins {
        Some(at) if sums::balance(db, livemode, at)?.iter().any(|(_, minor)| *minor != 0) => Some(Day::of(at, zone)),
        _ => None,
    };
    let mut months: Vec<Month> = Vec::new();
    let mut from: Option<Day> = None;
    loop {
        let moment = from.map(|day| day.begins(zone)).max(begins);
        let transaction = rows::next_transaction(db, livemode, moment)?.map(|at| Day::of(at, zone));
        let arrived = rows::next_match(db, livemode, from)?;
        let opening = opening.filter(|day| from.is_none_or(|from| *day >= from));
        let Some(next) = [transaction, arrived, opening].into_iter().flatten().min() else { break };
        // A day of another zone's past cannot lead back to a month that is here already.
        if months.last().is_some_and(|last| next.month() <= *last) {
            break;
        }
        months.push(next.month());
        from = Some(next.month().next().first());
    }
    months.reverse();
    Ok(months)
}
