//! Giving money back.

use super::reference::{INSTALLATION, REFUND, installation};
use super::store::refunds::NewRefundRow;
use super::store::{self, refunds};
use super::timeline::note;
use super::{Donation, DonationState, Gift, GiftEventKind, RefundState};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::payments::{self, Command};
use crate::stripe::{Metadata, NewRefund};
use crate::values::{At, DonationId, Money, RefundId, RootKey, clean_line};

/// Notes that staff want to give money back and tells Stripe. An empty amount is all that is left.
///
/// # Errors
/// `NotFound`; `Invalid` naming `amount`, `reason`; `Conflict` when the gift is not paid or nothing is left.
pub fn request(
    db: &mut Db,
    donation: DonationId,
    amount: &str,
    reason: &str,
    actor: &Actor,
    root: &RootKey,
    now: At,
) -> Result<RefundId, Error> {
    let gift = store::lock(db, donation)?.ok_or(Error::NotFound("donation"))?;
    let reason = clean_line(reason, 300).map_err(|error| Error::invalid("reason", error))?;
    if reason.is_empty() {
        return Err(Error::invalid("reason", "say why, for your colleagues"));
    }
    let payment = match (gift.state, &gift.payment) {
        (DonationState::Paid, Some(payment)) => payment.clone(),
        _ => return Err(Error::conflict("Only a gift that was paid at Stripe can be given back.")),
    };
    let left = left_of(db, &gift)?;
    if left.minor <= 0 {
        return Err(Error::conflict("Nothing is left of this gift: all of it was given back."));
    }
    let amount = asked(amount, left)?;
    let row = NewRefundRow {
        donation,
        state: RefundState::Requested,
        amount: &amount,
        reason: &reason,
        staff: actor.staff,
        account: gift.account.as_deref(),
        stripe_refund: None,
    };
    let id = refunds::insert(db, row, now)?;
    let metadata = Metadata::from([(REFUND.into(), id.to_string()), (INSTALLATION.into(), installation(root))]);
    let command = Command::Refund(NewRefund { payment, amount_minor: amount.minor, metadata });
    payments::command(db, &command, &format!("refund:{id}"), now)?;
    let detail = format!("{amount}: {reason}");
    note(db, Gift::Donation(donation), GiftEventKind::RefundRequested, &detail, &actor.name, now)?;
    audit::record(db, actor, "asked to refund", "donation", Some(donation.0), &detail, now)?;
    Ok(id)
}

/// What can still be given back.
///
/// # Errors
/// `NotFound`.
pub fn left(db: &mut Db, donation: DonationId) -> Result<Money, Error> {
    let gift = store::find(db, donation)?.ok_or(Error::NotFound("donation"))?;
    left_of(db, &gift)
}

/// The gift less what went back or is on its way: requested, pending and succeeded refunds.
fn left_of(db: &mut Db, gift: &Donation) -> Result<Money, Error> {
    let gone = refunds::of(db, gift.id)?
        .iter()
        .filter(|refund| refund.state.counts() && refund.currency == gift.currency)
        .fold(0_i64, |sum, refund| sum.saturating_add(refund.amount_minor));
    let given = if gift.state == DonationState::Paid { gift.amount_minor } else { 0 };
    Ok(Money::new(given.saturating_sub(gone).max(0), gift.currency.clone()))
}

fn asked(typed: &str, left: Money) -> Result<Money, Error> {
    if typed.trim().is_empty() {
        return Ok(left);
    }
    let amount = Money::parse(typed, left.currency.clone()).map_err(|error| Error::invalid("amount", error))?;
    match amount.minor {
        ..=0 => Err(Error::invalid("amount", "an amount is needed")),
        minor if minor > left.minor => Err(Error::invalid("amount", format!("at most {left} can be given back"))),
        _ => Ok(amount),
    }
}
