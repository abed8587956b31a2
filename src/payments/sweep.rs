//! Finding what no webhook told: objects that a feature waits for, charges without their line of the balance, refunds and
//! payouts that take long, and Stripe's own lists of events.

use std::sync::Arc;
use std::time::Duration as Wait;

use chrono::Duration;
use diesel::QueryResult;
use tokio::sync::watch;

use super::model::Source;
use super::trouble::Trouble;
use super::{Payments, cursors, inbox, mirror, store};
use crate::db::Db;
use crate::error::Error;
use crate::stripe::{EVENT_KINDS, EventHead, Listing, ObjectKind, PAYOUT_EVENT_KINDS};
use crate::values::{At, Day};

const SWEEP_EVERY: Duration = Duration::seconds(30);
const POLL_EVERY: Duration = Duration::minutes(10);
/// Each poll begins that much before the newest event known: events are not listed in the order of their times.
const OVERLAP: Duration = Duration::hours(1);
/// What a first poll goes back; more is for `stripe sync`.
const FIRST_POLL: Duration = Duration::hours(24);
/// The balance's line comes seconds after the charge, as a rule.
const UNSETTLED_FOR: Duration = Duration::minutes(1);
/// Refunds and payouts are at the bank for days, as a rule.
const PENDING_FOR: Duration = Duration::hours(1);
/// The cursor of the lists of events.
const EVENTS: &str = "events";
/// One call each, for Stripe takes twenty kinds at most.
const LISTS: [&[&str]; 2] = [&EVENT_KINDS, &PAYOUT_EVENT_KINDS];
/// As many at once as are looked at before the next sweep.
const AT_ONCE: i64 = 500;

