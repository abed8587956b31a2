//! An organisation with payouts at Stripe and statements of its bank.

use std::sync::Arc;

use diesel::prelude::*;
use pledgepost::app::App;
use pledgepost::audit::{self, Actor};
use pledgepost::config::Config;
use pledgepost::db::{Db, schema};
use pledgepost::error::Error;
use pledgepost::finance::bank::{self, Account, Imported, LineFilter, LineRow, Matcher, Suggestion};
use pledgepost::finance::{BankLine, Match};
use pledgepost::installation::MadeBy;
use pledgepost::payments::{Observed, Observer, Seen, Verdict};
use pledgepost::stripe::{Payout, PayoutStatus, Reconciliation};
use pledgepost::values::{At, BankLineId, Clock, Currency, Day, Money, PageRequest};

use super::app::START;
use super::{Backend, TestDb};

pub struct BankStage {
    pub app: Arc<App>,
    _db: TestDb,
}

impl BankStage {
    pub fn new(backend: Backend) -> Self {
        let db = TestDb::new(backend);
        let config = Config::demo(&db.url, 1).unwrap();
        let app = App::build(config, Clock::fake(At::from_micros(START)), MadeBy::Serve).unwrap();
        Self { app, _db: db }
    }
    pub fn now(&self) -> At {
        self.app.clock.now()
    }
    pub fn actor() -> Actor {
        Actor::command_line()
    }
    pub fn try_write<T>(&self, work: impl FnOnce(&mut Db) -> Result<T, Error>) -> Result<T, Error> {
        self.app.db.write_here(work)
    }
    pub fn write<T>(&self, work: impl FnOnce(&mut Db) -> Result<T, Error>) -> T {
        self.try_write(work).unwrap()
    }

    pub fn try_import(&self, file: impl AsRef<[u8]>, account: &str) -> Result<Imported, Error> {
        let now = self.now();
        let account = Account::Named(account);
        self.try_write(|db| bank::import(db, file.as_ref(), "march.xml", account, false, &Self::actor(), now))
    }
    pub fn import(&self, file: impl AsRef<[u8]>) -> Imported {
        self.try_import(file, "Main").unwrap()
    }
    /// What is said of a file that is not taken; asserts that nothing was changed.
    #[track_caller]
    pub fn refused(&self, file: impl AsRef<[u8]>, account: &str) -> String {
        let before = self.counts();
        let error = self.try_import(file, account).unwrap_err();
        assert_eq!(self.counts(), before, "something was changed");
        assert!(matches!(error, Error::Invalid(_)), "{error:?}");
        error.to_string()
    }
    /// Rows of accounts, statements, lines, matches and the audit.
    pub fn counts(&self) -> [i64; 5] {
        use schema::{audit_entries, bank_accounts, bank_lines, bank_statements, matches};
        self.write(|db| {
            Ok([
                bank_accounts::table.count().get_result(db)?,
                bank_statements::table.count().get_result(db)?,
                bank_lines::table.count().get_result(db)?,
                matches::table.count().get_result(db)?,
                audit_entries::table.count().get_result(db)?,
            ])
        })
    }

