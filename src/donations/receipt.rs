//! Receipts: numbered without gaps, frozen, mailed once.

use chrono::{Datelike, Duration};

use super::checkout::fund_name;
use super::emails::ReceiptMail;
use super::store::receipts as store;
use super::timeline::{PROGRAM, note};
use super::{Donation, Gift, GiftEventKind, Link};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::i18n::Texts;
use crate::organisation;
use crate::values::{At, DonationId, Expiry, Purpose, RootKey};

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

/// Numbers, freezes and mails the receipt of a gift, in the transaction that makes it paid. The counter is held until then,
/// so it is taken last.
pub(super) fn issue(db: &mut Db, gift: &Donation, root: &RootKey, link: Link<'_>, now: At) -> Result<(), Error> {
    if store::of(db, gift.id)?.is_some() {
        return Ok(());
    }
    let organisation = organisation::store::get(db, now)?;
    let local = |at: At| at.0.with_timezone(&organisation.zone()).date_naive();
    let pledge = match gift.pledge_id {
        Some(id) => super::store::pledges::find(db, id)?,
        None => None,
    };
    let manage = |id: i64| link(&format!("/donate/manage/{}", root.sign(Purpose::ManagePledge, id, Expiry::Never)));
    let fund = fund_name(db, gift.fund_id, &gift.language)?;
    let year = local(now).year();
    let series = if gift.test { format!("TEST-{year}") } else { year.to_string() };
    let number = store::next_number(db, &series)?;
    let texts = Texts::get();
    let content = Content {
        number: format!("{series}-{number:06}"),
        amount: texts.money(&gift.language, &gift.amount()),
        date: texts.date(&gift.language, local(gift.paid_at.unwrap_or(now))),
        fund,
        donor_name: gift.name.clone(),
        donor_email: gift.email.clone(),
        legal_name: match organisation.legal_name.is_empty() {
            true => organisation.name.clone(),
            false => organisation.legal_name.clone(),
        },
        address_lines: organisation.postal_address_lines(),
        registration_number: organisation.registration_number.clone(),
        tax_number: organisation.tax_number.clone(),
        every: pledge.as_ref().map(|pledge| pledge.every.to_string()).unwrap_or_default(),
        manage_url: pledge.as_ref().map(|pledge| manage(pledge.id.0)).unwrap_or_default(),
        test: gift.test,
    };
    let frozen = serde_json::to_string(&content).map_err(Error::internal)?;
    let shown = content.number.clone();
    let mail = ReceiptMail { content, copy: false };
    let delivery = mail.enqueue(db, &gift.address()?, &gift.language, format!("receipt:{}", gift.id), now)?;
    store::insert(db, gift.id, (&series, number), &frozen, delivery, now)?;
    note(db, Gift::Donation(gift.id), GiftEventKind::ReceiptIssued, &shown, PROGRAM, now)
}

/// Mails the receipt again, marked as a copy; at most once in five minutes.
///
/// # Errors
/// `NotFound` without receipt; `Conflict` for a voided one.
pub fn send_again(db: &mut Db, donation: DonationId, actor: &Actor, now: At) -> Result<(), Error> {
    let gift = super::store::lock(db, donation)?.ok_or(Error::NotFound("donation"))?;
    let receipt = store::of(db, donation)?.ok_or(Error::NotFound("receipt"))?;
    if receipt.voided_at.is_some() {
        return Err(Error::conflict("This receipt was voided: the gift was given back."));
    }
    let just_now = super::timeline::of(db, Gift::Donation(donation))?
        .iter()
        .any(|line| line.kind == GiftEventKind::ReceiptSentAgain && line.at > now - Duration::minutes(5));
    if just_now {
        return Err(Error::conflict("A copy was sent a moment ago. Please wait five minutes."));
    }
    let mail = ReceiptMail { content: content(&receipt)?, copy: true };
    let key = format!("receipt-copy:{donation}:{}", now.micros());
    mail.enqueue(db, &gift.address()?, &gift.language, key, now)?;
    let shown = receipt.shown();
    note(db, Gift::Donation(donation), GiftEventKind::ReceiptSentAgain, &shown, &actor.name, now)?;
    audit::record(db, actor, "sent again", "receipt", Some(receipt.id.0), &shown, now)?;
    Ok(())
}

/// The whole gift went back: the receipt is void. Its number stays used.
pub(super) fn void(db: &mut Db, donation: DonationId, now: At) -> Result<(), Error> {
    set(db, donation, true, "the whole gift was given back", now)
}

/// The money came back to us (a refund failed): the receipt holds again.
pub(super) fn restore(db: &mut Db, donation: DonationId, now: At) -> Result<(), Error> {
    set(db, donation, false, "valid again: the refund failed", now)
}

fn set(db: &mut Db, donation: DonationId, void: bool, why: &str, now: At) -> Result<(), Error> {
    let Some(receipt) = store::of(db, donation)? else { return Ok(()) };
    if receipt.voided_at.is_some() == void {
        return Ok(());
    }
    store::set_voided(db, receipt.id, void.then_some(now))?;
    let kind = if void { GiftEventKind::ReceiptVoided } else { GiftEventKind::ReceiptIssued };
    note(db, Gift::Donation(donation), kind, &format!("{}: {why}", receipt.shown()), PROGRAM, now)
}
