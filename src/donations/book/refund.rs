//! Money that goes back.

use super::super::checkout::link_once;
use super::super::emails::RefundMail;
use super::super::reference::REFUND;
use super::super::store::refunds::{self, NewRefundRow};
use super::super::timeline::{PROGRAM, note};
use super::super::{Donation, DonationState, Gift, GiftEventKind, Refund, RefundState, receipt, store};
use super::owner;
use super::{Booking, booked, nothing};
use crate::db::Db;
use crate::error::Error;
use crate::i18n::Texts;
use crate::organisation;
use crate::payments::Verdict;
use crate::stripe::{self, Metadata, ObjectKind};
use crate::values::{At, RefundId};

impl Booking<'_> {
    /// Each refund is a row, with its own amount. One that nobody asked for here was made at Stripe.
    pub(super) fn refund(&self, db: &mut Db, seen: &stripe::Refund, account: &str) -> Result<Verdict, Error> {
        let Some(next) = RefundState::of(seen.status) else {
            return nothing(format!("{} is in a state that we do not know", seen.id));
        };
        let (mut gift, row) = match self.row_of(db, seen)? {
            Some(row) => (owner::donation(db, row.donation_id)?, Some(row.id)),
            None => match &seen.payment {
                Some(payment) => match store::linked(db, ObjectKind::Payment, payment)? {
                    Some(id) => (owner::donation(db, id)?, None),
                    None => return Ok(Verdict::NotOurs),
                },
                None => return Ok(Verdict::NotOurs),
            },
        };
        // With the gift held, nobody else makes or changes its refunds: looked up again.
        let row = match row {
            Some(id) => Some(id),
            None => refunds::linked(db, &seen.id)?,
        };
        let id = match row {
            Some(id) => id,
            None => self.made_at_stripe(db, &gift, seen, account)?,
        };
        let mut row = refunds::find(db, id)?.ok_or(Error::NotFound("refund"))?;
        if row.amount() != seen.amount {
            let (ours, theirs) = (row.amount(), &seen.amount);
            return Err(Error::conflict(format!("refund {id} is over {ours}; {} is over {theirs}", seen.id)));
        }
        if row.state == RefundState::Failed && row.stripe_refund.is_none() {
            // Told as refused, but Stripe made it: the money went.
            row.state = RefundState::Requested;
        }
        link_once("refund at Stripe", &mut row.stripe_refund, &seen.id)?;
        link_once("account", &mut row.account, account)?;
        let verdict = self.moves(db, &gift, &mut row, next, seen.failure.as_deref())?;
        self.doubt(db, &mut gift)?;
        Ok(verdict)
    }

    /// By our metadata, else by Stripe's id.
    fn row_of(&self, db: &mut Db, seen: &stripe::Refund) -> Result<Option<Refund>, Error> {
        let id = match self.our_refund(&seen.metadata) {
            Some(id) => Some(id),
            None => refunds::linked(db, &seen.id)?,
        };
        let Some(id) = id else { return Ok(None) };
        let gone = || Error::conflict(format!("Stripe names refund {id} of this installation, which is not here"));
        refunds::find(db, id)?.ok_or_else(gone).map(Some)
    }

    fn our_refund(&self, metadata: &Metadata) -> Option<RefundId> {
        let ours = metadata.get(super::super::reference::INSTALLATION)
            == Some(&super::super::reference::installation(self.root));
        metadata.get(REFUND).filter(|_| ours).and_then(|id| id.parse().ok())
    }

    fn made_at_stripe(
        &self,
        db: &mut Db,
        gift: &Donation,
        seen: &stripe::Refund,
        account: &str,
    ) -> Result<RefundId, Error> {
        let new = NewRefundRow {
            donation: gift.id,
            state: RefundState::Requested,
            amount: &seen.amount,
            reason: "made at Stripe",
            staff: None,
            account: Some(account),
            stripe_refund: Some(&seen.id),
        };
        let line = format!("{}: made at Stripe", seen.amount);
        note(db, Gift::Donation(gift.id), GiftEventKind::RefundRequested, &line, self.actor, self.now)?;
        Ok(refunds::insert(db, new, self.now)?)
    }

    fn moves(
        &self,
        db: &mut Db,
        gift: &Donation,
        row: &mut Refund,
        next: RefundState,
        failure: Option<&str>,
    ) -> Result<Verdict, Error> {
        let id = row.id;
        if !row.state.may_become(next) {
            refunds::save(db, row, self.now)?;
            return nothing(format!("refund {id} is {}", row.state));
        }
        row.state = next;
        row.failure = failure.map(str::to_owned);
        refunds::save(db, row, self.now)?;
        let (kind, why) = match next {
            RefundState::Succeeded => (GiftEventKind::RefundSucceeded, None),
            RefundState::Failed => (GiftEventKind::RefundFailed, failure),
            RefundState::Cancelled => (GiftEventKind::RefundFailed, Some("cancelled")),
            RefundState::Pending | RefundState::Requested => (GiftEventKind::RefundPending, None),
        };
        let line = why.map_or_else(|| row.amount().to_string(), |why| format!("{}: {why}", row.amount()));
        note(db, Gift::Donation(gift.id), kind, &line, self.actor, self.now)?;
        settle(db, gift, self.now)?;
        if next == RefundState::Succeeded {
            self.confirm(db, gift, row)?;
        }
        booked(format!("refund {id} of donation {} is {next}", gift.id))
    }

    /// Tells the donor.
    fn confirm(&self, db: &mut Db, gift: &Donation, row: &Refund) -> Result<(), Error> {
        let Ok(address) = gift.address() else { return Ok(()) };
        let zone = organisation::store::get(db, self.now)?.zone();
        let texts = Texts::get();
        let day = gift.paid_at.unwrap_or(gift.created_at).0.with_timezone(&zone).date_naive();
        let mail = RefundMail {
            amount: texts.money(&gift.language, &row.amount()),
            gift_amount: texts.money(&gift.language, &gift.amount()),
            gift_date: texts.date(&gift.language, day),
            number: store::receipts::of(db, gift.id)?.map(|receipt| receipt.shown()).unwrap_or_default(),
            full: given_back(db, gift)? >= gift.amount_minor,
            website_url: (self.link)("/"),
            test: gift.test,
        };
        mail.enqueue(db, &address, &gift.language, format!("refund:{}", row.id), self.now).map(drop)
    }

    /// More went back than came, or in another currency: nothing is lost, staff look at it.
    fn doubt(&self, db: &mut Db, gift: &mut Donation) -> Result<(), Error> {
        let all = refunds::of(db, gift.id)?;
        let counted = all.iter().filter(|refund| refund.state.counts());
        let gone = counted.fold(0_i64, |sum, refund| sum.saturating_add(refund.amount_minor));
        let foreign = all.iter().any(|refund| refund.state.counts() && refund.currency != gift.currency);
        if gift.question.is_some() || !(foreign || gone > gift.amount_minor) {
            return Ok(());
        }
        let question = match foreign {
            true => format!("A refund of this gift of {} is in another currency.", gift.amount()),
            false => format!("More was given back than came: the gift was {}.", gift.amount()),
        };
        // A line of the timeline is the memory of an answer: the same question is asked once.
        let asked = super::super::timeline::of(db, Gift::Donation(gift.id))?
            .iter()
            .any(|line| line.kind == GiftEventKind::Question && line.detail == question);
        if asked {
            return Ok(());
        }
        gift.question = Some(question.clone());
        store::save(db, gift, self.now)?;
        note(db, Gift::Donation(gift.id), GiftEventKind::Question, &question, PROGRAM, self.now)
    }

    /// Stripe would not give it back.
    pub(super) fn refund_refused(&self, db: &mut Db, metadata: &Metadata, words: &str) -> Result<Verdict, Error> {
        let Some(id) = self.our_refund(metadata) else { return Ok(Verdict::NotOurs) };
        let row = refunds::find(db, id)?.ok_or(Error::NotFound("refund"))?;
        let gift = owner::donation(db, row.donation_id)?;
        let mut row = refunds::find(db, id)?.ok_or(Error::NotFound("refund"))?;
        if row.stripe_refund.is_some() {
            return nothing(format!("refund {id} is {}", row.state));
        }
        self.moves(db, &gift, &mut row, RefundState::Failed, Some(words))
    }
}

/// What went back for good, in minor units of the gift's currency.
fn given_back(db: &mut Db, gift: &Donation) -> Result<i64, Error> {
    let back = |refund: &&Refund| refund.state == RefundState::Succeeded && refund.currency == gift.currency;
    Ok(refunds::of(db, gift.id)?.iter().filter(back).fold(0_i64, |sum, refund| sum.saturating_add(refund.amount_minor)))
}

/// The receipt of a gift that went back whole is void; it holds again when a refund failed after all.
pub(super) fn settle(db: &mut Db, gift: &Donation, now: At) -> Result<(), Error> {
    if gift.state != DonationState::Paid {
        return Ok(());
    }
    match given_back(db, gift)? >= gift.amount_minor {
        true => receipt::void(db, gift.id, now),
        false => receipt::restore(db, gift.id, now),
    }
}
