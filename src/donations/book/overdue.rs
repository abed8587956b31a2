//! What we have waited for too long.

use chrono::Duration;

use super::super::store::{self, Look};
use super::super::timeline::{PROGRAM, note};
use super::super::{Donation, DonationState, Gift, GiftEventKind, Pledge, PledgeState};
use crate::db::Db;
use crate::error::Error;
use crate::stripe::ObjectKind;
use crate::values::At;

/// How many gifts, and how many pledges, are looked at in one go.
const BATCH: i64 = 100;
/// A gift without a session after this time never gets one: the program died before it asked Stripe.
const WITHOUT_SESSION: Duration = Duration::hours(2);
/// Banks take days; after this, staff see it in the list.
const GIVE_UP: Duration = Duration::days(30);

/// When to look again after so many looks: 1, 2, 4 … 64 minutes, then every day.
pub fn next_look(times: i64, now: At) -> At {
    match times {
        ..=6 => now + Duration::minutes(1 << times.clamp(0, 6)),
        _ => now + Duration::days(1),
    }
}

pub(super) fn first_look(now: At) -> Look {
    Look { at: Some(next_look(0, now)), times: 0 }
}

/// Objects to be looked at now; each row's next look is moved on.
pub(super) fn overdue(db: &mut Db, now: At) -> Result<Vec<(ObjectKind, String)>, Error> {
    let mut found = Vec::new();
    for (id, times) in store::to_look_at(db, now, BATCH)? {
        let Some(mut gift) = store::lock(db, id)? else { continue };
        found.extend(donation(db, &mut gift, times, now)?);
    }
    for (id, times) in store::pledges::to_look_at(db, now, BATCH)? {
        let Some(mut row) = store::pledges::lock(db, id)? else { continue };
        found.extend(pledge(db, &mut row, times, now)?);
    }
    Ok(found)
}

fn donation(db: &mut Db, gift: &mut Donation, times: i64, now: At) -> Result<Option<(ObjectKind, String)>, Error> {
    let waits = matches!(gift.state, DonationState::Initiated | DonationState::Processing);
    if !waits || gift.question.is_some() || gift.created_at + GIVE_UP < now {
        store::set_look(db, gift.id, Look::NEVER)?;
        return Ok(None);
    }
    if gift.state == DonationState::Initiated && gift.checkout.is_none() && gift.created_at + WITHOUT_SESSION <= now {
        gift.state = DonationState::Cancelled;
        store::save(db, gift, now)?;
        store::set_look(db, gift.id, Look::NEVER)?;
        let why = "the payment page was never opened";
        note(db, Gift::Donation(gift.id), GiftEventKind::Cancelled, why, PROGRAM, now)?;
        return Ok(None);
    }
    store::set_look(db, gift.id, Look { at: Some(next_look(times + 1, now)), times: times + 1 })?;
    let payment = gift.payment.clone().filter(|_| gift.state == DonationState::Processing);
    let payment = payment.map(|id| (ObjectKind::Payment, id));
    Ok(payment.or_else(|| gift.checkout.clone().map(|id| (ObjectKind::Checkout, id))))
}

fn pledge(db: &mut Db, row: &mut Pledge, times: i64, now: At) -> Result<Option<(ObjectKind, String)>, Error> {
    if row.state == PledgeState::Ended {
        store::pledges::set_look(db, row.id, Look::NEVER)?;
        return Ok(None);
    }
    let begun = row.checkout.is_some() || row.subscription.is_some();
    if row.state == PledgeState::Incomplete && !begun && row.created_at + WITHOUT_SESSION <= now {
        row.state = PledgeState::Ended;
        row.ended_at = Some(now);
        row.end_reason = "the payment page was never opened".into();
        store::pledges::save(db, row, now)?;
        store::pledges::set_look(db, row.id, Look::NEVER)?;
        note(db, Gift::Pledge(row.id), GiftEventKind::PledgeEnded, &row.end_reason, PROGRAM, now)?;
        return Ok(None);
    }
    store::pledges::set_look(db, row.id, Look { at: Some(next_look(times + 1, now)), times: times + 1 })?;
    let subscription = row.subscription.clone().map(|id| (ObjectKind::Subscription, id));
    Ok(subscription.or_else(|| row.checkout.clone().map(|id| (ObjectKind::Checkout, id))))
}
