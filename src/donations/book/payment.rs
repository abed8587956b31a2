//! The payment of a one-off gift. (Payments of invoices carry no metadata; what they pay is told by the invoice.)

use super::super::timeline::note;
use super::super::{Donation, DonationState, Gift, GiftEventKind, store};
use super::owner::{self, Named};
use super::{Booking, booked, nothing};
use crate::db::Db;
use crate::error::Error;
use crate::payments::Verdict;
use crate::stripe::{ObjectKind, Payment, PaymentStatus};
use crate::values::Money;

impl Booking<'_> {
    /// Succeeded: paid. Processing: promised. Failed after that: failed. A decline while the page is open is only a line,
    /// because the giver can try another card.
    pub(super) fn payment(&self, db: &mut Db, payment: &Payment, account: &str) -> Result<Verdict, Error> {
        let id = match self.named(&payment.metadata) {
            Named::Foreign => return nothing("another installation's payment"),
            Named::Ours(Gift::Donation(id)) => Some(id),
            Named::Ours(Gift::Pledge(_)) | Named::Nobody => store::linked(db, ObjectKind::Payment, &payment.id)?,
        };
        let Some(id) = id else { return Ok(Verdict::NotOurs) };
        let mut gift = owner::donation(db, id)?;
        if gift.invoice.is_some() {
            return nothing(format!("{} pays donation {id} through its invoice", payment.id));
        }
        owner::same_world((gift.test, &mut gift.account), payment.livemode, account)?;
        owner::link_payment(db, &mut gift, &payment.id)?;
        store::save(db, &gift, self.now)?;
        let came = Money::new(payment.received_minor, payment.amount.currency.clone());
        match payment.status {
            PaymentStatus::Succeeded => self.receive(db, &mut gift, &came),
            PaymentStatus::Processing => self.promise(db, &mut gift),
            PaymentStatus::Canceled => {
                self.give_up(db, &mut gift, DonationState::Cancelled, "the payment was cancelled")
            }
            PaymentStatus::RequiresPaymentMethod => match payment.failure.as_deref() {
                Some(why) => self.declined(db, &mut gift, why),
                None => nothing(format!("donation {id} waits for its giver")),
            },
            PaymentStatus::RequiresConfirmation
            | PaymentStatus::RequiresAction
            | PaymentStatus::RequiresCapture
            | PaymentStatus::Unknown => nothing(format!("the payment of donation {id} is {}", payment.status)),
        }
    }

    fn declined(&self, db: &mut Db, gift: &mut Donation, why: &str) -> Result<Verdict, Error> {
        let told = gift.failure.replace(why.to_owned()).is_some_and(|before| before == why);
        if gift.state == DonationState::Processing {
            return self.give_up(db, gift, DonationState::Failed, why);
        }
        if gift.state != DonationState::Initiated || told {
            return nothing(format!("donation {} is {}", gift.id, gift.state));
        }
        store::save(db, gift, self.now)?;
        note(db, Gift::Donation(gift.id), GiftEventKind::Declined, why, self.actor, self.now)?;
        booked(format!("a payment of donation {} was declined", gift.id))
    }
}
