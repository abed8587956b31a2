//! Rows of the money, inserted as they are: donations with their charges, lines of Stripe's balance, payouts, bank
//! statements and matches; so that each can be wrong, too.

use diesel::prelude::*;
use pledgepost::db::schema;
use pledgepost::db::{Database, Db};
use pledgepost::values::{
    At, BankAccountId, BankLineId, BankStatementId, DonationId, DonorId, FundId, JournalAccountId, MatchId,
};

pub use super::money_rows::{Line, Payout};

pub const ACCOUNT: &str = "acct_books";

/// What is at Stripe and at the bank, in test money. Clones write to the same database.
#[derive(Clone)]
pub struct Till {
    pub db: Database,
    /// When things happen, unless they say otherwise.
    pub now: At,
}

/// A paid donation with its ids at Stripe.
#[derive(Debug, Clone)]
pub struct Given {
    pub donation: DonationId,
    pub fund: FundId,
    pub payment: String,
    pub charge: String,
    pub line: String,
}

impl Till {
    pub fn new(db: &Database, now: At) -> Self {
        Self { db: db.clone(), now }
    }
    pub fn at(&self, now: At) -> Self {
        Self { now, ..self.clone() }
    }
    pub fn write<T>(&self, work: impl FnOnce(&mut Db) -> QueryResult<T>) -> T {
        self.db.write_here(|db| work(db).map_err(pledgepost::error::Error::from)).unwrap()
    }

    /// A fund of that slug, made when it is not there.
    pub fn fund(&self, slug: &str) -> FundId {
        use schema::funds as f;
        self.write(|db| {
            if let Some(id) = f::table.filter(f::slug.eq(slug)).select(f::id).first(db).optional()? {
                return Ok(id);
            }
            let row = (f::slug.eq(slug), f::is_default.eq(false), f::created_at.eq(self.now));
            let id: FundId = diesel::insert_into(f::table).values(row).returning(f::id).get_result(db)?;
            use schema::fund_names as n;
            let name = (n::fund_id.eq(id), n::language.eq("en"), n::name.eq(slug), n::description.eq(""));
            diesel::insert_into(n::table).values(name).execute(db)?;
            Ok(id)
        })
    }

    fn donor(&self) -> DonorId {
        use schema::donors as d;
        self.write(|db| {
            if let Some(id) = d::table.filter(d::email_key.eq("ana@example.org")).select(d::id).first(db).optional()? {
                return Ok(id);
            }
            let row = (
                d::email.eq("ana@example.org"),
                d::email_key.eq("ana@example.org"),
                d::name.eq("Ana"),
                d::language.eq("en"),
                d::created_at.eq(self.now),
                d::updated_at.eq(self.now),
            );
            diesel::insert_into(d::table).values(row).returning(d::id).get_result(db)
        })
    }

    /// A donation of the test money, with the payment `pi_{name}`; `state` may be any.
    pub fn donation(&self, name: &str, minor: i64, currency: &str, state: &str) -> DonationId {
        use schema::donations as d;
        let (fund, donor) = (self.fund("relief"), self.donor());
        self.write(|db| {
            let row = (
                d::state.eq(state.parse::<pledgepost::donations::DonationState>().unwrap()),
                d::donor_id.eq(Some(donor)),
                d::fund_id.eq(fund),
                d::amount_minor.eq(minor),
                d::currency.eq(currency),
                d::email.eq("ana@example.org"),
                d::email_key.eq("ana@example.org"),
                d::name.eq("Ana"),
                d::language.eq("en"),
                d::test.eq(true),
                d::account.eq(Some(ACCOUNT)),
                d::payment.eq(Some(format!("pi_{name}"))),
                d::looks.eq(0_i64),
                d::paid_at.eq((state == "paid").then_some(self.now)),
                d::created_at.eq(self.now),
                d::updated_at.eq(self.now),
            );
            diesel::insert_into(d::table).values(row).returning(d::id).get_result(db)
        })
    }

