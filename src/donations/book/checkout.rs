//! A visit to Stripe's payment page.

use super::super::checkout::link_once;
use super::super::timeline::note;
use super::super::{DonationState, Gift, GiftEventKind, PledgeState, store};
use super::owner::{self, Named};
use super::{Booking, booked, nothing};
use crate::db::Db;
use crate::error::Error;
use crate::payments::Verdict;
use crate::stripe::{Checkout, CheckoutStatus};
use crate::values::{DonationId, PledgeId};

impl Booking<'_> {
    pub(super) fn checkout(&self, db: &mut Db, checkout: &Checkout, account: &str) -> Result<Verdict, Error> {
        let gift = match self.named(&checkout.metadata) {
            Named::Foreign => return nothing("another installation's checkout"),
            Named::Ours(gift) => Some(gift),
            Named::Nobody => match owner::of_session(db, &checkout.id)? {
                Some(gift) => Some(gift),
                None => owner::of_reference(db, checkout.reference.as_deref(), &checkout.id)?,
            },
        };
        match gift {
            Some(Gift::Donation(id)) => self.one_off(db, id, checkout, account),
            Some(Gift::Pledge(id)) => self.beginning(db, id, checkout, account),
            None => Ok(Verdict::NotOurs),
        }
    }

    /// Complete and paid: paid. Complete and unpaid: promised. Expired: cancelled.
    fn one_off(&self, db: &mut Db, id: DonationId, checkout: &Checkout, account: &str) -> Result<Verdict, Error> {
        let mut gift = owner::donation(db, id)?;
        owner::same_world((gift.test, &mut gift.account), checkout.livemode, account)?;
        link_once("session", &mut gift.checkout, &checkout.id)?;
        if let Some(payment) = &checkout.payment {
            owner::link_payment(db, &mut gift, payment)?;
        }
        store::save(db, &gift, self.now)?;
        match (checkout.status, &checkout.total) {
            (CheckoutStatus::Complete, Some(total)) if checkout.paid => self.receive(db, &mut gift, total),
            (CheckoutStatus::Complete, None) if checkout.paid => {
                Err(Error::conflict(format!("{} is paid, but Stripe does not say how much", checkout.id)))
            }
            // What is wrong about the amount is better known before the bank has done its work.
            (CheckoutStatus::Complete, _) => self.promise(db, &mut gift),
            (CheckoutStatus::Expired, _) if gift.state == DonationState::Processing => {
                nothing(format!("donation {id} is processing"))
            }
            (CheckoutStatus::Expired, _) => {
                self.give_up(db, &mut gift, DonationState::Cancelled, "the payment page ran out")
            }
            (CheckoutStatus::Open, _) => nothing(format!("the payment page of donation {id} is open")),
            (CheckoutStatus::Unknown, _) => nothing(format!("{} is in a state that we do not know", checkout.id)),
        }
    }

    /// A repeated gift: complete links the subscription, and nothing is booked before an invoice is paid. Expired: ended.
    fn beginning(&self, db: &mut Db, id: PledgeId, checkout: &Checkout, account: &str) -> Result<Verdict, Error> {
        let mut pledge = owner::pledge(db, id)?;
        owner::same_world((pledge.test, &mut pledge.account), checkout.livemode, account)?;
        link_once("session", &mut pledge.checkout, &checkout.id)?;
        if let Some(subscription) = &checkout.subscription {
            owner::link_subscription(db, &mut pledge, subscription, checkout.customer.as_deref())?;
        }
        let left = checkout.status == CheckoutStatus::Expired
            && pledge.subscription.is_none()
            && pledge.state == PledgeState::Incomplete;
        if left {
            pledge.state = PledgeState::Ended;
            pledge.ended_at = Some(self.now);
            pledge.end_reason = "the payment page ran out".into();
            store::pledges::set_look(db, id, store::Look::NEVER)?;
            note(db, Gift::Pledge(id), GiftEventKind::PledgeEnded, &pledge.end_reason, self.actor, self.now)?;
        }
        store::pledges::save(db, &pledge, self.now)?;
        booked(match (left, &pledge.subscription) {
            (true, _) => format!("pledge {id} ended before its first payment"),
            (false, Some(subscription)) => format!("pledge {id} has its subscription, {subscription}"),
            (false, None) => format!("the payment page of pledge {id} is {}", checkout.status),
        })
    }
}
