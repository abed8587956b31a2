//! `stripe sync`: walks all that Stripe has and looks at each, so that the books are right even if no webhook ever came.

use std::time::Duration;

use diesel::prelude::*;
use serde::Serialize;

use super::balance::{BalanceSum, Reach};
use super::model::{EventState, Source};
use super::trouble::Trouble;
use super::{Payments, inbox};
use crate::db::Db;
use crate::db::schema::payment_events;
use crate::error::Error;
use crate::stripe::{Failure, Listed, Listing, ObjectKind};
use crate::values::At;

/// What a walk came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SyncReport {
    /// Objects that were looked at, what followed from them included.
    pub looked_at: i64,
    pub booked: i64,
    pub ignored: i64,
    pub failed: i64,
    /// Could not be looked at yet: they are tried again by `serve` or `worker`.
    pub waiting: i64,
    /// Lines of the balance that were read.
    pub lines: usize,
    /// What Stripe says is on the balance, beside what the lines here sum up to.
    pub balances: Vec<BalanceSum>,
}

/// How far a walk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Objects listed so far.
    Listing(usize),
    /// Rows that still wait.
    Looking(i64),
    /// Lines of the balance read so far.
    Balance(usize),
}

impl Payments {
    /// Walks all lists, looks at everything that was made since `since` (or ever), and waits until all is done: by this
    /// process if it is a node, else by the one that is.
    ///
    /// # Errors
    /// When Stripe's lists cannot be read or the database is away.
    pub async fn sync(&self, since: Option<At>) -> anyhow::Result<SyncReport> {
        self.sync_telling(since, &mut |_| {}).await
    }

    /// [`Payments::sync`], telling how far it is.
    ///
    /// # Errors
    /// As [`Payments::sync`].
    pub async fn sync_telling(
        &self,
        since: Option<At>,
        tell: &mut (dyn FnMut(Stage) + Send),
    ) -> anyhow::Result<SyncReport> {
        let before = self.db.read(|db| Ok::<_, Error>(newest_row(db)?)).await?;
        let mut listed = 0;
        // Parents first, though the observers take any order.
        for kind in [
            ObjectKind::Checkout,
            ObjectKind::Subscription,
            ObjectKind::Invoice,
            ObjectKind::Payment,
            ObjectKind::Refund,
            ObjectKind::Payout,
        ] {
            self.walk(kind, since, &mut listed, tell).await?;
        }
        // Stripe keeps events for 30 days.
        let events_since = since.unwrap_or_else(|| self.clock.now() - chrono::Duration::days(30));
        self.poll(Some(events_since)).await.map_err(in_words)?;
        self.all_looked_at(before, tell).await?;
        // Only now, so that what the lines are about is known, and not looked at once more for their sake.
        let reach = since.map_or(Reach::Everything, Reach::Since);
        let read = self.read_balance(reach, &mut |lines| tell(Stage::Balance(lines))).await.map_err(in_words)?;
        let report = self.all_looked_at(before, tell).await?;
        Ok(SyncReport { lines: read.lines, balances: read.sums, ..report })
    }

    /// Waits until every row that is due is done, by this process or by the one that works.
    async fn all_looked_at(&self, before: i64, tell: &mut (dyn FnMut(Stage) + Send)) -> anyhow::Result<SyncReport> {
        self.ring();
        loop {
            if self.node.id().is_some() {
                self.drain().await?;
            }
            let now = self.clock.now();
            let (due, leased, report) = self.db.read(move |db| Ok::<_, Error>(count(db, before, now)?)).await?;
            if due == 0 && leased == 0 {
                return Ok(report);
            }
            tell(Stage::Looking(due + leased));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Writes a look at everything in one list.
    async fn walk(
        &self,
        kind: ObjectKind,
        since: Option<At>,
        listed: &mut usize,
        tell: &mut (dyn FnMut(Stage) + Send),
    ) -> anyhow::Result<()> {
        let mut listing = Listing { since, after: None, limit: 100 };
        loop {
            let (ids, more) = self.page(kind, &listing).await.map_err(|failure| in_words(failure.into()))?;
            *listed += ids.len();
            tell(Stage::Listing(*listed));
            listing.after = ids.last().cloned();
            let now = self.clock.now();
            self.db
                .write(move |db| {
                    for id in &ids {
                        inbox::look(db, kind, id, Source::Sync, now)?;
                    }
                    Ok::<_, Error>(())
                })
                .await?;
            if !more || listing.after.is_none() {
                return Ok(());
            }
        }
    }

    /// The ids of a page, and whether there is another.
    async fn page(&self, kind: ObjectKind, listing: &Listing) -> Result<(Vec<String>, bool), Failure> {
        fn ids<T>(page: Listed<T>, id: impl Fn(T) -> String) -> (Vec<String>, bool) {
            (page.items.into_iter().map(id).collect(), page.more)
        }
        Ok(match kind {
            ObjectKind::Checkout => ids(self.api.checkouts(listing).await?, |it| it.id),
            ObjectKind::Payment => ids(self.api.payments(listing).await?, |it| it.id),
            ObjectKind::Refund => ids(self.api.refunds(listing).await?, |it| it.id),
            ObjectKind::Subscription => ids(self.api.subscriptions(listing).await?, |it| it.id),
            ObjectKind::Invoice => ids(self.api.invoices(listing).await?, |it| it.id),
            ObjectKind::Payout => ids(self.api.payouts(listing).await?, |it| it.id),
        })
    }
}

fn in_words(trouble: Trouble) -> anyhow::Error {
    anyhow::anyhow!("{}", trouble.words())
}

fn newest_row(db: &mut Db) -> QueryResult<i64> {
    let newest = payment_events::table.select(payment_events::id).order(payment_events::id.desc());
    Ok(newest.first(db).optional()?.unwrap_or(0))
}

/// What is due, what is being looked at, and how those stand that were written after `before`.
fn count(db: &mut Db, before: i64, now: At) -> QueryResult<(i64, i64, SyncReport)> {
    let ours = payment_events::table.filter(payment_events::id.gt(before));
    let pending = || ours.filter(payment_events::state.eq(EventState::Pending));
    let due = pending().filter(payment_events::lease.is_null()).filter(payment_events::next_at.le(now));
    let (due, leased): (i64, i64) =
        (due.count().get_result(db)?, pending().filter(payment_events::lease.is_not_null()).count().get_result(db)?);
    let mut report = SyncReport::default();
    for state in EventState::ALL {
        let rows: i64 = ours.filter(payment_events::state.eq(*state)).count().get_result(db)?;
        match state {
            EventState::Pending => report.waiting = rows,
            EventState::Done => report.booked = rows,
            EventState::Ignored => report.ignored = rows,
            EventState::Failed => report.failed = rows,
        }
    }
    report.looked_at = report.booked + report.ignored + report.failed;
    Ok((due, leased, report))
}