impl Payments {
    /// Sweeps and polls when it is time, until `stop`. The first poll comes at once: what happened while we were away.
    pub(super) async fn look_around(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut started = false;
        while !*stop.borrow() {
            if self.node.id().is_some() {
                if let Err(error) = self.sweep_when_due().await {
                    tracing::error!(error = format!("{error:?}"), "the sweep for payments failed");
                }
                if let Err(trouble) = self.poll_when_due(!started).await {
                    self.tell(&trouble);
                }
                started = true;
                // The first reading may take minutes, and is begun again when it could not end.
                tokio::select! {
                    read = self.read_balance_when_due() => if let Err(error) = read {
                        tracing::warn!(error = format!("{error:#}"), "the balance at Stripe cannot be read");
                    },
                    _ = stop.changed() => {}
                }
            }
            tokio::select! {
                () = tokio::time::sleep(Wait::from_secs(2)) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Writes looks at what should have been heard of, at most every 30 seconds over all processes. Answers how many.
    ///
    /// # Errors
    /// The database's, or an observer's.
    pub async fn sweep_when_due(&self) -> Result<usize, Error> {
        let (observers, livemode, now) = (self.observers.clone(), self.livemode, self.clock.now());
        let looks = self.db.write(move |db| {
            if !cursors::take_turn(db, "sweep", SWEEP_EVERY, now)? {
                return Ok(0);
            }
            let mut objects = Vec::new();
            for observer in &observers {
                objects.extend(observer.overdue(db, now)?);
            }
            objects.extend(unsettled(db, now)?.into_iter().map(|id| (ObjectKind::Payment, id)));
            objects.extend(on_their_way(db, now)?.into_iter().map(|id| (ObjectKind::Refund, id)));
            objects.extend(not_arrived(db, livemode, now)?.into_iter().map(|id| (ObjectKind::Payout, id)));
            let mut looks = 0;
            for (kind, id) in objects {
                // Staff were told; it would only fail again.
                if !store::has_failed(db, &id)? {
                    looks += usize::from(inbox::look_once(db, kind, &id, Source::Sweep, now)?);
                }
            }
            Ok::<_, Error>(looks)
        });
        let looks = looks.await?;
        if looks > 0 {
            self.ring();
        }
        Ok(looks)
    }

    /// Reads Stripe's lists of events, at most every ten minutes over all processes, or now. Answers how many were new.
    ///
    /// # Errors
    /// Stripe's or the database's.
    pub(super) async fn poll_when_due(&self, at_once: bool) -> Result<usize, Trouble> {
        let now = self.clock.now();
        let due = self.db.write(move |db| Ok::<_, Error>(cursors::take_turn(db, "poll", POLL_EVERY, now)?)).await?;
        if due || at_once { self.poll(None).await } else { Ok(0) }
    }

    /// Reads the events since `since`, or since the last poll.
    ///
    /// # Errors
    /// Stripe's or the database's; then the next poll begins where this one did.
    pub(super) async fn poll(&self, since: Option<At>) -> Result<usize, Trouble> {
        let (account, now) = (self.account_id().await?.to_owned(), self.clock.now());
        let begins = match since {
            Some(since) => since,
            None => {
                let account = account.clone();
                let read_to = self.db.read(move |db| Ok::<_, Error>(cursors::read_to(db, &account, EVENTS)?)).await?;
                read_to.map_or(now - FIRST_POLL, |read_to| read_to - OVERLAP)
            }
        };
        let (mut new, mut newest) = (0, None);
        for kinds in LISTS {
            let mut listing = Listing { since: Some(begins), after: None, limit: 100 };
            loop {
                let page = self.api.events(kinds, &listing).await?;
                newest = newest.max(page.items.iter().map(|event| event.created_at).max());
                listing.after = page.items.last().map(|event| event.id.clone());
                new += self.take_events(page.items).await?;
                if !page.more || listing.after.is_none() {
                    break;
                }
            }
        }
        if let Some(newest) = newest {
            self.db.write(move |db| Ok::<_, Error>(cursors::advance(db, &account, EVENTS, newest)?)).await?;
        }
        if new > 0 {
            tracing::info!(new, "events that no webhook had told");
            self.ring();
        }
        Ok(new)
    }

    async fn take_events(&self, heads: Vec<EventHead>) -> Result<usize, Error> {
        let (livemode, now) = (self.livemode, self.clock.now());
        self.db
            .write(move |db| {
                let mut new = 0;
                for head in &heads {
                    new += usize::from(inbox::polled(db, head, livemode, now)? != inbox::Received::Repeated);
                }
                Ok::<_, Error>(new)
            })
            .await
    }
}

/// Payments to be looked at for their balance transactions: a minute after the charge, then whenever a quarter of the
/// charge's age has gone by since the last look.
fn unsettled(db: &mut Db, now: At) -> QueryResult<Vec<String>> {
    let rows = mirror::unsettled(db, now - UNSETTLED_FOR, AT_ONCE)?;
    let is_due = |(_, charged, seen): &(String, At, At)| now - *seen >= UNSETTLED_FOR.max((now - *charged) / 4);
    Ok(rows.into_iter().filter(is_due).map(|(payment, ..)| payment).collect())
}

/// Refunds that a bank still works at: after an hour, then whenever a quarter of the refund's age has gone by since the last
/// look. No feature waits for them, so a lost webhook would leave them pending for ever.
fn on_their_way(db: &mut Db, now: At) -> QueryResult<Vec<String>> {
    let rows = mirror::refunds_on_their_way(db, now - PENDING_FOR, AT_ONCE)?;
    let is_due = |(_, made, seen): &(String, At, At)| now - *seen >= PENDING_FOR.max((now - *made) / 4);
    Ok(rows.into_iter().filter(is_due).map(|(refund, ..)| refund).collect())
}

/// Payouts that should be at the bank, or whose lines Stripe has not named yet: after an hour, then whenever a quarter of
/// the payout's age has gone by since the last look.
fn not_arrived(db: &mut Db, livemode: bool, now: At) -> QueryResult<Vec<String>> {
    let rows = mirror::payouts_on_their_way(db, livemode, Day(now.0.date_naive()), now - PENDING_FOR, AT_ONCE)?;
    let is_due = |(_, made, seen): &(String, At, At)| now - *seen >= PENDING_FOR.max((now - *made) / 4);
    Ok(rows.into_iter().filter(is_due).map(|(payout, ..)| payout).collect())
}
