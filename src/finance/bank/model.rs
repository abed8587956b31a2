//! What pages show of statements and lines.

use crate::finance::{BankAccount, BankLine, BankStatement, Leg, Match, PayoutRow};
use crate::text_enum;
use crate::values::{BankAccountId, BankStatementId, Currency, Day};

text_enum! {
    /// Where a bank line stands.
    pub enum LineState {
        /// Nobody has said what it is.
        Open => "open",
        /// A payout, or several, explain it.
        Matched => "matched",
        /// Not about payouts.
        SetAside => "set_aside",
    }
}

/// Which lines staff look for. Nothing set means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineFilter {
    pub account: Option<BankAccountId>,
    pub statement: Option<BankStatementId>,
    pub state: Option<LineState>,
    pub currency: Option<Currency>,
    /// Booked on this day or later.
    pub from: Option<Day>,
    /// Booked on this day or earlier.
    pub to: Option<Day>,
    /// Part of the words, the counterparty or the bank's reference.
    pub q: String,
    /// What was typed, read as amounts: a line with one of them is found too.
    pub amounts: Vec<i64>,
}

/// A statement with the account that it is of and what became of its lines.
#[derive(Debug, Clone)]
pub struct StatementRow {
    pub statement: BankStatement,
    pub account: BankAccount,
    pub lines: i64,
    /// Neither matched nor set aside.
    pub open: i64,
}

/// A line with the payouts that explain it.
#[derive(Debug, Clone)]
pub struct LineRow {
    pub line: BankLine,
    /// Those that hold: undone ones are not among them.
    pub matches: Vec<Match>,
}

impl LineRow {
    pub fn state(&self) -> LineState {
        match (self.matches.is_empty(), self.line.set_aside_at) {
            (false, _) => LineState::Matched,
            (true, Some(_)) => LineState::SetAside,
            (true, None) => LineState::Open,
        }
    }
}

/// A payout that may be what a line shows.
#[derive(Debug, Clone)]
pub struct Suggestion {
    pub payout: PayoutRow,
    pub leg: Leg,
    /// What speaks for it, each in words for staff.
    pub reasons: Vec<String>,
    /// Amount and day fit, as the rule wants it. (The rule takes it when nothing else fits as well, and nobody undid it.)
    pub fits: bool,
}
