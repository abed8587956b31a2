//! A payment of a repeated gift.

use super::super::emails::PaymentFailedMail;
use super::super::store::NewDonation;
use super::super::timeline::{self, note};
use super::super::{Gift, GiftEventKind, Pledge, PledgeState, store};
use super::owner::{self, Named};
use super::{Booking, booked, nothing};
use crate::db::Db;
use crate::error::Error;
use crate::i18n::Texts;
use crate::organisation;
use crate::payments::Verdict;
use crate::stripe::{Invoice, InvoiceStatus, ObjectKind};
use crate::values::{At, Expiry, Purpose};

impl Booking<'_> {
    /// Paid: one donation per invoice, at what was paid; the first included, also before the session is seen. Not for zero and
    /// not for what was settled outside of Stripe. Failed: the pledge is past due, and its donor is told once.
    pub(super) fn invoice(&self, db: &mut Db, invoice: &Invoice, account: &str) -> Result<Verdict, Error> {
        let by_subscription = match &invoice.subscription {
            Some(subscription) => store::pledges::linked(db, ObjectKind::Subscription, subscription)?,
            None => None,
        };
        let id = match self.named(&invoice.metadata) {
            Named::Foreign => return nothing("another installation's invoice"),
            Named::Ours(Gift::Pledge(id)) => Some(id),
            Named::Ours(Gift::Donation(_)) | Named::Nobody => by_subscription,
        };
        let (Some(id), Some(subscription)) = (id, &invoice.subscription) else { return Ok(Verdict::NotOurs) };
        let mut pledge = owner::pledge(db, id)?;
        owner::same_world((pledge.test, &mut pledge.account), invoice.livemode, account)?;
        owner::link_subscription(db, &mut pledge, subscription, invoice.customer.as_deref())?;
        store::pledges::save(db, &pledge, self.now)?;
        match (invoice.status, &invoice.payment) {
            (InvoiceStatus::Paid, _) if invoice.paid.minor <= 0 => nothing(format!("{} is over nothing", invoice.id)),
            (InvoiceStatus::Paid, None) => nothing(format!("{} was settled outside of Stripe", invoice.id)),
            (InvoiceStatus::Paid, Some(payment)) => self.instalment(db, &mut pledge, invoice, payment),
            _ if failed(invoice, &pledge) => self.payment_failed(db, &mut pledge, invoice),
            (status, _) => nothing(format!("an invoice of pledge {id} is {status}")),
        }
    }

    fn instalment(&self, db: &mut Db, pledge: &mut Pledge, invoice: &Invoice, payment: &str) -> Result<Verdict, Error> {
        if let Some(known) = store::linked(db, ObjectKind::Invoice, &invoice.id)? {
            return nothing(format!("{} is donation {known} already", invoice.id));
        }
        let address = pledge.address()?;
        let new = NewDonation {
            amount: &invoice.paid,
            fund: pledge.fund_id,
            campaign: pledge.campaign_id,
            pledge: Some(pledge.id),
            email: &address,
            name: &pledge.name,
            language: &pledge.language,
            test: pledge.test,
            look_at: None,
        };
        let id = store::insert(db, new, self.now)?;
        let mut gift = owner::donation(db, id)?;
        gift.account.clone_from(&pledge.account);
        gift.invoice = Some(invoice.id.clone());
        owner::link_payment(db, &mut gift, payment)?;
        self.pay(db, &mut gift, &invoice.paid, invoice.paid_at.unwrap_or(self.now))?;
        self.began(db, pledge, &gift)?;
        booked(format!("donation {id} of pledge {} is paid", pledge.id))
    }

    /// The first payment makes the pledge active; later states are the subscription's.
    fn began(&self, db: &mut Db, pledge: &mut Pledge, gift: &super::super::Donation) -> Result<(), Error> {
        pledge.donor_id = pledge.donor_id.or(gift.donor_id);
        if pledge.state == PledgeState::Incomplete {
            pledge.state = PledgeState::Active;
            self.started(db, pledge)?;
        }
        Ok(store::pledges::save(db, pledge, self.now)?)
    }

    pub(super) fn started(&self, db: &mut Db, pledge: &mut Pledge) -> Result<(), Error> {
        if pledge.started_at.is_some() {
            return Ok(());
        }
        pledge.started_at = Some(self.now);
        store::pledges::set_look(db, pledge.id, super::overdue::first_look(self.now))?;
        note(db, Gift::Pledge(pledge.id), GiftEventKind::PledgeStarted, "", self.actor, self.now)
    }

    fn payment_failed(&self, db: &mut Db, pledge: &mut Pledge, invoice: &Invoice) -> Result<Verdict, Error> {
        let gift = Gift::Pledge(pledge.id);
        let told = format!("{} was not paid", invoice.id);
        let known = timeline::of(db, gift)?.iter().any(|line| line.detail.starts_with(&told));
        if known || pledge.state == PledgeState::Ended {
            return nothing(format!("the failed payment of pledge {} is known", pledge.id));
        }
        if pledge.state.may_become(PledgeState::PastDue) {
            pledge.state = PledgeState::PastDue;
            store::pledges::save(db, pledge, self.now)?;
        }
        let next = match invoice.next_attempt_at {
            Some(at) => format!("; Stripe tries again at {}", at.rfc3339()),
            None => "; Stripe does not try again".into(),
        };
        note(db, gift, GiftEventKind::PledgePastDue, &format!("{told}{next}"), self.actor, self.now)?;
        let language = &pledge.language;
        let mail = PaymentFailedMail {
            amount: Texts::get().money(language, &pledge.amount()),
            every: pledge.every.to_string(),
            next_try: match invoice.next_attempt_at {
                Some(at) => self.day(db, pledge, at)?,
                None => String::new(),
            },
            donate_url: (self.link)("/donate"),
            manage_url: (self.link)(&format!(
                "/donate/manage/{}",
                self.root.sign(Purpose::ManagePledge, pledge.id.0, Expiry::Never)
            )),
            test: pledge.test,
        };
        mail.enqueue(db, &pledge.address()?, language, format!("payment-failed:{}", invoice.id), self.now)?;
        booked(format!("a payment of pledge {} failed", pledge.id))
    }

    fn day(&self, db: &mut Db, pledge: &Pledge, at: At) -> Result<String, Error> {
        let zone = organisation::store::get(db, self.now)?.zone();
        Ok(Texts::get().date(&pledge.language, at.0.with_timezone(&zone).date_naive()))
    }
}

/// An open invoice that was tried may still be a bank debit on its way: it failed when Stripe plans another try, when the
/// subscription is past due, or when Stripe gave up.
fn failed(invoice: &Invoice, pledge: &Pledge) -> bool {
    match invoice.status {
        InvoiceStatus::Open => {
            invoice.attempts > 0 && (invoice.next_attempt_at.is_some() || pledge.state == PledgeState::PastDue)
        }
        InvoiceStatus::Uncollectible => true,
        InvoiceStatus::Draft | InvoiceStatus::Paid | InvoiceStatus::Void | InvoiceStatus::Unknown => false,
    }
}
