//! What the journal is made of. Amounts are signed: debits are positive, credits negative.

use std::fmt;

use diesel::prelude::*;

use super::Change;
use crate::db::MultiBackend;
use crate::db::schema::journal_exports;
use crate::finance::JournalAccount;
use crate::values::{
    At, BankLineId, Currency, Day, DonationId, FundId, JournalExportId, MatchId, Money, Month, StaffId,
};

/// What an entry is made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// What was at Stripe when the books began; one per currency.
    Opening(Currency),
    /// A balance transaction, `txn_…`.
    Transaction(String),
    /// A payout at the bank.
    Match(MatchId),
}

/// As exports and audits name it: `txn_1`, `match-7`, `opening-EUR`.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opening(currency) => write!(f, "opening-{currency}"),
            Self::Transaction(id) => f.write_str(id),
            Self::Match(id) => write!(f, "match-{id}"),
        }
    }
}

/// One account's part of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub account: JournalAccount,
    /// Debit positive, credit negative, never 0; in the entry's currency.
    pub amount_minor: i64,
}

/// A fund as the journal names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundName {
    pub id: FundId,
    pub name: String,
}

/// A journal entry: its lines add up to 0. It names no donor: the journal leaves the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub day: Day,
    pub source: Source,
    pub narration: String,
    pub currency: Currency,
    /// At least two, each account once.
    pub lines: Vec<Line>,
    pub donation: Option<DonationId>,
    /// What the donation is for.
    pub fund: Option<FundName>,
    /// The payout that took the transaction along, or that it is itself.
    pub payout: Option<String>,
    pub bank_line: Option<BankLineId>,
    /// What the transaction is about at Stripe: `ch_…`, `re_…`, `po_…`.
    pub stripe: Option<String>,
}

impl Entry {
    /// The balance transaction, if that is what it is made of.
    pub fn transaction(&self) -> Option<&str> {
        match &self.source {
            Source::Transaction(id) => Some(id),
            _ => None,
        }
    }
}

/// An account in a month, in one currency; minor units, debits positive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountMonth {
    pub account: JournalAccount,
    pub currency: Currency,
    /// The sum of everything before the month.
    pub opening: i64,
    /// The sum of the month's debits.
    pub debit: i64,
    /// The sum of the month's credits, as a positive number.
    pub credit: i64,
    pub closing: i64,
}

/// A month of the journal.
#[derive(Debug, Clone)]
pub struct MonthView {
    pub month: Month,
    /// By code, then currency; accounts without anything are left out.
    pub accounts: Vec<AccountMonth>,
    pub entries: Vec<Entry>,
    /// What stands in suspense at the end of the month, by currency; none is 0.
    pub suspense: Vec<Money>,
    /// Newest first.
    pub exports: Vec<JournalExport>,
    /// What differs from the newest export; empty if there is none.
    pub changed: Vec<Change>,
}

/// An export that was kept.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = journal_exports)]
#[diesel(check_for_backend(MultiBackend))]
pub struct JournalExport {
    pub id: JournalExportId,
    pub month: String,
    pub livemode: bool,
    pub entries: i64,
    pub content_hash: String,
    /// None: by the command line.
    pub staff_id: Option<StaffId>,
    pub exported_at: At,
}
