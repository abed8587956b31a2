//! Ending a repeated gift.

use super::store::Look;
use super::store::pledges as store;
use super::timeline::note;
use super::{Gift, GiftEventKind, Pledge, PledgeState};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::payments::{self, Command};
use crate::values::{At, PledgeId, Purpose, RootKey};

/// Who ends a pledge by the link in a receipt.
pub fn donor() -> Actor {
    Actor { staff: None, name: super::timeline::DONOR.into() }
}

/// Asks Stripe to end it; its answer makes the pledge `ended` and mails the donor. One that was never paid ends at once.
/// Asking again does nothing.
///
/// # Errors
/// `NotFound`; `Conflict` when it has ended.
pub fn end(db: &mut Db, id: PledgeId, by: &Actor, now: At) -> Result<(), Error> {
    let mut row = store::lock(db, id)?.ok_or(Error::NotFound("pledge"))?;
    if row.state == PledgeState::Ended {
        return Err(Error::conflict("This gift has ended already."));
    }
    if row.ending_at.is_some() {
        return Ok(());
    }
    let gift = Gift::Pledge(id);
    row.end_reason = format!("asked by {}", by.name);
    row.ending_at = Some(now);
    note(db, gift, GiftEventKind::EndRequested, "", &by.name, now)?;
    if by.staff.is_some() {
        audit::record(db, by, "asked to end", "pledge", Some(id.0), "", now)?;
    }
    match row.subscription.clone() {
        Some(subscription) => {
            // Asked again after Stripe refused, it is a new command: hence the time in the key.
            let key = format!("end:{id}:{}", now.micros());
            payments::command(db, &Command::EndSubscription { subscription }, &key, now)?;
        }
        None => {
            if let Some(checkout) = row.checkout.clone() {
                payments::command(db, &Command::ExpireCheckout { checkout }, &format!("expire:pledge:{id}"), now)?;
            }
            row.state = PledgeState::Ended;
            row.ended_at = Some(now);
            note(db, gift, GiftEventKind::PledgeEnded, "before the first payment", &by.name, now)?;
            store::set_look(db, id, Look::NEVER)?;
        }
    }
    Ok(store::save(db, &row, now)?)
}

/// The pledge of a link in a receipt (`/donate/manage/<token>`).
///
/// # Errors
/// `NotFound` when the token is not one of ours.
pub fn by_token(db: &mut Db, root: &RootKey, token: &str, now: At) -> Result<Pledge, Error> {
    let id = root.verify(Purpose::ManagePledge, token, now).map_err(|_| Error::NotFound("pledge"))?;
    store::find(db, PledgeId(id))?.ok_or(Error::NotFound("pledge"))
}
