//! Taking bank statements: all of a file, or nothing of it.

use super::camt;
use crate::audit::Actor;
use crate::db::Db;
use crate::error::Error;
use crate::finance::BankAccount;
use crate::values::{At, BankAccountId, BankStatementId, Day};

/// Which account a file is said to be of.
#[derive(Debug, Clone, Copy)]
pub enum Account<'a> {
    /// Made from the statement when neither the name nor the IBAN is known.
    Named(&'a str),
    Id(BankAccountId),
}

/// What became of a file.
#[derive(Debug, Clone)]
pub struct Imported {
    pub account: BankAccount,
    pub account_is_new: bool,
    pub statements: Vec<Taken>,
    /// What the bank calls the statements that were here already.
    pub known: Vec<String>,
    /// In words for staff; what is said here did not stop the import.
    pub warnings: Vec<String>,
}

/// A statement that was taken.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Taken {
    pub id: BankStatementId,
    pub reference: String,
    pub opens_on: Day,
    pub closes_on: Day,
    pub lines: usize,
    /// Lines that the rule matched with payouts.
    pub matched: usize,
    /// Debits that no payout explains.
    pub set_aside: usize,
}

/// Takes a file of statements, and matches by rule. Nothing is changed when it fails, if the caller's transaction is
/// taken back then (`Database::write` does).
///
/// # Errors
/// `Invalid` naming `file` (with the line of the file) or `account`, in words for finance staff; `NotFound`.
pub fn import(
    _db: &mut Db,
    file: &[u8],
    _file_name: &str,
    _account: Account<'_>,
    _livemode: bool,
    _actor: &Actor,
    _now: At,
) -> Result<Imported, Error> {
    camt::read(file).map_err(|flaw| Error::invalid("file", flaw))?;
    Err(Error::conflict("not yet"))
}
