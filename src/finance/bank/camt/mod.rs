//! Reads bank statements in CAMT.053, the ISO 20022 message `BankToCustomerStatement`, in any of its versions
//! (camt.053.001.02 and later). Pure: bytes in, statements out. Whatever is wrong has the line of the file that it is in.
//!
//! `bytes` says what the file is and makes text of it, `xml` reads the text as a stream in bounded memory, `document` finds
//! the statements in it, `statement` and `entry` say what they mean.

mod bytes;
mod document;
mod entry;
mod fields;
mod node;
mod statement;
mod xml;

use crate::values::{Currency, Day};

/// The largest file, in bytes.
pub const FILE_MAX: usize = 10 * 1024 * 1024;

/// A statement as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Where in the file it begins.
    pub line: usize,
    /// What the bank calls it.
    pub reference: String,
    /// IBAN, or what the bank calls the account; capital letters without spaces.
    pub identification: String,
    pub currency: Currency,
    pub opens_on: Day,
    pub closes_on: Day,
    pub opening_minor: i64,
    pub closing_minor: i64,
    pub lines: Vec<Line>,
    /// Entries that are only announced: they are not in the balances.
    pub announced: usize,
}

/// A booked entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where in the file it begins.
    pub line: usize,
    pub booked_on: Day,
    pub valued_on: Option<Day>,
    /// Money that came is positive.
    pub amount_minor: i64,
    pub counterparty: String,
    pub words: String,
    pub bank_reference: Option<String>,
}

/// Why a file cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {words}")]
pub struct Flaw {
    pub line: usize,
    pub words: String,
}

impl Flaw {
    pub fn new(line: usize, words: impl Into<String>) -> Self {
        Self { line, words: words.into() }
    }
}

/// All statements of a file; at least one.
///
/// # Errors
/// The first thing that is wrong, with its line, in words for finance staff.
pub fn read(file: &[u8]) -> Result<Vec<Statement>, Flaw> {
    let text = bytes::text(file)?;
    document::statements(&text)
}

#[cfg(test)]
mod tests;
