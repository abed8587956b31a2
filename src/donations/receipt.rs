//! Receipts: numbered without gaps, frozen, mailed once.

use crate::audit::Actor;
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, DonationId};

/// What a receipt says, frozen when it was issued: the variables of its mail.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Content {
    pub number: String,
    /// Money, dates and the fund as the donor's language writes them.
    pub amount: String,
    pub date: String,
    pub fund: String,
    /// Empty when it was not given.
    pub donor_name: String,
    pub donor_email: String,
    pub legal_name: String,
    pub address_lines: Vec<String>,
    /// May be empty, as the next one.
    pub registration_number: String,
    pub tax_number: String,
    /// Of a repeated gift: empty, or `month`, `year`.
    pub every: String,
    /// Where a repeated gift is shown and ended; empty for others.
    pub manage_url: String,
    pub test: bool,
}

/// Reads a receipt's frozen content.
///
/// # Errors
/// When it is not ours.
pub fn content(receipt: &super::Receipt) -> Result<Content, Error> {
    serde_json::from_str(&receipt.content).map_err(Error::internal)
}

/// Mails the receipt again, marked as a copy.
///
/// # Errors
/// `NotFound` without receipt; `Conflict` for a voided one, or when the same was asked a moment ago.
pub fn send_again(db: &mut Db, donation: DonationId, actor: &Actor, now: At) -> Result<(), Error> {
    let _ = (db, donation, actor, now);
    Err(Error::conflict("not built yet"))
}
