//! A Stripe that says what a test wants it to say, and payments that work against it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use chrono::Duration;
use diesel::prelude::*;
use pledgepost::audit::{self, Actor};
use pledgepost::db::{Database, Db};
use pledgepost::error::Error;
use pledgepost::lease::{Keeper, Node};
use pledgepost::payments::store::{self, Filter};
use pledgepost::payments::{self, EventState, Observed, Observer, PaymentEvent, Payments, Seen, Verdict};
use pledgepost::stripe::*;
use pledgepost::values::{At, Clock, Money, PageRequest};
use tokio::sync::Semaphore;

pub use super::stripe_objects::*;
use super::{Backend, TestDb};

/// What the stand-in has, and how it behaves.
#[derive(Default)]
pub struct Says {
    pub checkouts: BTreeMap<String, Checkout>,
    pub payments: BTreeMap<String, Payment>,
    pub refunds: BTreeMap<String, Refund>,
    pub subscriptions: BTreeMap<String, Subscription>,
    pub invoices: BTreeMap<String, Invoice>,
    pub payouts: BTreeMap<String, Payout>,
    /// Lines of the balance, each with the automatic payout that took it along.
    pub lines: Vec<(BalanceTransaction, Option<String>)>,
    pub balance: Vec<Money>,
    pub events: Vec<EventHead>,
    /// Every call fails so.
    pub down: Option<Failure>,
    /// The next writing calls fail so, after they took effect.
    pub unheard: VecDeque<Failure>,
    /// The next writing calls are refused so, and nothing happens.
    pub refuses: VecDeque<Failure>,
    /// Asking for the refunds of a payment fails so.
    pub lists_away: Option<Failure>,
    /// What was called: `payment pi_1`, `create_refund pi_1 key`.
    pub calls: Vec<String>,
}

#[derive(Default)]
pub struct Scripted {
    pub says: Mutex<Says>,
    /// When set, an answer about a payment is taken, then held until there is a permit.
    pub gate: Mutex<Option<Arc<Semaphore>>>,
}

impl Scripted {
    pub fn change<T>(&self, change: impl FnOnce(&mut Says) -> T) -> T {
        change(&mut self.says.lock().unwrap())
    }
    pub fn calls(&self, of: &str) -> usize {
        self.says.lock().unwrap().calls.iter().filter(|call| call.starts_with(of)).count()
    }
    fn answer<T: Send + 'static>(&self, call: String, say: impl FnOnce(&mut Says) -> Option<T>) -> Answer<'_, T> {
        let mut says = self.says.lock().unwrap();
        says.calls.push(call.clone());
        let answer = match &says.down {
            Some(failure) => Err(failure.clone()),
            None => say(&mut says).ok_or(Failure::NotFound(call.clone())),
        };
        let gate = self.gate.lock().unwrap().clone().filter(|_| call.starts_with("payment "));
        Box::pin(async move {
            if let Some(gate) = gate {
                gate.acquire().await.unwrap().forget();
            }
            answer
        })
    }
    fn write<T: Send + 'static>(&self, call: String, say: impl FnOnce(&mut Says) -> Option<T>) -> Answer<'_, T> {
        if let Some(refusal) = self.change(|says| says.refuses.pop_front()) {
            self.change(|says| says.calls.push(call));
            return Box::pin(async move { Err(refusal) });
        }
        let unheard = self.says.lock().unwrap().unheard.pop_front();
        let answer = self.answer(call, say);
        match unheard {
            Some(failure) => Box::pin(async move { answer.await.and(Err(failure)) }),
            None => answer,
        }
    }
    fn list<T: Clone + Send + 'static>(
        &self,
        what: &str,
        listing: &Listing,
        take: impl FnOnce(&Says) -> Vec<(String, At, T)>,
    ) -> Answer<'_, Listed<T>> {
        let listing = listing.clone();
        self.answer(format!("list {what}"), move |says| {
            let mut all = take(says);
            all.retain(|(_, at, _)| listing.since.is_none_or(|since| *at >= since));
            all.sort_by_key(|(id, at, _)| std::cmp::Reverse((*at, id.clone())));
            let start = match &listing.after {
                Some(after) => all.iter().position(|(id, ..)| id == after).unwrap() + 1,
                None => 0,
            };
            // Pages of two, so that there are several.
            let more = all.len() > start + 2;
            Some(Listed { items: all.into_iter().skip(start).take(2).map(|(.., item)| item).collect(), more })
        })
    }
}

