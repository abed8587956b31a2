//! From a row of the inbox to the books: fetch the object, then one transaction.

use std::collections::HashMap;

use diesel::Connection;

use super::model::{EventState, PaymentEvent, Source};
use super::trouble::{Next, Trouble};
use super::{Observed, Payments, Seen, Verdict, balance, cursors, inbox, mirror, payouts, sources, store};
use crate::db::Db;
use crate::error::Error;
use crate::stripe::{Failure, ObjectKind};
use crate::values::{At, NodeId, PaymentCommandId, PaymentEventId};

/// How often an object is fetched anew because somebody wrote it meanwhile.
const MOST_FETCHES: usize = 5;

/// What is to be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Target {
    Object(ObjectKind, String),
    /// Looked at through its payment, which Stripe has to name first.
    Charge(String),
}

/// Leased rows about one object: fetched once, closed together.
pub(super) struct Group {
    target: Target,
    rows: Vec<PaymentEvent>,
    /// How often the object had been written before the fetch.
    version: i64,
    node: NodeId,
}

/// What is closed in the transaction that books.
pub(super) enum Closing {
    Events(Vec<PaymentEventId>, NodeId),
    Command(PaymentCommandId, NodeId),
}

/// What a transaction came to.
enum Settled {
    Closed,
    /// Somebody wrote the object meanwhile: its version now.
    Stale(i64),
}

/// What the observers made of an object.
struct Judged {
    state: EventState,
    words: String,
    /// An observer knows it, though it may have had nothing to book.
    known: bool,
}

impl Payments {
    /// Leases what is due, grouped by object. Few questions for many rows: the claim, the versions, the charges.
    pub(super) async fn claim(&self, limit: i64) -> Result<Vec<Group>, Error> {
        let Some(node) = self.node.id() else { return Ok(Vec::new()) };
        let now = self.clock.now();
        self.db
            .write(move |db| {
                let rows = store::claim_events(db, node, now, limit)?;
                Ok::<_, Error>(group(db, rows, node)?)
            })
            .await
    }

    /// Brings a group to its end, or puts it back.
    ///
    /// # Errors
    /// When not even that can be written; the rows stay leased.
    pub(super) async fn work_on(&self, group: &Group) -> Result<(), Error> {
        match self.try_group(group).await {
            Ok(()) | Err(Trouble::Lost) => Ok(()),
            Err(trouble) => self.record_trouble(group, &trouble).await,
        }
    }

    async fn try_group(&self, group: &Group) -> Result<(), Trouble> {
        let ids = group.rows.iter().map(|row| row.id).collect();
        let closing = Closing::Events(ids, group.node);
        let (kind, id, version) = match &group.target {
            Target::Object(kind, id) => (*kind, id.clone(), group.version),
            Target::Charge(charge) => match self.api.payment_of_charge(charge).await? {
                Some(payment) => {
                    let id = payment.clone();
                    let version = self.db.read(move |db| Ok::<_, Error>(store::version(db, &id)?)).await?;
                    (ObjectKind::Payment, payment, version)
                }
                None => return self.close_empty(closing, "this charge belongs to no payment").await,
            },
        };
        let observed = self.fetch(kind, &id).await?;
        self.settle(kind, &id, observed, version, closing).await
    }

    pub(super) async fn fetch(&self, kind: ObjectKind, id: &str) -> Result<Observed, Failure> {
        Ok(match kind {
            ObjectKind::Checkout => Observed::Checkout(self.api.checkout(id).await?),
            ObjectKind::Payment => Observed::Payment(self.api.payment(id).await?),
            ObjectKind::Refund => Observed::Refund(self.api.refund(id).await?),
            ObjectKind::Subscription => Observed::Subscription(self.api.subscription(id).await?),
            ObjectKind::Invoice => Observed::Invoice(self.api.invoice(id).await?),
            ObjectKind::Payout => Observed::Payout(self.payout(id).await?),
        })
    }

