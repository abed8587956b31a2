//! Gifts that staff have to look at before they are booked.

use super::book::Booking;
use super::timeline::note;
use super::{DonationState, Gift, GiftEventKind, Link, store};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, DonationId, Money, RootKey};

/// Answers the question: what came is the gift, at the received amount; it is paid, and its receipt goes out. Of a gift that
/// is paid already (more went back than came), the question is closed.
///
/// # Errors
/// `NotFound`; `Conflict` when there is no question, or nothing came.
pub fn accept(
    db: &mut Db,
    id: DonationId,
    actor: &Actor,
    root: &RootKey,
    link: Link<'_>,
    now: At,
) -> Result<(), Error> {
    let mut gift = store::lock(db, id)?.ok_or(Error::NotFound("donation"))?;
    let Some(question) = gift.question.take() else {
        return Err(Error::conflict("There is no question about this gift."));
    };
    note(db, Gift::Donation(id), GiftEventKind::Answered, &question, &actor.name, now)?;
    audit::record(db, actor, "accepted", "donation", Some(id.0), &question, now)?;
    if gift.state == DonationState::Paid {
        return Ok(store::save(db, &gift, now)?);
    }
    let (Some(minor), Some(currency)) =
        (gift.received_minor.filter(|minor| *minor > 0), gift.received_currency.clone())
    else {
        return Err(Error::conflict("No money came for this gift."));
    };
    (gift.amount_minor, gift.currency) = (minor, currency.clone());
    let booking = Booking { root, link, now, actor: &actor.name };
    booking.pay(db, &mut gift, &Money::new(minor, currency), now)
}
