//! Gifts in every state, made as the program makes them: through the form's rules and the books, with built objects of
//! Stripe.

use std::sync::Arc;

use diesel::prelude::*;
use pledgepost::app::App;
use pledgepost::audit::Actor;
use pledgepost::db::{Db, schema};
use pledgepost::donations::checkout::{begin, opened};
use pledgepost::donations::{Begun, Books, Gift, GiftRequest, refund as refunds};
use pledgepost::error::Error;
use pledgepost::organisation;
use pledgepost::payments::{Command, Observed, Observer, Seen};
use pledgepost::stripe::{
    Checkout, CheckoutStatus, Interval, Invoice, InvoiceStatus, Refund, RefundStatus, Subscription, SubscriptionStatus,
};
use pledgepost::values::{At, CampaignId, DonationId, Language, Money, PledgeId};

const ACCOUNT: &str = "acct_seed";

/// Makes gifts in an app's database.
pub struct Giver {
    app: Arc<App>,
}

impl Giver {
    pub fn new(app: &Arc<App>) -> Self {
        Self { app: app.clone() }
    }
    pub fn write<T>(&self, work: impl FnOnce(&mut Db) -> Result<T, Error>) -> T {
        self.app.db.write_here(work).unwrap()
    }
    fn now(&self) -> At {
        self.app.clock.now()
    }

    /// A gift whose page is open at Stripe.
    pub fn begin(&self, name: &str, amount: &str, every: Option<Interval>, campaign: Option<CampaignId>) -> Begun {
        let (root, web, now) = (self.app.root.clone(), self.app.config.web.clone(), self.now());
        let request = GiftRequest {
            amount: amount.into(),
            currency: "EUR".into(),
            every,
            email: format!("{}@example.org", name.to_lowercase().replace(' ', ".")),
            name: name.into(),
            language: Language::english(),
            campaign,
            ..GiftRequest::default()
        };
        let begun = self.write(|db| {
            let organisation = organisation::store::get(db, now)?;
            begin(db, &request, &organisation, &root, &|path| web.link(path), true, now)
        });
        let session = self.session(&begun, CheckoutStatus::Open);
        self.write(|db| opened(db, begun.gift, ACCOUNT, &session, now));
        begun
    }

    /// Lets the books see it.
    pub fn sees(&self, observed: Observed) {
        let web = self.app.config.web.clone();
        let books = Books { root: self.app.root.clone(), link: Arc::new(move |path: &str| web.link(path)) };
        let seen = Seen { account: ACCOUNT, now: self.now() };
        self.write(|db| books.observe(db, &observed, &seen));
    }

    fn session(&self, begun: &Begun, status: CheckoutStatus) -> Checkout {
        let number = number(begun);
        let once = begun.checkout.interval.is_none();
        let complete = status == CheckoutStatus::Complete;
        Checkout {
            id: format!("cs_{number}"),
            status,
            paid: complete,
            total: Some(begun.checkout.amount.clone()),
            payment: (complete && once).then(|| format!("pi_{number}")),
            subscription: (complete && !once).then(|| format!("sub_{number}")),
            invoice: (complete && !once).then(|| format!("in_{number}_1")),
            customer: (complete && !once).then(|| format!("cus_{number}")),
            reference: Some(begun.checkout.reference.clone()),
            url: None,
            expires_at: begun.checkout.expires_at,
            created_at: self.now(),
            metadata: begun.checkout.metadata.clone(),
            livemode: false,
        }
    }

    /// A one-off gift that was paid, with its charge and fee in the mirror.
    pub fn paid(&self, name: &str, amount: &str, campaign: Option<CampaignId>) -> DonationId {
        let begun = self.begin(name, amount, None, campaign);
        self.sees(Observed::Checkout(self.session(&begun, CheckoutStatus::Complete)));
        self.settle(&format!("pi_{}", number(&begun)), begun.checkout.amount.minor);
        one(begun.gift)
    }

    /// Left without paying.
    pub fn abandoned(&self, name: &str, amount: &str) -> DonationId {
        let begun = self.begin(name, amount, None, None);
        self.sees(Observed::Checkout(self.session(&begun, CheckoutStatus::Expired)));
        one(begun.gift)
    }

    /// Another amount came than was asked: a question.
    pub fn odd(&self, name: &str, asked: &str, came: i64) -> DonationId {
        let begun = self.begin(name, asked, None, None);
        let total = Some(Money::new(came, begun.checkout.amount.currency.clone()));
        self.sees(Observed::Checkout(Checkout { total, ..self.session(&begun, CheckoutStatus::Complete) }));
        one(begun.gift)
    }

