//! From the gift to the receipt: pages, the client of Stripe, and what is decided about gifts, through built objects of Stripe.

mod booking;
mod checkout;
mod client;
mod commands;

mod funds;
mod kill;
mod lost;
mod pages;
mod pledges;
mod processing;
mod receipts;
mod refunds;
mod staff_pages;
mod sync;
mod webhooks;

use std::sync::Arc;

use chrono::Duration;
use diesel::prelude::*;
use pledgepost::audit::Actor;
use pledgepost::db::{Database, Db, schema};
use pledgepost::donations::checkout::{begin, opened};
use pledgepost::donations::{Begun, Books, Donation, Gift, GiftRequest, Pledge, store};
use pledgepost::error::Error;
use pledgepost::organisation::{self, Organisation};
use pledgepost::payments::{Observed, Observer, Seen, Verdict};
use pledgepost::stripe::{
    Checkout, CheckoutStatus, Interval, Invoice, InvoiceStatus, Metadata, ObjectKind, Payment, PaymentStatus, Refund,
    RefundStatus, Subscription, SubscriptionStatus,
};
use pledgepost::values::{At, Clock, Currency, DonationId, Language, Money, PledgeId, RootKey};

use crate::support::{Backend, TestDb};

pub const ACCOUNT: &str = "acct_1";

/// A database with an organisation, and the books.
pub struct Desk {
    pub db: Database,
    pub books: Books,
    pub clock: Clock,
    _test: TestDb,
}

pub fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::eur())
}

pub fn finance() -> Actor {
    Actor::staff(pledgepost::values::StaffId(1), "finance@example.org")
}

pub fn link(path: &str) -> String {
    format!("https://org.example{path}")
}

pub fn wish(amount: &str, every: Option<Interval>) -> GiftRequest {
    GiftRequest {
        amount: amount.into(),
        currency: "EUR".into(),
        every,
        email: "Anna@example.org".into(),
        name: "Anna".into(),
        language: Language::english(),
        ..GiftRequest::default()
    }
}

