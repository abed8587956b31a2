//! A month as CSV: a line per entry and account, in the order of the journal.

use crate::error::Error;
use crate::finance::journal::{Entry, Line};
use crate::values::{Money, spreadsheet_cell};

/// The columns, in this order for ever: scripts read them.
const HEADER: [&str; 13] = [
    "date",
    "entry",
    "narration",
    "account_code",
    "account_name",
    "debit",
    "credit",
    "currency",
    "fund",
    "donation",
    "balance_transaction",
    "payout",
    "bank_line",
];

/// # Errors
/// None that can be foreseen.
pub fn write(entries: &[Entry]) -> Result<Vec<u8>, Error> {
    let mut csv = ::csv::Writer::from_writer(Vec::new());
    csv.write_record(HEADER).map_err(Error::internal)?;
    for entry in entries {
        for line in &entry.lines {
            csv.write_record(fields(entry, line)).map_err(Error::internal)?;
        }
    }
    csv.into_inner().map_err(|error| Error::internal(anyhow::anyhow!("{error}")))
}

/// What people and Stripe wrote could be a formula; our own words and numbers cannot.
fn fields(entry: &Entry, line: &Line) -> [String; 13] {
    let money = |minor: Option<i64>| minor.map(|minor| Money::new(minor, entry.currency.clone()).decimal());
    let debit = money((line.amount_minor > 0).then_some(line.amount_minor));
    // Rules make no amount that has no opposite.
    let credit = money(line.amount_minor.checked_neg().filter(|minor| *minor > 0));
    [
        entry.day.to_string(),
        spreadsheet_cell(&entry.source.to_string()),
        spreadsheet_cell(&entry.narration),
        spreadsheet_cell(&line.account.code),
        spreadsheet_cell(&line.account.name),
        debit.unwrap_or_default(),
        credit.unwrap_or_default(),
        entry.currency.to_string(),
        entry.fund.as_ref().map(|fund| spreadsheet_cell(&fund.name)).unwrap_or_default(),
        entry.donation.map(|id| id.to_string()).unwrap_or_default(),
        entry.transaction().map(spreadsheet_cell).unwrap_or_default(),
        entry.payout.as_deref().map(spreadsheet_cell).unwrap_or_default(),
        entry.bank_line.map(|id| id.to_string()).unwrap_or_default(),
    ]
}