    /// A pledge whose first payment came.
    pub fn pledge(&self, name: &str, amount: &str) -> PledgeId {
        let begun = self.begin(name, amount, Some(Interval::Month), None);
        let number = number(&begun);
        self.sees(Observed::Checkout(self.session(&begun, CheckoutStatus::Complete)));
        self.sees(Observed::Subscription(Subscription {
            id: format!("sub_{number}"),
            customer: Some(format!("cus_{number}")),
            status: SubscriptionStatus::Active,
            amount: Some(begun.checkout.amount.clone()),
            interval: Some("month".into()),
            cancel_at_period_end: false,
            period_ends_at: None,
            ended_at: None,
            created_at: self.now(),
            metadata: begun.checkout.metadata.clone(),
            livemode: false,
        }));
        self.sees(Observed::Invoice(Invoice {
            id: format!("in_{number}_1"),
            subscription: Some(format!("sub_{number}")),
            customer: Some(format!("cus_{number}")),
            status: InvoiceStatus::Paid,
            paid: begun.checkout.amount.clone(),
            due_minor: begun.checkout.amount.minor,
            payment: Some(format!("pi_{number}_1")),
            attempts: 1,
            next_attempt_at: None,
            paid_at: Some(self.now()),
            created_at: self.now(),
            metadata: begun.checkout.metadata.clone(),
            livemode: false,
        }));
        let Gift::Pledge(id) = begun.gift else { panic!("a pledge") };
        id
    }

    /// Staff ask for a refund, and Stripe answers.
    pub fn refund(&self, id: DonationId, amount: &str, status: RefundStatus) {
        let (root, now) = (self.app.root.clone(), self.now());
        let actor = Actor::program();
        self.write(|db| {
            use schema::payment_commands as c;
            refunds::request(db, id, amount, "Given twice by mistake", &actor, &root, now)?;
            // Nobody is there to do it: what Stripe makes of it comes below.
            let done = (c::state.eq("done"), c::done_at.eq(Some(now)));
            Ok(diesel::update(c::table.filter(c::state.eq("pending"))).set(done).execute(db)?)
        });
        let Command::Refund(new) = self.newest_command() else { panic!("a refund") };
        self.sees(Observed::Refund(Refund {
            id: format!("re_{}", new.metadata["refund"]),
            payment: Some(new.payment),
            charge: None,
            amount: Money::new(new.amount_minor, pledgepost::values::Currency::eur()),
            status,
            failure: (status == RefundStatus::Failed).then(|| "expired_or_canceled_card".into()),
            balance: None,
            failure_balance: None,
            created_at: now,
            metadata: new.metadata,
        }));
    }

    pub fn newest_command(&self) -> Command {
        use schema::payment_commands as c;
        let payload: String = self.write(|db| Ok(c::table.order(c::id.desc()).select(c::payload).first(db)?));
        serde_json::from_str(&payload).unwrap()
    }

    /// What the mirror holds after Stripe's webhook of the charge: 1.5 % and 25 cents of fee.
    fn settle(&self, payment: &str, minor: i64) {
        use schema::{balance_transactions as b, stripe_charges as c};
        let (now, fee) = (self.now(), minor * 15 / 1000 + 25);
        self.write(|db| {
            diesel::insert_into(c::table)
                .values((
                    c::id.eq(format!("ch_{payment}")),
                    c::account.eq(ACCOUNT),
                    c::payment.eq(payment),
                    c::amount_minor.eq(minor),
                    c::currency.eq("EUR"),
                    c::succeeded.eq(true),
                    c::method.eq("card"),
                    c::balance_transaction.eq(format!("txn_{payment}")),
                    c::created_at.eq(now),
                    c::mirrored_at.eq(now),
                ))
                .execute(db)?;
            diesel::insert_into(b::table)
                .values((
                    b::id.eq(format!("txn_{payment}")),
                    b::account.eq(ACCOUNT),
                    b::livemode.eq(false),
                    b::status.eq("available"),
                    b::fee_details.eq(format!(
                        r#"[{{"kind":"stripe_fee","amount_minor":{fee},"currency":"EUR","description":null}}]"#
                    )),
                    b::currency.eq("EUR"),
                    b::amount_minor.eq(minor),
                    b::fee_minor.eq(fee),
                    b::net_minor.eq(minor - fee),
                    b::kind.eq("charge"),
                    b::reporting_category.eq("charge"),
                    b::available_on.eq(now),
                    b::created_at.eq(now),
                    b::mirrored_at.eq(now),
                ))
                .execute(db)?;
            Ok(())
        });
    }
}

/// What the mirror holds of a subscription: when its next payment is due.
pub fn mirrored_subscription(db: &mut Db, id: &str, now: At, next_payment: At) -> Result<(), Error> {
    use schema::stripe_subscriptions as s;
    let row = (
        s::id.eq(id),
        s::account.eq(ACCOUNT),
        s::status.eq("active"),
        s::period_ends_at.eq(Some(next_payment)),
        s::livemode.eq(false),
        s::created_at.eq(now),
        s::mirrored_at.eq(now),
    );
    diesel::insert_into(s::table).values(row).execute(db)?;
    Ok(())
}

fn number(begun: &Begun) -> String {
    begun.gift.reference().replace(':', "_")
}

fn one(gift: Gift) -> DonationId {
    let Gift::Donation(id) = gift else { panic!("a donation") };
    id
}
