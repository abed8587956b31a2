//! Finding what no webhook told: objects that a feature waits for, charges without their line of the balance, and
//! Stripe's own list of events.

use std::sync::Arc;
use std::time::Duration as Wait;

use chrono::Duration;
use diesel::prelude::*;
use tokio::sync::watch;

use super::model::Source;
use super::trouble::Trouble;
use super::{Payments, inbox, mirror, store};
use crate::db::schema::stripe_cursors;
use crate::db::{Both, Db};
use crate::error::Error;
use crate::stripe::{EventHead, Listing, ObjectKind};
use crate::values::At;

const SWEEP_EVERY: Duration = Duration::seconds(30);
const POLL_EVERY: Duration = Duration::minutes(10);
/// Each poll begins that much before the newest event known: events are not listed in the order of their times.
const OVERLAP: Duration = Duration::hours(1);
/// What a first poll goes back; more is for `stripe sync`.
const FIRST_POLL: Duration = Duration::hours(24);
/// The balance's line comes seconds after the charge, as a rule.
const UNSETTLED_FOR: Duration = Duration::minutes(1);
/// A refund is at the bank for days, as a rule.
const PENDING_FOR: Duration = Duration::hours(1);
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
        let (observers, now) = (self.observers.clone(), self.clock.now());
        let looks = self.db.write(move |db| {
            if !take_turn(db, "sweep", SWEEP_EVERY, now)? {
                return Ok(0);
            }
            let mut objects = Vec::new();
            for observer in &observers {
                objects.extend(observer.overdue(db, now)?);
            }
            objects.extend(unsettled(db, now)?.into_iter().map(|id| (ObjectKind::Payment, id)));
            objects.extend(on_their_way(db, now)?.into_iter().map(|id| (ObjectKind::Refund, id)));
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

    /// Reads Stripe's list of events, at most every ten minutes over all processes, or now. Answers how many were new.
    ///
    /// # Errors
    /// Stripe's or the database's.
    pub(super) async fn poll_when_due(&self, at_once: bool) -> Result<usize, Trouble> {
        let now = self.clock.now();
        let due = self.db.write(move |db| Ok::<_, Error>(take_turn(db, "poll", POLL_EVERY, now)?)).await?;
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
                let read_to = self.db.read(move |db| Ok::<_, Error>(cursor(db, &account)?)).await?;
                read_to.map_or(now - FIRST_POLL, |read_to| read_to - OVERLAP)
            }
        };
        let mut listing = Listing { since: Some(begins), after: None, limit: 100 };
        let (mut new, mut newest) = (0, None);
        loop {
            let page = self.api.events(&listing).await?;
            newest = newest.max(page.items.iter().map(|event| event.created_at).max());
            listing.after = page.items.last().map(|event| event.id.clone());
            new += self.take_events(page.items).await?;
            if !page.more || listing.after.is_none() {
                break;
            }
        }
        if let Some(newest) = newest {
            self.db.write(move |db| Ok::<_, Error>(move_cursor(db, &account, newest)?)).await?;
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

/// Whether something that is done every so often over all processes is due; if so, it is the caller's turn.
fn take_turn(db: &mut Db, name: &str, every: Duration, now: At) -> QueryResult<bool> {
    // Turns are kept beside the cursors, under no account.
    let insert = diesel::insert_into(stripe_cursors::table).values((
        stripe_cursors::account.eq(""),
        stripe_cursors::list.eq(name),
        stripe_cursors::read_to.eq(now - every),
    ));
    Both(insert.on_conflict_do_nothing()).execute(db)?;
    let turn = stripe_cursors::table.filter(stripe_cursors::account.eq("")).filter(stripe_cursors::list.eq(name));
    let due = turn.filter(stripe_cursors::read_to.le(now - every));
    Ok(diesel::update(due).set(stripe_cursors::read_to.eq(now)).execute(db)? > 0)
}

fn cursor(db: &mut Db, account: &str) -> QueryResult<Option<At>> {
    stripe_cursors::table.find((account, "events")).select(stripe_cursors::read_to).first(db).optional()
}

/// Forward only.
fn move_cursor(db: &mut Db, account: &str, read_to: At) -> QueryResult<()> {
    let insert = diesel::insert_into(stripe_cursors::table).values((
        stripe_cursors::account.eq(account),
        stripe_cursors::list.eq("events"),
        stripe_cursors::read_to.eq(read_to),
    ));
    Both(insert.on_conflict_do_nothing()).execute(db)?;
    let row = stripe_cursors::table.filter(stripe_cursors::account.eq(account));
    let behind = row.filter(stripe_cursors::list.eq("events")).filter(stripe_cursors::read_to.lt(read_to));
    diesel::update(behind).set(stripe_cursors::read_to.eq(read_to)).execute(db).map(drop)
}
