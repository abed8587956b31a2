//! Rows of finance. Amounts are in minor units of their row's currency; money that comes is positive.

use diesel::prelude::*;

use crate::db::MultiBackend;
use crate::db::schema::{
    bank_accounts, bank_lines, bank_statements, explained_transactions, journal_accounts, matches, stripe_payouts,
};
use crate::stripe::{PayoutStatus, Reconciliation};
use crate::text_enum;
use crate::values::{
    At, BankAccountId, BankLineId, BankStatementId, Currency, Day, DonationId, FundId, JournalAccountId, MatchId,
    Money, RefundId, StaffId,
};

text_enum! {
    /// What explains a balance transaction. The rule stands in the view `explained_transactions`.
    pub enum Explanation {
        /// The charge of a paid donation.
        Gift => "gift",
        Refund => "refund",
        /// A refund that failed: its money came back.
        RefundFailure => "refund_failure",
        /// Stripe's own, not on a payment.
        Fee => "fee",
        /// Money that left for the bank.
        Payout => "payout",
        /// A payout that failed: its money came back.
        PayoutReturned => "payout_returned",
        /// Staff said what it is.
        Staff => "staff",
        /// Older than the books.
        Before => "before",
        /// Nothing known here explains it: staff must.
        Unexplained => "unexplained",
    }
}

/// A balance transaction with what explains it.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = explained_transactions)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Explained {
    /// `txn_…`
    pub id: String,
    pub account: String,
    pub livemode: bool,
    /// `pending` or `available`.
    pub status: String,
    pub currency: Currency,
    pub amount_minor: i64,
    pub fee_minor: i64,
    pub net_minor: i64,
    /// Stripe's `type`.
    pub kind: String,
    pub reporting_category: String,
    pub description: Option<String>,
    /// What it is about at Stripe (`ch_…`, `re_…`, `po_…`).
    pub source: Option<String>,
    /// The automatic payout that took it along.
    pub payout: Option<String>,
    pub available_on: At,
    pub created_at: At,
    pub explanation: Explanation,
    /// May be there though it does not explain the transaction: a donation with a question.
    pub donation_id: Option<DonationId>,
    pub fund_id: Option<FundId>,
    pub refund_id: Option<RefundId>,
    /// The payout that it is itself.
    pub source_payout: Option<String>,
    /// The account and the words that staff gave it.
    pub journal_account_id: Option<JournalAccountId>,
    pub note: Option<String>,
}

impl Explained {
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency.clone())
    }
    pub fn fee(&self) -> Money {
        Money::new(self.fee_minor, self.currency.clone())
    }
    pub fn net(&self) -> Money {
        Money::new(self.net_minor, self.currency.clone())
    }
}

/// A payout as it was last seen at Stripe.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = stripe_payouts)]
#[diesel(check_for_backend(MultiBackend))]
pub struct PayoutRow {
    /// `po_…`
    pub id: String,
    pub account: String,
    pub livemode: bool,
    pub status: PayoutStatus,
    pub amount_minor: i64,
    pub currency: Currency,
    pub automatic: bool,
    pub reconciliation: Reconciliation,
    pub arrives_on: Day,
    pub trace: Option<String>,
    pub descriptor: Option<String>,
    pub failure: Option<String>,
    pub balance_transaction: Option<String>,
    pub failure_balance_transaction: Option<String>,
    pub original: Option<String>,
    pub reversed_by: Option<String>,
    pub created_at: At,
    pub mirrored_at: At,
}

impl PayoutRow {
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency.clone())
    }
}

/// One of the organisation's accounts at a bank.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = bank_accounts)]
#[diesel(check_for_backend(MultiBackend))]
pub struct BankAccount {
    pub id: BankAccountId,
    pub name: String,
    /// IBAN, or what the bank calls it; without spaces, capital letters.
    pub identification: String,
    pub currency: Currency,
    pub created_at: At,
}

/// A statement, taken whole.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = bank_statements)]
#[diesel(check_for_backend(MultiBackend))]
pub struct BankStatement {
    pub id: BankStatementId,
    pub bank_account_id: BankAccountId,
    /// What the bank calls it.
    pub reference: String,
    pub opens_on: Day,
    pub closes_on: Day,
    pub opening_minor: i64,
    pub closing_minor: i64,
    pub currency: Currency,
    pub file_name: String,
    /// None: by the command line.
    pub staff_id: Option<StaffId>,
    pub imported_at: At,
}

/// A line of a statement.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = bank_lines)]
#[diesel(check_for_backend(MultiBackend))]
pub struct BankLine {
    pub id: BankLineId,
    pub bank_account_id: BankAccountId,
    pub statement_id: BankStatementId,
    /// From 1, as in the statement.
    pub position: i64,
    pub booked_on: Day,
    pub valued_on: Option<Day>,
    pub amount_minor: i64,
    pub currency: Currency,
    pub counterparty: String,
    /// What the payer wrote (remittance information).
    pub words: String,
    /// The bank's own reference.
    pub bank_reference: Option<String>,
    /// Not about payouts: somebody, or the import, said so.
    pub set_aside_at: Option<At>,
    pub set_aside_by: Option<StaffId>,
    pub set_aside_note: String,
}

impl BankLine {
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency.clone())
    }
}

text_enum! {
    /// Which way of a payout a bank line shows.
    pub enum Leg {
        /// The money came to the bank.
        Paid => "paid",
        /// The bank sent it back: the payout failed after it was paid.
        Returned => "returned",
    }
}

/// A payout and the bank line with its money.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = matches)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Match {
    pub id: MatchId,
    pub bank_line_id: BankLineId,
    pub payout: String,
    pub leg: Leg,
    /// None: made by rule.
    pub staff_id: Option<StaffId>,
    /// Why, in words.
    pub reasons: String,
    pub made_at: At,
    pub undone_at: Option<At>,
    pub undone_by: Option<StaffId>,
    pub undone_note: String,
}

text_enum! {
    /// What a journal account is for.
    pub enum AccountRole {
        /// The balance at Stripe.
        Stripe => "stripe",
        /// Payouts that are not at the bank yet.
        Transit => "transit",
        /// A bank account; the row without one is for bank accounts that have none of their own.
        Bank => "bank",
        /// Gifts; the row without a fund is for funds that have none of their own.
        Income => "income",
        Fees => "fees",
        /// What nobody has explained yet.
        Suspense => "suspense",
        /// What was there before the books began.
        Opening => "opening",
        /// Staff's own, to explain transactions by hand.
        Other => "other",
    }
}

text_enum! {
    pub enum AccountKind {
        Assets => "assets",
        Liabilities => "liabilities",
        Equity => "equity",
        Income => "income",
        Expenses => "expenses",
    }
}

/// An account of the organisation's own chart.
#[derive(HasQuery, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = journal_accounts)]
#[diesel(check_for_backend(MultiBackend))]
pub struct JournalAccount {
    pub id: JournalAccountId,
    pub role: AccountRole,
    pub kind: AccountKind,
    pub fund_id: Option<FundId>,
    pub bank_account_id: Option<BankAccountId>,
    /// The number in the chart: `1210`.
    pub code: String,
    pub name: String,
}
