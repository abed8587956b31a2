//! The subscription of a repeated gift: its state is the pledge's.

use chrono::Duration;

use super::super::emails::PledgeEndedMail;
use super::super::store::{self, Look};
use super::super::timeline::note;
use super::super::{Gift, GiftEventKind, Pledge, PledgeState};
use super::owner::{self, Named};
use super::{Booking, booked, nothing};
use crate::db::Db;
use crate::error::Error;
use crate::i18n::Texts;
use crate::payments::Verdict;
use crate::stripe::{ObjectKind, Subscription, SubscriptionStatus};

impl Booking<'_> {
    pub(super) fn subscription(&self, db: &mut Db, seen: &Subscription, account: &str) -> Result<Verdict, Error> {
        let id = match self.named(&seen.metadata) {
            Named::Foreign => return nothing("another installation's subscription"),
            Named::Ours(Gift::Pledge(id)) => Some(id),
            Named::Ours(Gift::Donation(_)) | Named::Nobody => {
                store::pledges::linked(db, ObjectKind::Subscription, &seen.id)?
            }
        };
        let Some(id) = id else { return Ok(Verdict::NotOurs) };
        let mut pledge = owner::pledge(db, id)?;
        owner::same_world((pledge.test, &mut pledge.account), seen.livemode, account)?;
        owner::link_subscription(db, &mut pledge, &seen.id, seen.customer.as_deref())?;
        let before = pledge.state;
        if let Some(next) = PledgeState::of(seen.status)
            && before.may_become(next)
        {
            self.becomes(db, &mut pledge, next, seen)?;
        }
        store::pledges::save(db, &pledge, self.now)?;
        let expected = seen.period_ends_at.filter(|_| pledge.state == PledgeState::Active);
        if let Some(period_end) = expected {
            // A day after it there should be a newer invoice, and with it a newer period.
            let at = (period_end + Duration::days(1)).max(self.now + Duration::days(1));
            store::pledges::set_look(db, id, Look { at: Some(at), times: 0 })?;
        }
        match pledge.state == before {
            true => nothing(format!("pledge {id} is {before}")),
            false => booked(format!("pledge {id} is {}", pledge.state)),
        }
    }

    fn becomes(&self, db: &mut Db, pledge: &mut Pledge, next: PledgeState, seen: &Subscription) -> Result<(), Error> {
        let (gift, before) = (Gift::Pledge(pledge.id), pledge.state);
        pledge.state = next;
        let kind = match next {
            PledgeState::Active if matches!(before, PledgeState::PastDue | PledgeState::Paused) => {
                GiftEventKind::PledgeResumed
            }
            PledgeState::Active | PledgeState::Incomplete => return self.started(db, pledge),
            PledgeState::PastDue => GiftEventKind::PledgePastDue,
            PledgeState::Paused => GiftEventKind::PledgePaused,
            PledgeState::Ended => return self.ended(db, pledge, seen),
        };
        note(db, gift, kind, &format!("Stripe: {}", seen.status), self.actor, self.now)
    }

    fn ended(&self, db: &mut Db, pledge: &mut Pledge, seen: &Subscription) -> Result<(), Error> {
        let never_paid = seen.status == SubscriptionStatus::IncompleteExpired;
        if pledge.end_reason.is_empty() {
            let why = if never_paid { "the first payment did not come" } else { "ended at Stripe" };
            pledge.end_reason = why.into();
        }
        pledge.ended_at = Some(seen.ended_at.unwrap_or(self.now));
        store::pledges::set_look(db, pledge.id, Look::NEVER)?;
        let gift = Gift::Pledge(pledge.id);
        note(db, gift, GiftEventKind::PledgeEnded, &pledge.end_reason, self.actor, self.now)?;
        if never_paid {
            return Ok(());
        }
        let mail = PledgeEndedMail {
            amount: Texts::get().money(&pledge.language, &pledge.amount()),
            every: pledge.every.to_string(),
            donate_url: (self.link)("/donate"),
            test: pledge.test,
        };
        let key = format!("pledge-ended:{}", pledge.id);
        mail.enqueue(db, &pledge.address()?, &pledge.language, key, self.now).map(drop)
    }

    /// Stripe would not end it: whoever asked may ask again, and the pledge is looked at.
    pub(super) fn end_refused(&self, db: &mut Db, subscription: &str, words: &str) -> Result<Verdict, Error> {
        let Some(id) = store::pledges::linked(db, ObjectKind::Subscription, subscription)? else {
            return Ok(Verdict::NotOurs);
        };
        let mut pledge = owner::pledge(db, id)?;
        if pledge.ending_at.take().is_none() || pledge.state == PledgeState::Ended {
            return nothing(format!("pledge {id} is {}", pledge.state));
        }
        pledge.end_reason.clear();
        store::pledges::save(db, &pledge, self.now)?;
        store::pledges::set_look(db, id, Look { at: Some(self.now), times: 0 })?;
        let line = format!("Stripe refused: {words}");
        note(db, Gift::Pledge(id), GiftEventKind::EndRequested, &line, self.actor, self.now)?;
        booked(format!("pledge {id} goes on: {words}"))
    }
}
