//! Number 7: the journal balances, stays as it was exported, and has the money where Stripe and the bank have it.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::{Check, Failure, LISTED};
use crate::db::Db;
use crate::error::Error;
use crate::finance::AccountRole;
use crate::finance::journal::{self, AccountMonth, Entry};
use crate::finance::store::checks as store;
use crate::values::{At, Currency, Day, Money, Month};

pub(super) fn check(db: &mut Db, livemode: bool, zone: Tz, now: At) -> Result<Check, Error> {
    let title = "Each journal entry balances, exported months are as they were exported, and the journal has the money where it is";
    let mut check = Check::new(7, title, "journal entries", 0);
    let months = journal::months(db, livemode, zone)?;
    let chart = journal::Chart::load(db)?;
    let mut newest: Option<(Month, Vec<AccountMonth>)> = None;
    for month in months {
        // Only where the newest month ends is asked: what stood on the accounts before each would be added up from the
        // beginning each time.
        let entries = if newest.is_none() {
            let view = journal::month(db, livemode, month, zone)?;
            newest = Some((month, view.accounts));
            view.entries
        } else {
            journal::entries(db, livemode, month, zone, &chart)?
        };
        check.looked_at = check.looked_at.saturating_add(i64::try_from(entries.len()).unwrap_or(i64::MAX));
        let broken: Vec<Failure> = entries.iter().filter_map(|entry| unbalanced(month, entry)).collect();
        all(&mut check, broken);
    }
    all(&mut check, changed(journal::changed_months(db, livemode, zone)?));
    let (month, accounts) = newest.unwrap_or_else(|| (Day::of(now, zone).month(), Vec::new()));
    all(&mut check, holdings(&accounts, month, &store::holdings(db, livemode)?));
    Ok(check)
}

fn all(check: &mut Check, mut failures: Vec<Failure>) {
    let total = i64::try_from(failures.len()).unwrap_or(i64::MAX);
    failures.truncate(LISTED);
    check.failed(failures, total);
}

fn href(month: Month) -> String {
    format!("/staff/finance/journal?month={month}")
}

fn unbalanced(month: Month, entry: &Entry) -> Option<Failure> {
    let sum: i128 = entry.lines.iter().map(|line| i128::from(line.amount_minor)).sum();
    let over = i64::try_from(sum).unwrap_or(i64::MAX);
    (sum != 0).then(|| Failure {
        what: format!("Entry {} of {}: debits and credits differ", entry.source, entry.day),
        expected: Money::new(0, entry.currency.clone()).to_string(),
        found: Money::new(over, entry.currency.clone()).to_string(),
        href: href(month),
    })
}

fn changed(months: Vec<(Month, Vec<journal::Change>)>) -> Vec<Failure> {
    let one = |month: Month, change: journal::Change| Failure {
        what: format!("{month} was exported and has changed since: {}", change.what),
        expected: change.before.unwrap_or_else(|| "no such entry".to_owned()),
        found: change.now.unwrap_or_else(|| "no such entry".to_owned()),
        href: href(month),
    };
    months.into_iter().flat_map(|(month, changes)| changes.into_iter().map(move |change| one(month, change))).collect()
}

/// What the journal says of Stripe and of the way to the bank, against (currency, at Stripe, on its way).
fn holdings(accounts: &[AccountMonth], month: Month, held: &[(Currency, i64, i64)]) -> Vec<Failure> {
    let mut booked: BTreeMap<(&Currency, bool), i64> = BTreeMap::new();
    for account in accounts {
        match account.account.role {
            AccountRole::Stripe => *booked.entry((&account.currency, true)).or_default() += account.closing,
            AccountRole::Transit => *booked.entry((&account.currency, false)).or_default() += account.closing,
            _ => {}
        }
    }
    let mut failures = Vec::new();
    for (currency, at_stripe, on_its_way) in held {
        let sides = [
            (true, at_stripe, "the Stripe account is not what is at Stripe"),
            (false, on_its_way, "the account of payouts on their way is not what left Stripe and is not at the bank"),
        ];
        for (stripe, expected, what) in sides {
            let found = booked.get(&(currency, stripe)).copied().unwrap_or(0);
            if found != *expected {
                failures.push(Failure {
                    what: format!("{currency}, end of {month}: {what}"),
                    expected: Money::new(*expected, currency.clone()).to_string(),
                    found: Money::new(found, currency.clone()).to_string(),
                    href: href(month),
                });
            }
        }
    }
    failures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::journal::{Line, Source};
    use crate::finance::{AccountKind, JournalAccount};
    use crate::values::JournalAccountId;

    fn account(role: AccountRole) -> JournalAccount {
        JournalAccount {
            id: JournalAccountId(1),
            role,
            kind: AccountKind::Assets,
            fund_id: None,
            bank_account_id: None,
            code: "1".into(),
            name: "One".into(),
        }
    }

    fn month(role: AccountRole, closing: i64) -> AccountMonth {
        AccountMonth {
            account: account(role),
            currency: Currency::eur(),
            opening: 0,
            debit: closing,
            credit: 0,
            closing,
        }
    }

    #[test]
    fn an_entry_that_does_not_balance_is_named() {
        let november = Month::parse("2026-11").unwrap();
        let line = |amount_minor| Line { account: account(AccountRole::Stripe), amount_minor };
        let mut entry = Entry {
            day: Day::parse("2026-11-03").unwrap(),
            source: Source::Transaction("txn_1".into()),
            narration: String::new(),
            currency: Currency::eur(),
            lines: vec![line(100), line(-100)],
            donation: None,
            fund: None,
            payout: None,
            bank_line: None,
            stripe: None,
        };
        assert!(unbalanced(november, &entry).is_none());
        entry.lines.push(line(1));
        let failure = unbalanced(november, &entry).unwrap();
        assert_eq!(failure.what, "Entry txn_1 of 2026-11-03: debits and credits differ");
        assert_eq!((failure.expected.as_str(), failure.found.as_str()), ("0.00 EUR", "0.01 EUR"));
    }

    #[test]
    fn both_accounts_are_compared() {
        let november = Month::parse("2026-11").unwrap();
        let accounts = [month(AccountRole::Stripe, 700), month(AccountRole::Transit, 300)];
        assert!(holdings(&accounts, november, &[(Currency::eur(), 700, 300)]).is_empty());
        // Not only their sum: what one has too much, the other must not lack.
        assert_eq!(holdings(&accounts, november, &[(Currency::eur(), 600, 400)]).len(), 2);
        assert_eq!(holdings(&[], november, &[(Currency::eur(), 0, 5)]).len(), 1);
    }
}
