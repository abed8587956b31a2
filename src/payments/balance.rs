//! The balance itself: every line of it, whoever caused it, and whether the lines sum up to what Stripe says is there.

use chrono::Duration;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use serde::Serialize;

use super::trouble::Trouble;
use super::{Payments, Source, cursors, mirror, sources};
use crate::db::schema::stripe_balances;
use crate::db::{Both, Db};
use crate::error::Error;
use crate::stripe::{BalanceTransaction, Listing};
use crate::values::{At, Currency, Money};

/// The name of the turn.
pub(super) const TURN: &str = "balance";
pub(super) const READ_EVERY: Duration = Duration::minutes(10);
/// Each reading begins that much before the newest line known: lines may be listed later than they were made.
const OVERLAP: Duration = Duration::hours(1);
/// What older lines are about is for `stripe sync` to look at: an account with years of other sales would keep gifts waiting.
const SOURCES_OF: Duration = Duration::days(30);
/// A line may come between two questions: so often is asked before a difference is believed.
const MOST_QUESTIONS: usize = 3;

/// How much of the balance is read. Without a reading before, everything, or its sum could never be right.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reach {
    Everything,
    Since(At),
    /// What came since the last reading.
    New,
}

/// What a reading came to.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub lines: usize,
    pub sums: Vec<BalanceSum>,
}

/// What Stripe says is on the balance in a currency, and the sum of the lines here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BalanceSum {
    pub currency: Currency,
    pub minor: i64,
    pub mirrored_minor: i64,
}

impl BalanceSum {
    pub fn fits(&self) -> bool {
        self.minor == self.mirrored_minor
    }
}

impl Payments {
    /// Reads the balance, at most every ten minutes over all processes, and at once after something was heard of a payout.
    /// Answers whether it was time.
    ///
    /// # Errors
    /// Stripe's or the database's, in words.
    pub async fn read_balance_when_due(&self) -> anyhow::Result<bool> {
        let now = self.clock.now();
        let due = self.db.write(move |db| Ok::<_, Error>(cursors::take_turn(db, TURN, READ_EVERY, now)?)).await?;
        if due {
            let read = self.read_balance(Reach::New, &mut |_| {}).await;
            read.map_err(|trouble| anyhow::anyhow!("{}", trouble.words()))?;
        }
        Ok(due)
    }

    /// Reads lines, then compares their sum with what Stripe says is there. `tell` hears how many lines were read so far.
    ///
    /// # Errors
    /// Stripe's or the database's; the next reading begins where this one did.
    pub(super) async fn read_balance(
        &self,
        reach: Reach,
        tell: &mut (dyn FnMut(usize) + Send),
    ) -> Result<Reading, Trouble> {
        let lines = self.read_lines(reach, tell).await?;
        for question in 1.. {
            let told = self.api.balance().await?;
            let (account, livemode, now) = (self.account_id().await?.to_owned(), self.livemode, self.clock.now());
            let last = question >= MOST_QUESTIONS;
            let compared = self.db.write(move |db| {
                let sums = beside(told, &summed_up(db, &account, livemode)?);
                let believed = last || sums.iter().all(BalanceSum::fits);
                if believed {
                    keep(db, &sums, (&account, livemode), now)?;
                }
                Ok::<_, Error>(believed.then_some(sums))
            });
            if let Some(sums) = compared.await? {
                return Ok(Reading { lines, sums });
            }
            self.read_lines(Reach::New, &mut |_| {}).await?;
        }
        Err(Trouble::Busy)
    }

    async fn read_lines(&self, reach: Reach, tell: &mut (dyn FnMut(usize) + Send)) -> Result<usize, Trouble> {
        let (account, livemode, now) = (self.account_id().await?.to_owned(), self.livemode, self.clock.now());
        let of = account.clone();
        let begins = self.db.read(move |db| Ok::<_, Error>(begins(db, &of, livemode, reach, now)?)).await?;
        let sources_since = match reach {
            Reach::Everything => None,
            Reach::Since(since) => Some(since),
            Reach::New => Some(now - SOURCES_OF),
        };
        let mut listing = Listing { since: begins, after: None, limit: 100 };
        let (mut read, mut newest) = (0, None);
        loop {
            let page = self.api.balance_transactions(&listing, None).await?;
            read += page.items.len();
            tell(read);
            newest = newest.max(page.items.iter().map(|line| line.created_at).max());
            listing.after = page.items.last().map(|line| line.id.clone());
            self.take_lines(page.items, &account, sources_since).await?;
            if !page.more || listing.after.is_none() {
                break;
            }
        }
        if let Some(newest) = newest {
            self.db.write(move |db| Ok::<_, Error>(cursors::advance(db, &account, list(livemode), newest)?)).await?;
        }
        Ok(read)
    }

