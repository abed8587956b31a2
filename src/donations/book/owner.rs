//! Whose an object of Stripe is.

use super::super::checkout::link_once;
use super::super::reference::{DONATION, INSTALLATION, PLEDGE, installation};
use super::super::{Donation, Gift, Pledge, store};
use super::Booking;
use crate::db::Db;
use crate::error::Error;
use crate::stripe::{Metadata, ObjectKind};
use crate::values::{DonationId, PledgeId};

/// What the metadata of an object say.
pub(super) enum Named {
    Ours(Gift),
    /// Another installation's, on the same account.
    Foreign,
    Nobody,
}

impl Booking<'_> {
    /// Metadata are believed when they carry our installation: nobody else knows it.
    pub(super) fn named(&self, metadata: &Metadata) -> Named {
        match metadata.get(INSTALLATION) {
            None => Named::Nobody,
            Some(other) if *other != installation(self.root) => Named::Foreign,
            Some(_) => {
                let id = |key: &str| metadata.get(key).and_then(|id| id.parse::<i64>().ok());
                let pledge = id(PLEDGE).map(|id| Gift::Pledge(PledgeId(id)));
                match id(DONATION).map(|id| Gift::Donation(DonationId(id))).or(pledge) {
                    Some(gift) => Named::Ours(gift),
                    None => Named::Nobody,
                }
            }
        }
    }
}

/// A reference without metadata is believed when its gift has no other session.
pub(super) fn of_reference(db: &mut Db, reference: Option<&str>, checkout: &str) -> Result<Option<Gift>, Error> {
    let Some(gift) = reference.and_then(Gift::of_reference) else { return Ok(None) };
    let session = match gift {
        Gift::Donation(id) => store::find(db, id)?.map(|row| row.checkout),
        Gift::Pledge(id) => store::pledges::find(db, id)?.map(|row| row.checkout),
    };
    Ok(session.filter(|known| known.as_deref().is_none_or(|known| known == checkout)).map(|_| gift))
}

/// The gift or pledge that a session is linked to.
pub(super) fn of_session(db: &mut Db, checkout: &str) -> Result<Option<Gift>, Error> {
    let donation = store::linked(db, ObjectKind::Checkout, checkout)?.map(Gift::Donation);
    Ok(match donation {
        Some(gift) => Some(gift),
        None => store::pledges::linked(db, ObjectKind::Checkout, checkout)?.map(Gift::Pledge),
    })
}

/// Holds a donation that Stripe names.
pub(super) fn donation(db: &mut Db, id: DonationId) -> Result<Donation, Error> {
    store::lock(db, id)?.ok_or_else(|| gone("donation", id.0))
}

/// Holds a pledge that Stripe names.
pub(super) fn pledge(db: &mut Db, id: PledgeId) -> Result<Pledge, Error> {
    store::pledges::lock(db, id)?.ok_or_else(|| gone("pledge", id.0))
}

fn gone(what: &str, id: i64) -> Error {
    Error::conflict(format!(
        "Stripe names {what} {id} of this installation, which is not here: is this database an older copy?"
    ))
}

/// Real money in a test gift, or the other way round, and another account's objects make no sense.
pub(super) fn same_world(
    (test, account): (bool, &mut Option<String>),
    livemode: bool,
    seen_account: &str,
) -> Result<(), Error> {
    if livemode == test {
        return Err(Error::conflict("a test gift was paid with real money, or a real one with a test card"));
    }
    link_once("account", account, seen_account)
}

/// Links the payment of a donation, which no other gift may have.
pub(super) fn link_payment(db: &mut Db, gift: &mut Donation, payment: &str) -> Result<(), Error> {
    if let Some(other) = store::linked(db, ObjectKind::Payment, payment)?
        && other != gift.id
    {
        return Err(Error::conflict(format!("{payment} pays donation {other} already, not donation {}", gift.id)));
    }
    link_once("payment", &mut gift.payment, payment)
}

/// Links the subscription and the customer of a pledge.
pub(super) fn link_subscription(
    db: &mut Db,
    pledge: &mut Pledge,
    subscription: &str,
    customer: Option<&str>,
) -> Result<(), Error> {
    if let Some(other) = store::pledges::linked(db, ObjectKind::Subscription, subscription)?
        && other != pledge.id
    {
        return Err(Error::conflict(format!("{subscription} is pledge {other} already, not pledge {}", pledge.id)));
    }
    link_once("subscription", &mut pledge.subscription, subscription)?;
    if pledge.customer.is_none() {
        pledge.customer = customer.map(str::to_owned);
    }
    Ok(())
}