    /// Books what was fetched when the object's version was `version`, fetching again when somebody else wrote since.
    pub(super) async fn settle(
        &self,
        kind: ObjectKind,
        id: &str,
        mut observed: Observed,
        mut version: i64,
        closing: Closing,
    ) -> Result<(), Trouble> {
        let account = self.account_id().await?.to_owned();
        let closing = std::sync::Arc::new(closing);
        for _ in 0..MOST_FETCHES {
            let (observers, account, closing) = (self.observers.clone(), account.clone(), closing.clone());
            let (id_here, seen, now) = (id.to_owned(), observed.clone(), self.clock.now());
            let livemode = self.livemode;
            let settled = self.db.write(move |db| {
                if !store::advance(db, &id_here, version)? {
                    return Ok(Settled::Stale(store::version(db, &id_here)?));
                }
                mirror::write(db, &seen, &account, livemode, now)?;
                let judged = judge(db, &observers, &seen, &Seen { account: &account, now })?;
                follow(db, &seen, judged.known, now)?;
                if matches!(seen, Observed::Payout(_)) {
                    cursors::hasten(db, balance::TURN, balance::READ_EVERY, now)?;
                }
                close(db, &closing, &account, &judged, (kind, &id_here), now)?;
                if judged.state != EventState::Failed {
                    let charge = match &seen {
                        Observed::Payment(payment) => payment.charge.as_ref().map(|charge| charge.id.as_str()),
                        _ => None,
                    };
                    let objects: Vec<&str> = std::iter::once(id_here.as_str()).chain(charge).collect();
                    store::settle_failed(db, &objects, now)?;
                }
                Ok::<_, Trouble>(Settled::Closed)
            });
            match settled.await? {
                Settled::Closed => return Ok(()),
                Settled::Stale(current) => version = current,
            }
            observed = self.fetch(kind, id).await?;
        }
        Err(Trouble::Busy)
    }

    async fn close_empty(&self, closing: Closing, words: &'static str) -> Result<(), Trouble> {
        let now = self.clock.now();
        let Closing::Events(ids, node) = closing else { return Ok(()) };
        let ended = (EventState::Ignored, words);
        self.db.write(move |db| Ok::<_, Error>(store::close(db, &ids, node, None, ended, now)?)).await?;
        Ok(())
    }

    async fn record_trouble(&self, group: &Group, trouble: &Trouble) -> Result<(), Error> {
        self.tell(trouble);
        let (node, now) = (group.node, self.clock.now());
        let rows: Vec<_> = group.rows.iter().map(|row| (row.id, trouble.next(row.attempts))).collect();
        self.db
            .write(move |db| {
                for (id, next) in &rows {
                    match next {
                        Next::Later { wait, words, counts } => {
                            store::put_back(db, *id, node, (now + *wait, words), *counts)?;
                        }
                        Next::Failed(words) => {
                            store::close(db, &[*id], node, None, (EventState::Failed, words), now)?;
                        }
                    }
                }
                Ok::<_, Error>(())
            })
            .await
    }

    /// A key that is not taken is for the operator: said loudly, once, until it is taken again.
    pub(super) fn tell(&self, trouble: &Trouble) {
        let words = trouble.words();
        match trouble {
            Trouble::Stripe(Failure::Key(_)) => {
                static TOLD: std::sync::Once = std::sync::Once::new();
                TOLD.call_once(|| {
                    tracing::error!(error = words, "Stripe does not take PLEDGEPOST_STRIPE_SECRET_KEY; gifts wait");
                });
            }
            _ => tracing::warn!(error = words, "a payment event is tried again later or needs a look"),
        }
    }
}

fn group(db: &mut Db, rows: Vec<PaymentEvent>, node: NodeId) -> diesel::QueryResult<Vec<Group>> {
    let charges: Vec<String> =
        rows.iter().filter(|row| row.object_kind == "charge").map(|row| row.object_id.clone()).collect();
    let payments = store::payments_of(db, &charges)?;
    let mut groups: Vec<Group> = Vec::new();
    let mut places: HashMap<Target, usize> = HashMap::new();
    for row in rows {
        let target = match row.object_kind.parse::<ObjectKind>() {
            Ok(kind) => Target::Object(kind, row.object_id.clone()),
            Err(_) => match payments.get(&row.object_id) {
                Some(payment) => Target::Object(ObjectKind::Payment, payment.clone()),
                None => Target::Charge(row.object_id.clone()),
            },
        };
        match places.get(&target).and_then(|place| groups.get_mut(*place)) {
            Some(group) => group.rows.push(row),
            None => {
                places.insert(target.clone(), groups.len());
                groups.push(Group { target, rows: vec![row], version: 0, node });
            }
        }
    }
    let id = |group: &Group| match &group.target {
        Target::Object(_, id) => Some(id.clone()),
        Target::Charge(_) => None,
    };
    let versions = store::versions(db, &groups.iter().filter_map(id).collect::<Vec<_>>())?;
    for group in &mut groups {
        group.version = id(group).and_then(|id| versions.get(&id).copied()).unwrap_or(0);
    }
    Ok(groups)
}