    /// The charge `ch_{name}` of the payment `pi_{name}`, with the line `txn_{name}`.
    pub fn charge(&self, name: &str, minor: i64, currency: &str) -> String {
        use schema::stripe_charges as c;
        let id = format!("ch_{name}");
        self.write(|db| {
            let row = (
                c::id.eq(&id),
                c::account.eq(ACCOUNT),
                c::payment.eq(format!("pi_{name}")),
                c::amount_minor.eq(minor),
                c::currency.eq(currency),
                c::succeeded.eq(true),
                c::method.eq(Some("card")),
                c::balance_transaction.eq(Some(format!("txn_{name}"))),
                c::created_at.eq(self.now),
                c::mirrored_at.eq(self.now),
            );
            diesel::insert_into(c::table).values(row).execute(db).map(|_| id.clone())
        })
    }

    /// A paid donation in euros with its charge and its line: `pi_{name}`, `ch_{name}`, `txn_{name}`.
    pub fn gift(&self, name: &str, minor: i64, fee: i64) -> Given {
        let donation = self.donation(name, minor, "EUR", "paid");
        let charge = self.charge(name, minor, "EUR");
        let line = format!("txn_{name}");
        self.line(Line::of(&line, "charge", minor).fee(fee).source(&charge));
        Given { donation, fund: self.fund("relief"), payment: format!("pi_{name}"), charge, line }
    }

    /// A refund of a gift, here and at Stripe: `re_{name}`, line `txn_re_{name}`.
    pub fn refund(&self, given: &Given, name: &str, minor: i64) -> String {
        use schema::{refunds as r, stripe_refunds as s};
        let id = format!("re_{name}");
        self.write(|db| {
            let row = (
                r::donation_id.eq(given.donation),
                r::state.eq(pledgepost::donations::RefundState::Succeeded),
                r::amount_minor.eq(minor),
                r::currency.eq("EUR"),
                r::reason.eq("asked for it"),
                r::stripe_refund.eq(Some(&id)),
                r::created_at.eq(self.now),
                r::updated_at.eq(self.now),
            );
            diesel::insert_into(r::table).values(row).execute(db)?;
            let row = (
                s::id.eq(&id),
                s::account.eq(ACCOUNT),
                s::payment.eq(Some(&given.payment)),
                s::charge.eq(Some(&given.charge)),
                s::amount_minor.eq(minor),
                s::currency.eq("EUR"),
                s::status.eq("succeeded"),
                s::balance_transaction.eq(Some(format!("txn_{id}"))),
                s::created_at.eq(self.now),
                s::mirrored_at.eq(self.now),
            );
            diesel::insert_into(s::table).values(row).execute(db)
        });
        self.line(Line::of(&format!("txn_{id}"), "refund", -minor).source(&id));
        id
    }

    /// The refund fails at the bank: its money is here again, line `txn_back_{refund}`.
    pub fn refund_fails(&self, refund: &str, minor: i64) {
        use schema::refunds as r;
        self.write(|db| {
            let failed = r::state.eq(pledgepost::donations::RefundState::Failed);
            diesel::update(r::table.filter(r::stripe_refund.eq(refund))).set(failed).execute(db)
        });
        self.line(Line::of(&format!("txn_back_{refund}"), "refund_failure", minor).source(refund));
    }

