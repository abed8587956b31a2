//! A month as Xero's import of manual journals takes it (help.xero.com, "Add multiple manual journals"): rows of one date
//! and narration are one journal; debits are positive; at most 300 lines a file. It was written by that page and never
//! tried against the real Xero.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::finance::AccountRole;
use crate::finance::JournalAccount;
use crate::finance::journal::{Entry, rules};
use crate::values::{Currency, Day, JournalAccountId, Money, spreadsheet_cell};

/// Xero's own limit for a file.
const LINES: usize = 300;
/// The full name of a rate in the organisation's settings at Xero; this one is there from the beginning.
const TAX_RATE: &str = "Tax Exempt";

/// The file and what is to be known of it.
pub struct Written {
    pub content: Vec<u8>,
    pub notes: Vec<String>,
}

/// # Errors
/// `Conflict` when there are several currencies, and when amounts do not fit.
pub fn write(entries: &[Entry], livemode: bool) -> Result<Written, Error> {
    let currencies: BTreeSet<&Currency> = entries.iter().map(|entry| &entry.currency).collect();
    if currencies.len() > 1 {
        let names: Vec<&str> = currencies.iter().map(|currency| currency.as_str()).collect();
        return Err(Error::conflict(format!(
            "This month has entries in {}. Xero posts manual journals in the organisation's own currency alone: export \
             this month as csv or beancount, and enter what is in other currencies by hand.",
            names.join(", ")
        )));
    }
    let mut csv = ::csv::Writer::from_writer(Vec::new());
    csv.write_record(["Narration", "Date", "Description", "AccountCode", "TaxRate", "Amount"])
        .map_err(Error::internal)?;
    let (mut lines, mut bank) = (0, false);
    for (day, sums) in per_day(entries) {
        for (account, (currency, minor)) in sums {
            let amount = Money::new(rules::fitting(minor)?, currency);
            let narration = if livemode { "Gifts and payouts" } else { "TEST MONEY, not for the books:" };
            let record = [
                format!("{narration} {day}"),
                day.0.format("%d/%m/%Y").to_string(),
                spreadsheet_cell(&account.name),
                spreadsheet_cell(&account.code),
                TAX_RATE.into(),
                amount.decimal(),
            ];
            csv.write_record(record).map_err(Error::internal)?;
            lines += 1;
            bank |= account.role == AccountRole::Bank;
        }
    }
    let content = csv.into_inner().map_err(|error| Error::internal(anyhow::anyhow!("{error}")))?;
    let mut notes = Vec::new();
    if lines > LINES {
        notes.push(format!("Xero takes {LINES} lines a file, and this one has {lines}: divide it between two days."));
    }
    if lines > 0 {
        notes.push(format!(
            "The tax rate is \"{TAX_RATE}\": if it has another name in your settings at Xero, replace it in the file."
        ));
    }
    if bank {
        notes.push(
            "Xero takes no manual journals on bank accounts: give the bank's account in the account map the code of a \
             clearing account."
                .into(),
        );
    }
    Ok(Written { content, notes })
}

/// An account, and the key by which a day's accounts stand in order.
type Sums = Vec<(JournalAccount, (Currency, i128))>;

/// The accounts of a day, by code and id.
type Accounts = BTreeMap<(String, JournalAccountId), (JournalAccount, Currency, i128)>;

fn per_day(entries: &[Entry]) -> Vec<(Day, Sums)> {
    let mut days: BTreeMap<Day, Accounts> = BTreeMap::new();
    for entry in entries {
        let day = days.entry(entry.day).or_default();
        for line in &entry.lines {
            let key = (line.account.code.clone(), line.account.id);
            let sum = day.entry(key).or_insert_with(|| (line.account.clone(), entry.currency.clone(), 0));
            sum.2 += i128::from(line.amount_minor);
        }
    }
    let sums = |day: BTreeMap<_, (JournalAccount, Currency, i128)>| -> Sums {
        let lines = day.into_values().filter(|(_, _, minor)| *minor != 0);
        lines.map(|(account, currency, minor)| (account, (currency, minor))).collect()
    };
    days.into_iter().map(|(day, accounts)| (day, sums(accounts))).collect()
}