impl Desk {
    pub fn new(backend: Backend) -> Self {
        let test = TestDb::new(backend);
        let clock = Clock::fake(At::from_micros(1_790_000_000_000_000));
        let db = test.connect();
        let organisation = Organisation {
            name: "Equal Ground".into(),
            legal_name: "Equal Ground e.V.".into(),
            postal_address: "Street 1\n10115 Berlin".into(),
            registration_number: "VR 12345".into(),
            languages: "en,ru".into(),
            currencies: "EUR,JPY".into(),
            time_zone: "Europe/Berlin".into(),
            ..Organisation::fresh(clock.now())
        };
        db.write_here(|db| Ok::<_, Error>(organisation::store::save(db, &organisation)?)).unwrap();
        let books = Books { root: RootKey::from_bytes([7; 32]), link: Arc::new(link) };
        Self { db, books, clock, _test: test }
    }
    pub fn now(&self) -> At {
        self.clock.now()
    }
    pub fn write<T>(&self, work: impl FnOnce(&mut Db) -> Result<T, Error>) -> Result<T, Error> {
        self.db.write_here(work)
    }
    pub fn try_begin(&self, request: &GiftRequest) -> Result<Begun, Error> {
        self.write(|db| {
            let organisation = organisation::store::get(db, self.now())?;
            begin(db, request, &organisation, &self.books.root, &link, true, self.now())
        })
    }
    /// A gift whose page is open at Stripe.
    pub fn begin(&self, amount: &str, every: Option<Interval>) -> Begun {
        let begun = self.try_begin(&wish(amount, every)).unwrap();
        let session = checkout(&begun, CheckoutStatus::Open, false);
        self.write(|db| opened(db, begun.gift, ACCOUNT, &session, self.now())).unwrap();
        begun
    }
    pub fn observe(&self, observed: &Observed) -> Result<Verdict, Error> {
        let seen = Seen { account: ACCOUNT, now: self.now() };
        self.write(|db| self.books.observe(db, observed, &seen))
    }
    pub fn sees(&self, observed: impl Into<Seeable>) -> Verdict {
        self.observe(&observed.into().0).unwrap()
    }
    pub fn overdue(&self) -> Vec<(ObjectKind, String)> {
        self.write(|db| self.books.overdue(db, self.now())).unwrap()
    }
    pub fn later(&self, minutes: i64) {
        self.clock.advance(Duration::minutes(minutes));
    }
    pub fn donation(&self, gift: Gift) -> Donation {
        let Gift::Donation(id) = gift else { panic!("a donation") };
        self.write(|db| Ok(store::find(db, id)?)).unwrap().unwrap()
    }
    pub fn pledge(&self, gift: Gift) -> Pledge {
        let Gift::Pledge(id) = gift else { panic!("a pledge") };
        self.write(|db| Ok(store::pledges::find(db, id)?)).unwrap().unwrap()
    }
    /// A one-off gift that was paid.
    pub fn paid(&self, amount: &str) -> (Begun, DonationId) {
        let begun = self.begin(amount, None);
        self.sees(checkout(&begun, CheckoutStatus::Complete, true));
        let id = self.donation(begun.gift).id;
        (begun, id)
    }
    /// Name and key of all mails, oldest first.
    pub fn mails(&self) -> Vec<(String, String)> {
        use schema::deliveries as d;
        let rows: Vec<(String, Option<String>)> =
            self.write(|db| Ok(d::table.order(d::id).select((d::mail, d::dedup_key)).load(db)?)).unwrap();
        rows.into_iter().map(|(mail, key)| (mail, key.unwrap_or_default())).collect()
    }
    pub fn last_mail(&self, name: &str) -> serde_json::Value {
        use schema::deliveries as d;
        let payload: Option<String> = self
            .write(|db| Ok(d::table.filter(d::mail.eq(name)).order(d::id.desc()).select(d::payload).first(db)?))
            .unwrap();
        serde_json::from_str(&payload.unwrap()).unwrap()
    }
    /// All that the books hold, without numbers that depend on the order of events.
    pub fn books(&self) -> Vec<String> {
        self.write(|db| {
            let mut lines: Vec<String> = Donation::query()
                .load::<Donation>(db)?
                .iter()
                .map(|d| {
                    format!(
                        "donation {} {} {:?} {:?} {:?} pledge {:?} question {:?}",
                        d.state,
                        d.amount(),
                        d.checkout,
                        d.payment,
                        d.invoice,
                        d.pledge_id.map(|id: PledgeId| id.0),
                        d.question
                    )
                })
                .collect();
            for d in Donation::query().load::<Donation>(db)? {
                let receipt = store::receipts::of(db, d.id)?;
                lines.push(format!("receipt of {:?}: {:?}", d.payment, receipt.map(|r| r.voided_at.is_some())));
                lines.extend(
                    store::refunds::of(db, d.id)?
                        .iter()
                        .map(|r| format!("refund {} {} {:?}", r.amount(), r.state, r.stripe_refund)),
                );
            }
            lines.extend(Pledge::query().load::<Pledge>(db)?.iter().map(|p| {
                format!(
                    "pledge {} {:?} {:?} started {} donor {}",
                    p.state,
                    p.subscription,
                    p.customer,
                    p.started_at.is_some(),
                    p.donor_id.is_some()
                )
            }));
            lines.extend(self.mails_of(db)?);
            lines.sort();
            Ok(lines)
        })
        .unwrap()
    }
    fn mails_of(&self, db: &mut Db) -> Result<Vec<String>, Error> {
        use schema::deliveries as d;
        let names: Vec<String> = d::table.select(d::mail).load(db)?;
        Ok(names.into_iter().map(|name| format!("mail {name}")).collect())
    }
}

pub struct Seeable(pub Observed);
macro_rules! seeable {
    ($($kind:ident),*) => {$(
        impl From<$kind> for Seeable {
            fn from(object: $kind) -> Self { Seeable(Observed::$kind(object)) }
        }
    )*};
}
seeable!(Checkout, Payment, Refund, Subscription, Invoice);