    pub fn line(&self, line: Line) -> String {
        use schema::balance_transactions as b;
        let at = line.at.unwrap_or(self.now);
        let details = line.fee_details.clone().unwrap_or_else(|| match line.fee {
            0 => "[]".into(),
            fee => serde_json::json!([{"kind": "stripe_fee", "amount_minor": fee, "currency": line.currency, "description": null}])
                .to_string(),
        });
        self.write(|db| {
            let row = (
                b::id.eq(&line.id),
                b::account.eq(ACCOUNT),
                b::livemode.eq(line.livemode),
                b::status.eq("available"),
                b::currency.eq(&line.currency),
                b::amount_minor.eq(line.amount),
                b::fee_minor.eq(line.fee),
                b::net_minor.eq(line.net.unwrap_or(line.amount - line.fee)),
                b::fee_details.eq(details),
                b::kind.eq(&line.category),
                b::reporting_category.eq(&line.category),
                b::description.eq(line.description.as_deref()),
                b::source.eq(line.source.as_deref()),
                b::payout.eq(line.payout.as_deref()),
                b::available_on.eq(at),
                b::created_at.eq(at),
                b::mirrored_at.eq(at),
            );
            diesel::insert_into(b::table).values(row).execute(db)
        });
        line.id
    }

    /// A payout with its own line, and that of its failure.
    pub fn payout(&self, payout: Payout) -> String {
        use schema::stripe_payouts as p;
        let at = payout.at.unwrap_or(self.now);
        let (own, back) = (format!("txn_{}", payout.id), format!("txn_back_{}", payout.id));
        self.write(|db| {
            let row = (
                p::id.eq(&payout.id),
                p::account.eq(ACCOUNT),
                p::livemode.eq(false),
                p::status.eq(&payout.status),
                p::amount_minor.eq(payout.amount),
                p::currency.eq(&payout.currency),
                p::automatic.eq(payout.automatic),
                p::reconciliation.eq(&payout.reconciliation),
                p::arrives_on.eq(payout.arrives_on.to_string()),
                p::trace.eq(payout.trace.as_deref()),
                p::descriptor.eq(payout.descriptor.as_deref()),
                p::failure.eq(payout.failure.as_deref()),
                p::balance_transaction.eq(payout.own_line.then_some(own.as_str())),
                p::failure_balance_transaction.eq(payout.came_back.then_some(back.as_str())),
                p::created_at.eq(at),
                p::mirrored_at.eq(at),
            );
            diesel::insert_into(p::table).values(row).execute(db)
        });
        if payout.own_line {
            self.line(Line::of(&own, "payout", -payout.amount).source(&payout.id).currency(&payout.currency).at(at));
        }
        if payout.came_back {
            let back = Line::of(&back, "payout_reversal", payout.amount).source(&payout.id);
            self.line(back.currency(&payout.currency).at(at));
        }
        payout.id
    }

    /// A payout that was paid fails; its money is on the balance again.
    pub fn payout_fails(&self, id: &str) {
        use schema::stripe_payouts as p;
        let back = format!("txn_back_{id}");
        let (amount, currency): (i64, String) = self.write(|db| {
            let failed = (p::status.eq("failed"), p::failure_balance_transaction.eq(Some(&back)));
            diesel::update(p::table.find(id)).set(failed).execute(db)?;
            p::table.find(id).select((p::amount_minor, p::currency)).first(db)
        });
        self.line(Line::of(&back, "payout_reversal", amount).source(id).currency(&currency));
    }

    /// Stripe says which lines a payout took along.
    pub fn takes_along(&self, payout: &str, lines: &[&str]) {
        use schema::balance_transactions as b;
        self.write(|db| {
            let rows = b::table.filter(b::id.eq_any(lines.to_vec()));
            diesel::update(rows).set(b::payout.eq(payout)).execute(db)
        });
    }

    /// An automatic payout of those lines, whose nets it is the sum of.
    pub fn pays_out(&self, id: &str, lines: &[&str]) -> String {
        use schema::balance_transactions as b;
        let nets: Vec<i64> =
            self.write(|db| b::table.filter(b::id.eq_any(lines.to_vec())).select(b::net_minor).load(db));
        let id = self.payout(Payout::of(id, nets.iter().sum()));
        self.takes_along(&id, lines);
        id
    }