impl StripeApi for Scripted {
    fn account(&self) -> Answer<'_, String> {
        self.answer("account".into(), |_| Some("acct_test".into()))
    }
    fn create_checkout<'a>(&'a self, _: &'a NewCheckout, _: &'a str) -> Answer<'a, Checkout> {
        panic!("this test's Stripe makes no checkouts")
    }
    fn expire_checkout<'a>(&'a self, id: &'a str, key: &'a str) -> Answer<'a, Checkout> {
        self.write(format!("expire_checkout {id} {key}"), |says| {
            let checkout = says.checkouts.get_mut(id)?;
            checkout.status = CheckoutStatus::Expired;
            Some(checkout.clone())
        })
    }
    fn create_refund<'a>(&'a self, new: &'a NewRefund, key: &'a str) -> Answer<'a, Refund> {
        self.write(format!("create_refund {} {key}", new.payment), |says| {
            let id = format!("re_{key}");
            says.payments.get(&new.payment)?;
            let made = || Refund {
                payment: Some(new.payment.clone()),
                amount: Money::new(new.amount_minor, eur()),
                metadata: new.metadata.clone(),
                ..refund(&id)
            };
            Some(says.refunds.entry(id.clone()).or_insert_with(made).clone())
        })
    }
    fn cancel_subscription<'a>(&'a self, id: &'a str, key: &'a str) -> Answer<'a, Subscription> {
        self.write(format!("cancel_subscription {id} {key}"), |says| {
            // Stripe knows no ended subscription when it is to be ended.
            let subscription = says.subscriptions.get_mut(id).filter(|s| s.status != SubscriptionStatus::Canceled)?;
            subscription.status = SubscriptionStatus::Canceled;
            Some(subscription.clone())
        })
    }
    fn checkout<'a>(&'a self, id: &'a str) -> Answer<'a, Checkout> {
        self.answer(format!("checkout {id}"), |says| says.checkouts.get(id).cloned())
    }
    fn payment<'a>(&'a self, id: &'a str) -> Answer<'a, Payment> {
        self.answer(format!("payment {id}"), |says| says.payments.get(id).cloned())
    }
    fn refund<'a>(&'a self, id: &'a str) -> Answer<'a, Refund> {
        self.answer(format!("refund {id}"), |says| says.refunds.get(id).cloned())
    }
    fn subscription<'a>(&'a self, id: &'a str) -> Answer<'a, Subscription> {
        self.answer(format!("subscription {id}"), |says| says.subscriptions.get(id).cloned())
    }
    fn invoice<'a>(&'a self, id: &'a str) -> Answer<'a, Invoice> {
        self.answer(format!("invoice {id}"), |says| says.invoices.get(id).cloned())
    }
    fn payout<'a>(&'a self, id: &'a str) -> Answer<'a, Payout> {
        self.answer(format!("payout {id}"), |says| says.payouts.get(id).cloned())
    }
    fn balance(&self) -> Answer<'_, Vec<Money>> {
        self.answer("balance".into(), |says| Some(says.balance.clone()))
    }
    fn refunds_of<'a>(&'a self, payment: &'a str) -> Answer<'a, Vec<Refund>> {
        if let Some(away) = self.change(|says| says.lists_away.clone()) {
            return Box::pin(async move { Err(away) });
        }
        self.answer(format!("refunds_of {payment}"), |says| {
            Some(says.refunds.values().filter(|it| it.payment.as_deref() == Some(payment)).cloned().collect())
        })
    }
    fn payment_of_charge<'a>(&'a self, charge: &'a str) -> Answer<'a, Option<String>> {
        self.answer(format!("payment_of_charge {charge}"), |says| {
            let of = |it: &&Payment| it.charge.as_ref().is_some_and(|it| it.id == charge);
            Some(says.payments.values().find(of).map(|it| it.id.clone()))
        })
    }
    fn checkouts<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Checkout>> {
        self.list("checkouts", listing, |s| {
            s.checkouts.values().map(|o| (o.id.clone(), o.created_at, o.clone())).collect()
        })
    }
    fn payments<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Payment>> {
        self.list("payments", listing, |s| {
            s.payments.values().map(|o| (o.id.clone(), o.created_at, o.clone())).collect()
        })
    }
    fn refunds<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Refund>> {
        self.list("refunds", listing, |s| s.refunds.values().map(|o| (o.id.clone(), o.created_at, o.clone())).collect())
    }
    fn subscriptions<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Subscription>> {
        self.list("subscriptions", listing, |s| {
            s.subscriptions.values().map(|o| (o.id.clone(), o.created_at, o.clone())).collect()
        })
    }
    fn invoices<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Invoice>> {
        self.list("invoices", listing, |s| {
            s.invoices.values().map(|o| (o.id.clone(), o.created_at, o.clone())).collect()
        })
    }
    fn payouts<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Payout>> {
        self.list("payouts", listing, |s| s.payouts.values().map(|o| (o.id.clone(), o.created_at, o.clone())).collect())
    }
    fn balance_transactions<'a>(
        &'a self,
        listing: &'a Listing,
        payout: Option<&'a str>,
    ) -> Answer<'a, Listed<BalanceTransaction>> {
        let payout = payout.map(str::to_owned);
        self.list("lines", listing, move |s| {
            let asked = s.lines.iter().filter(|(_, of)| payout.is_none() || *of == payout);
            asked.map(|(line, _)| (line.id.clone(), line.created_at, line.clone())).collect()
        })
    }
    /// Those about payouts are another list; else it is not looked at what was asked for.
    fn events<'a>(&'a self, kinds: &'static [&'static str], listing: &'a Listing) -> Answer<'a, Listed<EventHead>> {
        let payouts = kinds == PAYOUT_EVENT_KINDS;
        self.list("events", listing, move |s| {
            let asked = s.events.iter().filter(|event| event.kind.starts_with("payout.") == payouts);
            asked.map(|o| (o.id.clone(), o.created_at, o.clone())).collect()
        })
    }
}

