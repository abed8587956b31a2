//! The one way to `paid`.

use super::super::timeline::note;
use super::super::{Donation, DonationState, Gift, GiftEventKind, receipt, store};
use super::{Booking, booked, nothing, overdue, refund};
use crate::db::Db;
use crate::error::Error;
use crate::payments::Verdict;
use crate::values::{At, Money};

impl Booking<'_> {
    /// Stripe has the money of a one-off gift.
    pub(super) fn receive(&self, db: &mut Db, gift: &mut Donation, came: &Money) -> Result<Verdict, Error> {
        let id = gift.id;
        match gift.state {
            DonationState::Paid if *came == gift.amount() => nothing(format!("donation {id} is paid already")),
            DonationState::Paid => Err(Error::conflict(format!(
                "donation {id} is paid with {}; now Stripe says that {came} came",
                gift.amount()
            ))),
            _ if gift.question.is_some() => nothing(format!("donation {id} waits for an answer of staff")),
            _ if *came != gift.amount() => {
                let question = format!("{} was asked, {came} came. Nothing is booked yet.", gift.amount());
                (gift.received_minor, gift.received_currency) = (Some(came.minor), Some(came.currency.clone()));
                self.ask(db, gift, &question)?;
                booked(format!("donation {id} is a question: {question}"))
            }
            _ => {
                self.pay(db, gift, came, self.now)?;
                booked(format!("donation {id} is paid"))
            }
        }
    }

    /// Keeps a gift for staff to look at.
    pub(super) fn ask(&self, db: &mut Db, gift: &mut Donation, question: &str) -> Result<(), Error> {
        if gift.state.may_become(DonationState::Processing) {
            gift.state = DonationState::Processing;
        }
        gift.question = Some(question.to_owned());
        store::save(db, gift, self.now)?;
        store::set_look(db, gift.id, store::Look::NEVER)?;
        note(db, Gift::Donation(gift.id), GiftEventKind::Question, question, self.actor, self.now)
    }

    /// The gift is paid: its donor is known, its receipt goes out, nothing more is waited for.
    pub(in crate::donations) fn pay(
        &self,
        db: &mut Db,
        gift: &mut Donation,
        came: &Money,
        paid_at: At,
    ) -> Result<(), Error> {
        if !gift.state.may_become(DonationState::Paid) {
            return Err(Error::conflict(format!("donation {} is {} and cannot become paid", gift.id, gift.state)));
        }
        let address = gift.address()?;
        let donor = store::donors::of_address(db, &address, gift, self.now)?;
        gift.state = DonationState::Paid;
        gift.donor_id = Some(donor);
        (gift.received_minor, gift.received_currency) = (Some(came.minor), Some(came.currency.clone()));
        gift.failure = None;
        gift.paid_at = Some(paid_at);
        store::save(db, gift, self.now)?;
        store::set_look(db, gift.id, store::Look::NEVER)?;
        if !store::donors::gave_after(db, donor, paid_at)? {
            store::donors::refresh(db, donor, gift, self.now)?;
        }
        note(db, Gift::Donation(gift.id), GiftEventKind::Paid, &came.to_string(), self.actor, self.now)?;
        receipt::issue(db, gift, self.root, self.link, self.now)?;
        // A refund may have been seen before the payment.
        refund::settle(db, gift, self.now)
    }

    /// Promised: the bank is at work.
    pub(super) fn promise(&self, db: &mut Db, gift: &mut Donation) -> Result<Verdict, Error> {
        let id = gift.id;
        if gift.state != DonationState::Initiated {
            store::save(db, gift, self.now)?;
            return nothing(format!("donation {id} is {}", gift.state));
        }
        gift.state = DonationState::Processing;
        store::save(db, gift, self.now)?;
        store::set_look(db, id, overdue::first_look(self.now))?;
        note(db, Gift::Donation(id), GiftEventKind::Processing, "promised, not there yet", self.actor, self.now)?;
        booked(format!("donation {id} is processing"))
    }

    /// It will not come: to `failed` or `cancelled`, unless the gift is beyond that.
    pub(super) fn give_up(
        &self,
        db: &mut Db,
        gift: &mut Donation,
        next: DonationState,
        why: &str,
    ) -> Result<Verdict, Error> {
        let id = gift.id;
        if gift.question.is_some() || !gift.state.may_become(next) {
            store::save(db, gift, self.now)?;
            return nothing(format!("donation {id} is {}", gift.state));
        }
        gift.state = next;
        store::save(db, gift, self.now)?;
        store::set_look(db, id, store::Look::NEVER)?;
        let kind = match next {
            DonationState::Failed => GiftEventKind::Failed,
            _ => GiftEventKind::Cancelled,
        };
        note(db, Gift::Donation(id), kind, why, self.actor, self.now)?;
        booked(format!("donation {id} is {next}"))
    }
}