    /// What Stripe says is on the balance, beside what is here.
    pub fn stripe_says(&self, currency: &str, minor: i64, here: i64) {
        use schema::stripe_balances as s;
        self.write(|db| {
            let row = (
                s::account.eq(ACCOUNT),
                s::livemode.eq(false),
                s::currency.eq(currency),
                s::minor.eq(minor),
                s::mirrored_minor.eq(here),
                s::asked_at.eq(self.now),
            );
            diesel::insert_into(s::table).values(row).execute(db)
        });
    }

    pub fn bank_account(&self, name: &str) -> BankAccountId {
        use schema::bank_accounts as a;
        self.write(|db| {
            let row = (
                a::name.eq(name),
                a::name_key.eq(name.to_lowercase()),
                a::identification.eq(format!("DE00{}", name.to_uppercase().replace(' ', ""))),
                a::currency.eq("EUR"),
                a::created_at.eq(self.now),
            );
            diesel::insert_into(a::table).values(row).returning(a::id).get_result(db)
        })
    }

    /// A statement of one day with those lines' amounts; closing as they lead to.
    pub fn statement(
        &self,
        account: BankAccountId,
        day: &str,
        opening: i64,
        amounts: &[i64],
    ) -> (BankStatementId, Vec<BankLineId>) {
        self.statement_closing(account, day, opening, amounts, opening + amounts.iter().sum::<i64>())
    }

    pub fn statement_closing(
        &self,
        account: BankAccountId,
        day: &str,
        opening: i64,
        amounts: &[i64],
        closing: i64,
    ) -> (BankStatementId, Vec<BankLineId>) {
        use schema::{bank_lines as l, bank_statements as s};
        self.write(|db| {
            let row = (
                s::bank_account_id.eq(account),
                s::reference.eq(format!("S-{day}")),
                s::opens_on.eq(day),
                s::closes_on.eq(day),
                s::opening_minor.eq(opening),
                s::closing_minor.eq(closing),
                s::currency.eq("EUR"),
                s::content_hash.eq(format!("{account} {day} {opening} {amounts:?}")),
                s::file_name.eq(format!("{day}.xml")),
                s::imported_at.eq(self.now),
            );
            let id: BankStatementId = diesel::insert_into(s::table).values(row).returning(s::id).get_result(db)?;
            let mut lines = Vec::new();
            for (amount, position) in amounts.iter().zip(1_i64..) {
                let row = (
                    l::bank_account_id.eq(account),
                    l::statement_id.eq(id),
                    l::position.eq(position),
                    l::booked_on.eq(day),
                    l::amount_minor.eq(amount),
                    l::currency.eq("EUR"),
                    l::counterparty.eq("STRIPE"),
                    l::words.eq("PLEDGEPOST"),
                    l::set_aside_note.eq(""),
                );
                lines.push(diesel::insert_into(l::table).values(row).returning(l::id).get_result(db)?);
            }
            Ok((id, lines))
        })
    }

    /// An open match; `leg` is `paid` or `returned`.
    pub fn matched(&self, line: BankLineId, payout: &str, leg: &str) -> MatchId {
        use schema::matches as m;
        self.write(|db| {
            let row = (
                m::bank_line_id.eq(line),
                m::payout.eq(payout),
                m::leg.eq(leg),
                m::reasons.eq("amount and day"),
                m::made_at.eq(self.now),
                m::undone_note.eq(""),
            );
            diesel::insert_into(m::table).values(row).returning(m::id).get_result(db)
        })
    }

    /// An account of the chart; `role` and `kind` as in the account map.
    pub fn journal_account(&self, role: &str, kind: &str, code: &str, name: &str) -> JournalAccountId {
        use schema::journal_accounts as j;
        self.write(|db| {
            let row =
                (j::role.eq(role), j::kind.eq(kind), j::code.eq(code), j::name.eq(name), j::created_at.eq(self.now));
            diesel::insert_into(j::table).values(row).returning(j::id).get_result(db)
        })
    }
}