/// Books what carries our metadata: once per object, as an entry of the audit.
#[derive(Default)]
pub struct TestBooks {
    /// What it says instead.
    pub objects_to: Mutex<Option<String>>,
    pub refused: Mutex<Vec<String>>,
    pub overdue: Mutex<Vec<(ObjectKind, String)>>,
}

impl Observer for TestBooks {
    fn observe(&self, db: &mut Db, observed: &Observed, seen: &Seen<'_>) -> Result<Verdict, Error> {
        let (id, metadata) = match observed {
            Observed::Checkout(it) => (&it.id, &it.metadata),
            Observed::Payment(it) if it.status == PaymentStatus::Succeeded => (&it.id, &it.metadata),
            Observed::Payment(_) => return Ok(Verdict::Nothing("not paid yet".into())),
            Observed::Refund(it) => (&it.id, &it.metadata),
            Observed::Subscription(it) => (&it.id, &it.metadata),
            Observed::Invoice(it) => (&it.id, &it.metadata),
            Observed::Payout(_) => return Ok(Verdict::NotOurs),
            Observed::Refused(command, words) => {
                self.refused.lock().unwrap().push(format!("{}: {words}", command.kind()));
                return Ok(Verdict::Booked("the refusal".into()));
            }
        };
        if !metadata.contains_key("donation") {
            return Ok(Verdict::NotOurs);
        }
        if !booked(db)?.contains(id) {
            audit::record(db, &Actor::program(), "booked", "gift", None, id, seen.now)?;
        }
        if let Some(words) = self.objects_to.lock().unwrap().clone() {
            return Err(Error::conflict(words));
        }
        Ok(Verdict::Booked(format!("{id} is booked")))
    }
    fn overdue(&self, _: &mut Db, _: At) -> Result<Vec<(ObjectKind, String)>, Error> {
        Ok(self.overdue.lock().unwrap().clone())
    }
}