fn number(begun: &Begun) -> String {
    begun.gift.reference().replace(':', "_")
}
const EARLY: i64 = 1_789_999_000_000_000;

pub fn checkout(begun: &Begun, status: CheckoutStatus, paid: bool) -> Checkout {
    let number = number(begun);
    let complete = status == CheckoutStatus::Complete;
    let once = begun.checkout.interval.is_none();
    let once_done = complete && once;
    let repeated = complete && !once;
    Checkout {
        id: format!("cs_{number}"),
        status,
        paid,
        total: Some(begun.checkout.amount.clone()),
        payment: once_done.then(|| format!("pi_{number}")),
        subscription: repeated.then(|| format!("sub_{number}")),
        invoice: repeated.then(|| format!("in_{number}_1")),
        customer: repeated.then(|| format!("cus_{number}")),
        reference: Some(begun.checkout.reference.clone()),
        url: None,
        expires_at: begun.checkout.expires_at,
        created_at: At::from_micros(EARLY),
        metadata: begun.checkout.metadata.clone(),
        livemode: false,
    }
}

pub fn payment(begun: &Begun, status: PaymentStatus) -> Payment {
    let amount = begun.checkout.amount.clone();
    let received_minor = if status == PaymentStatus::Succeeded { amount.minor } else { 0 };
    Payment {
        id: format!("pi_{}", number(begun)),
        status,
        amount,
        received_minor,
        customer: None,
        charge: None,
        failure: (status == PaymentStatus::RequiresPaymentMethod).then(|| "Your card was declined.".into()),
        created_at: At::from_micros(EARLY),
        metadata: begun.checkout.metadata.clone(),
        livemode: false,
    }
}

pub fn subscription(begun: &Begun, status: SubscriptionStatus) -> Subscription {
    let number = number(begun);
    Subscription {
        id: format!("sub_{number}"),
        customer: Some(format!("cus_{number}")),
        status,
        amount: Some(begun.checkout.amount.clone()),
        interval: Some("month".into()),
        cancel_at_period_end: false,
        period_ends_at: Some(At::from_micros(EARLY) + Duration::days(30)),
        ended_at: None,
        created_at: At::from_micros(EARLY),
        metadata: begun.checkout.metadata.clone(),
        livemode: false,
    }
}

/// The n-th invoice of a pledge.
pub fn invoice(begun: &Begun, n: i64, status: InvoiceStatus) -> Invoice {
    let number = number(begun);
    let paid = status == InvoiceStatus::Paid;
    Invoice {
        id: format!("in_{number}_{n}"),
        subscription: Some(format!("sub_{number}")),
        customer: Some(format!("cus_{number}")),
        status,
        paid: eur(if paid { begun.checkout.amount.minor } else { 0 }),
        due_minor: begun.checkout.amount.minor,
        payment: Some(format!("pi_{number}_{n}")),
        attempts: 1,
        next_attempt_at: (!paid).then(|| At::from_micros(EARLY) + Duration::days(3)),
        paid_at: None,
        created_at: At::from_micros(EARLY),
        metadata: begun.checkout.metadata.clone(),
        livemode: false,
    }
}

/// A refund of that payment, as it looks when it was made at Stripe.
pub fn refund(payment: &str, id: &str, minor: i64, status: RefundStatus) -> Refund {
    Refund {
        id: id.into(),
        payment: Some(payment.into()),
        charge: None,
        amount: eur(minor),
        status,
        failure: (status == RefundStatus::Failed).then(|| "expired_or_canceled_card".into()),
        balance: None,
        failure_balance: None,
        created_at: At::from_micros(EARLY),
        metadata: Metadata::new(),
    }
}

/// All orders of the first `n` numbers.
pub fn orders(n: usize) -> Vec<Vec<usize>> {
    let Some(last) = n.checked_sub(1) else { return vec![Vec::new()] };
    orders(last)
        .into_iter()
        .flat_map(|order| {
            (0..n).map(move |place| {
                let mut longer = order.clone();
                longer.insert(place, last);
                longer
            })
        })
        .collect()
}