/// Lets every observer book. A conflict takes back what they wrote for this object, and nothing else.
fn judge(db: &mut Db, observers: &super::Observers, observed: &Observed, seen: &Seen<'_>) -> Result<Judged, Error> {
    let verdicts = db.transaction::<Vec<Verdict>, Error, _>(|db| {
        observers.iter().map(|observer| observer.observe(db, observed, seen)).collect()
    });
    let (mut booked, mut nothing) = (Vec::new(), Vec::new());
    match verdicts {
        Err(Error::Conflict(words)) => return Ok(Judged { state: EventState::Failed, words, known: false }),
        Err(error) => return Err(error),
        Ok(verdicts) => {
            for verdict in verdicts {
                match verdict {
                    Verdict::Booked(words) => booked.push(words),
                    Verdict::Nothing(words) => nothing.push(words),
                    Verdict::NotOurs => {}
                }
            }
        }
    }
    Ok(match (booked.is_empty(), nothing.is_empty()) {
        (false, _) => Judged { state: EventState::Done, words: booked.join("; "), known: true },
        (true, false) => Judged { state: EventState::Ignored, words: nothing.join("; "), known: true },
        (true, true) => {
            let (state, words) = match observed {
                // Whoever gave the money, the account is ours.
                Observed::Payout(payout) => (EventState::Done, payouts::words(payout)),
                _ => (EventState::Ignored, "no gift of ours".into()),
            };
            Judged { state, words, known: false }
        }
    })
}

/// Tells the observers of a command that Stripe refused for good.
pub(super) fn refused(
    db: &mut Db,
    observers: &super::Observers,
    observed: &Observed,
    seen: &Seen<'_>,
) -> Result<(), Error> {
    judge(db, observers, observed, seen).map(drop)
}

/// What has to be looked at because of this. Ends: a checkout leads to what it made, an invoice to its payment, a refund
/// to a payment that nobody saw yet, a payout to what nobody saw of its lines and to the one that took it back, and a payment
/// that is known to refunds that could not be booked before. (Not only one that was booked: the payment of a repeated gift is
/// booked by its invoice.)
fn follow(db: &mut Db, observed: &Observed, known: bool, now: At) -> diesel::QueryResult<()> {
    let mut looks: Vec<(ObjectKind, &str)> = Vec::new();
    let earlier;
    match observed {
        Observed::Checkout(checkout) => {
            let (payment, subscription) = (checkout.payment.as_deref(), checkout.subscription.as_deref());
            looks.extend(payment.map(|id| (ObjectKind::Payment, id)));
            looks.extend(subscription.map(|id| (ObjectKind::Subscription, id)));
            looks.extend(checkout.invoice.as_deref().map(|id| (ObjectKind::Invoice, id)));
        }
        Observed::Invoice(invoice) => looks.extend(invoice.payment.as_deref().map(|id| (ObjectKind::Payment, id))),
        Observed::Refund(refund) => {
            if let Some(payment) = refund.payment.as_deref()
                && !mirror::has_payment(db, payment)?
            {
                looks.push((ObjectKind::Payment, payment));
            }
        }
        Observed::Payment(payment) if known => {
            earlier = mirror::refunds_of(db, &payment.id)?;
            for refund in &earlier {
                if !store::was_booked(db, refund)? {
                    looks.push((ObjectKind::Refund, refund));
                }
            }
        }
        Observed::Payout(payout) => {
            sources::look(db, payout.lines.iter().flatten(), None, Source::Follow, now)?;
            for other in payout.original.iter().chain(&payout.reversed_by) {
                if !mirror::has_payout(db, other)? {
                    looks.push((ObjectKind::Payout, other));
                }
            }
        }
        Observed::Payment(_) | Observed::Subscription(_) | Observed::Refused(..) => {}
    }
    for (kind, id) in looks {
        // What waits already will see at least as much.
        if !store::waits(db, id)? {
            inbox::look(db, kind, id, Source::Follow, now)?;
        }
    }
    Ok(())
}

fn close(
    db: &mut Db,
    closing: &Closing,
    account: &str,
    judged: &Judged,
    (kind, id): (ObjectKind, &str),
    now: At,
) -> Result<(), Trouble> {
    let ours = match closing {
        Closing::Events(ids, node) => {
            let ended = (judged.state, judged.words.as_str());
            store::close(db, ids, *node, Some(account), ended, now)? == ids.len()
        }
        Closing::Command(command, node) => {
            if judged.state == EventState::Failed {
                // Stripe did it, and it makes no sense here: the look says so to staff.
                inbox::look(db, kind, id, Source::Follow, now)?;
            }
            let ended = (super::CommandState::Done, judged.words.as_str());
            store::close_command(db, *command, *node, ended, now)?
        }
    };
    // A stale lease changes nothing: the transaction is taken back.
    if ours { Ok(()) } else { Err(Trouble::Lost) }
}