    /// In their order in the bank's account.
    pub fn lines(&self) -> Vec<LineRow> {
        let mut rows = self.write(|db| Ok(bank::lines(db, &LineFilter::default(), PageRequest::new(None, 500))?.rows));
        rows.sort_by_key(|row| row.line.id);
        rows
    }
    /// The line with this amount.
    #[track_caller]
    pub fn line(&self, minor: i64) -> LineRow {
        let mut rows = self.lines().into_iter().filter(|row| row.line.amount_minor == minor);
        let found = rows.next().expect("a line with this amount");
        assert!(rows.next().is_none(), "several lines with this amount");
        found
    }
    /// Which payouts hold which lines: `po_1 paid 97.52`.
    pub fn matched(&self) -> Vec<String> {
        let rows = self.lines();
        let said = |line: &BankLine, each: &Match| format!("{} {} {}", each.payout, each.leg, line.amount().decimal());
        let mut all: Vec<String> =
            rows.iter().flat_map(|row| row.matches.iter().map(|each| said(&row.line, each))).collect();
        all.sort();
        all
    }
    pub fn suggestions(&self, minor: i64) -> Vec<Suggestion> {
        let line = self.line(minor).line;
        self.write(|db| Ok(bank::suggestions(db, false, &line)?))
    }
    pub fn by_hand(&self, line: BankLineId, payouts: &[&str]) -> Result<(), Error> {
        let (payouts, now) = (payouts.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>(), self.now());
        self.try_write(|db| bank::match_by_hand(db, false, line, &payouts, "seen on paper", &Self::actor(), now))
    }
    pub fn by_rule(&self) -> usize {
        let now = self.now();
        self.write(|db| Ok(bank::match_by_rule(db, false, now)?))
    }
    pub fn undo(&self, minor: i64, note: &str) -> Result<(), Error> {
        let (id, now) = (self.line(minor).matches[0].id, self.now());
        self.try_write(|db| bank::undo(db, id, note, &Self::actor(), now))
    }
    /// What the audit says of a line, oldest first.
    pub fn audit(&self, line: BankLineId) -> Vec<String> {
        let page = PageRequest::new(None, 100);
        let rows = self.write(|db| Ok(audit::list(db, Some(("bank line", line.0)), page)?.rows));
        rows.iter().rev().map(|entry| format!("{} {}: {}", entry.actor, entry.action, entry.detail)).collect()
    }

    /// A payout in the mirror, in euros and test money.
    pub fn payout(&self, id: &str, minor: i64, arrives: &str, status: PayoutStatus) {
        self.mirrored(&payout(id, minor, arrives, status));
    }
    pub fn mirrored(&self, payout: &Payout) {
        use schema::stripe_payouts as p;
        let now = self.now();
        self.write(|db| {
            diesel::delete(
                p::table
                    .filter(p::id.eq(&payout.id))
                    .filter(p::id.ne_all(schema::matches::table.select(schema::matches::payout).load::<String>(db)?)),
            )
            .execute(db)?;
            let changed = diesel::update(p::table.filter(p::id.eq(&payout.id)))
                .set((p::status.eq(payout.status), p::failure.eq(payout.failure.clone())))
                .execute(db)?;
            if changed > 0 {
                return Ok(());
            }
            diesel::insert_into(p::table)
                .values((
                    p::id.eq(&payout.id),
                    p::account.eq("acct_seed"),
                    p::livemode.eq(payout.livemode),
                    p::status.eq(payout.status),
                    p::amount_minor.eq(payout.amount.minor),
                    p::currency.eq(payout.amount.currency.clone()),
                    p::automatic.eq(true),
                    p::reconciliation.eq(payout.reconciliation),
                    p::arrives_on.eq(payout.arrives_on),
                    p::trace.eq(payout.trace.clone()),
                    p::descriptor.eq(payout.descriptor.clone()),
                    p::failure.eq(payout.failure.clone()),
                    p::created_at.eq(now),
                    p::mirrored_at.eq(now),
                ))
                .execute(db)?;
            Ok(())
        });
    }
    /// Stripe says it, as `payments` lets the observers hear of it.
    pub fn sees(&self, payout: &Payout) -> String {
        self.mirrored(payout);
        let seen = Seen { account: "acct_seed", now: self.now() };
        match self.write(|db| Matcher.observe(db, &Observed::Payout(payout.clone()), &seen)) {
            Verdict::Booked(words) => words,
            other => panic!("{other:?}"),
        }
    }
}

pub fn payout(id: &str, minor: i64, arrives: &str, status: PayoutStatus) -> Payout {
    Payout {
        id: id.into(),
        amount: Money::new(minor, Currency::eur()),
        status,
        automatic: true,
        reconciliation: Reconciliation::Completed,
        arrives_on: Day::parse(arrives).unwrap(),
        trace: None,
        descriptor: None,
        failure: (status == PayoutStatus::Failed).then(|| "account_closed".into()),
        balance: None,
        failure_balance: None,
        original: None,
        reversed_by: None,
        created_at: At::from_micros(START),
        livemode: false,
        lines: None,
    }
}