    async fn take_lines(
        &self,
        lines: Vec<BalanceTransaction>,
        account: &str,
        sources_since: Option<At>,
    ) -> Result<(), Error> {
        let (account, livemode, now) = (account.to_owned(), self.livemode, self.clock.now());
        let looks = self.db.write(move |db| {
            mirror::write_lines(db, &lines, &account, livemode, now)?;
            Ok::<_, Error>(sources::look(db, &lines, sources_since, Source::Poll, now)?)
        });
        let looks = looks.await?;
        if looks > 0 {
            tracing::info!(looks, "lines of the balance about something that nobody had told of");
            self.ring();
        }
        Ok(())
    }
}

/// An account has a balance in each mode.
fn list(livemode: bool) -> &'static str {
    if livemode { "balance" } else { "balance_test" }
}

/// The time from which lines are read; none: from the first.
fn begins(db: &mut Db, account: &str, livemode: bool, reach: Reach, now: At) -> QueryResult<Option<At>> {
    let Some(read_to) = cursors::read_to(db, account, list(livemode))? else { return Ok(None) };
    let known = read_to - OVERLAP;
    Ok(match reach {
        Reach::Everything => None,
        Reach::Since(since) => Some(known.min(since)),
        Reach::New => {
            // Nothing tells that a line became available. (Stripe's time is ahead of ours in the sandbox.)
            let waiting = mirror::oldest_to_become_available(db, account, livemode, now.max(read_to))?;
            Some(waiting.map_or(known, |made| known.min(made)))
        }
    })
}

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = Text)]
    currency: Currency,
    #[diesel(sql_type = BigInt)]
    sum: i64,
}

fn summed_up(db: &mut Db, account: &str, livemode: bool) -> QueryResult<Vec<Money>> {
    let sql = "SELECT currency, CAST(SUM(net_minor) AS BIGINT) AS sum FROM balance_transactions \
               WHERE account = $1 AND livemode = $2 GROUP BY currency ORDER BY currency";
    let sums: Vec<Sum> = diesel::sql_query(sql).bind::<Text, _>(account).bind::<Bool, _>(livemode).load(db)?;
    Ok(sums.into_iter().map(|sum| Money::new(sum.sum, sum.currency)).collect())
}

/// Every currency that either side has. Where one is silent, it means nothing.
fn beside(told: Vec<Money>, mirrored: &[Money]) -> Vec<BalanceSum> {
    let of = |money: &[Money], currency: &Currency| {
        money.iter().find(|money| money.currency == *currency).map_or(0, |money| money.minor)
    };
    let mut sums: Vec<BalanceSum> = Vec::new();
    for Money { currency, .. } in told.iter().chain(mirrored) {
        if !sums.iter().any(|sum| sum.currency == *currency) {
            let (minor, mirrored_minor) = (of(&told, currency), of(mirrored, currency));
            sums.push(BalanceSum { currency: currency.clone(), minor, mirrored_minor });
        }
    }
    sums
}

fn keep(db: &mut Db, sums: &[BalanceSum], (account, livemode): (&str, bool), now: At) -> QueryResult<()> {
    for sum in sums {
        let row = stripe_balances::table.find((account, livemode, sum.currency.as_str()));
        let columns = (stripe_balances::minor, stripe_balances::mirrored_minor);
        let before: Option<(i64, i64)> = row.select(columns).first(db).optional()?;
        // Once for each difference, not every ten minutes.
        if !sum.fits() && before.is_none_or(|(minor, mirrored)| minor - mirrored != sum.minor - sum.mirrored_minor) {
            let (currency, stripe, here) = (sum.currency.as_str(), sum.minor, sum.mirrored_minor);
            tracing::warn!(currency, stripe, here, "the balance at Stripe is not the sum of its lines here");
        }
        let values = (
            stripe_balances::minor.eq(sum.minor),
            stripe_balances::mirrored_minor.eq(sum.mirrored_minor),
            stripe_balances::asked_at.eq(now),
        );
        let key = (
            stripe_balances::account.eq(account),
            stripe_balances::livemode.eq(livemode),
            stripe_balances::currency.eq(sum.currency.as_str()),
        );
        let insert = diesel::insert_into(stripe_balances::table).values((key, values));
        let known = (stripe_balances::account, stripe_balances::livemode, stripe_balances::currency);
        Both(insert.on_conflict(known).do_update().set(values)).execute(db)?;
    }
    Ok(())
}