/// The ids of what was booked, in order; twice if it was booked twice.
fn booked(db: &mut Db) -> QueryResult<Vec<String>> {
    let entries = audit::list(db, None, PageRequest::new(None, 500))?.rows;
    let mut ids: Vec<String> = entries.into_iter().filter(|e| e.action == "booked").map(|e| e.detail).collect();
    ids.sort();
    Ok(ids)
}

/// Payments as one process has them, against the scripted Stripe.
pub struct TestPayments {
    pub payments: Arc<Payments>,
    pub stripe: Arc<Scripted>,
    pub books: Arc<TestBooks>,
    pub clock: Clock,
    pub db: Database,
    _test: Arc<TestDb>,
}

impl TestPayments {
    pub fn new(backend: Backend) -> Self {
        let test = Arc::new(TestDb::new(backend));
        Self::beside(&test, test.connect(), Clock::fake(start()), Arc::default(), Arc::default())
    }
    /// Another process on the same database and the same Stripe.
    pub fn another(&self) -> Self {
        Self::beside(&self._test, self.db.clone(), self.clock.clone(), self.stripe.clone(), self.books.clone())
    }
    fn beside(test: &Arc<TestDb>, db: Database, clock: Clock, stripe: Arc<Scripted>, books: Arc<TestBooks>) -> Self {
        let payments = Arc::new(Payments {
            db: db.clone(),
            clock: clock.clone(),
            node: registered(&db, &clock),
            api: stripe.clone(),
            secrets: vec!["whsec_0123456789abcdef".to_owned().into()],
            livemode: false,
            key_hash: "hash".into(),
            observers: vec![books.clone()],
            bell: Default::default(),
            account: Default::default(),
        });
        Self { payments, stripe, books, clock, db, _test: test.clone() }
    }

    pub fn receive(&self, head: &EventHead) -> payments::Received {
        let (body, now) = (body(head), self.clock.now());
        self.write(|db| Ok(payments::inbox::receive(db, &body, false, now)?))
    }
    pub async fn drain(&self) -> usize {
        self.payments.drain().await.unwrap()
    }
    pub fn write<T>(&self, work: impl FnOnce(&mut Db) -> Result<T, Error>) -> T {
        self.db.write_here(work).unwrap()
    }
    /// Oldest first.
    pub fn events(&self) -> Vec<PaymentEvent> {
        let page = self.write(|db| Ok(store::list(db, &Filter::default(), PageRequest::new(None, 500))?));
        page.rows.into_iter().rev().collect()
    }
    pub fn states(&self) -> Vec<EventState> {
        self.events().iter().map(|event| event.state).collect()
    }
    pub fn booked(&self) -> Vec<String> {
        self.write(|db| Ok(booked(db)?))
    }
    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}

/// A node in good standing. No keeper beats for it: tests are shorter than the others' patience.
pub fn registered(db: &Database, clock: &Clock) -> Arc<Node> {
    let node: Arc<Node> = Arc::default();
    Keeper::new(db.clone(), clock.clone(), node.clone(), Vec::new()).pass().unwrap();
    if node.id().is_none() {
        // SQLite: another of the test holds the file's lock. The number is all that is needed here.
        let id = db
            .write_here(|db| -> Result<_, Error> {
                use pledgepost::db::schema::nodes;
                let row = (nodes::name.eq("test"), nodes::heartbeat.eq(0_i64), nodes::started_at.eq(start()));
                Ok(diesel::insert_into(nodes::table).values(row).returning(nodes::id).get_result::<i64>(db)?)
            })
            .unwrap();
        node.beat(pledgepost::values::NodeId(id), pledgepost::lease::awake());
    }
    node
}
