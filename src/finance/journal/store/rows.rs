//! The rows of which a month's entries are made.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::{
    balance_transactions, bank_lines, books, donations, explained_transactions, matches, stripe_payouts, stripe_refunds,
};
use crate::finance::journal::Bounds;
use crate::finance::{Explained, Explanation, Leg};
use crate::values::{At, BankAccountId, BankLineId, Currency, Day, MatchId, Money};

/// A payout at the bank.
#[derive(Debug, Clone)]
pub struct AtBank {
    pub id: MatchId,
    pub leg: Leg,
    pub payout: String,
    pub bank_line_id: BankLineId,
    pub bank_account_id: BankAccountId,
    pub booked_on: Day,
    /// The payout's.
    pub amount_minor: i64,
    pub currency: Currency,
    /// When it left Stripe's balance, or came back to it; none: not known.
    pub at_stripe: Option<At>,
}

/// When the books begin; none: with the first line.
///
/// # Errors
/// The database's.
pub fn begins_at(db: &mut Db) -> QueryResult<Option<At>> {
    books::table.filter(books::id.eq(1)).select(books::begins_at).first(db).optional().map(Option::flatten)
}

/// The month's transactions; not those that are older than the books.
///
/// # Errors
/// The database's.
pub fn transactions(db: &mut Db, livemode: bool, month: &Bounds) -> QueryResult<Vec<Explained>> {
    Explained::query()
        .filter(explained_transactions::livemode.eq(livemode))
        .filter(explained_transactions::created_at.ge(month.from).and(explained_transactions::created_at.lt(month.to)))
        .filter(explained_transactions::explanation.ne(Explanation::Before))
        .load(db)
}

/// What was given, or given back, where that was not in the transaction's currency.
///
/// # Errors
/// The database's.
pub fn given(db: &mut Db, livemode: bool, month: &Bounds) -> QueryResult<HashMap<String, Money>> {
    let gifts: Vec<(String, i64, Currency)> = explained_transactions::table
        .inner_join(donations::table.on(explained_transactions::donation_id.eq(donations::id.nullable())))
        .filter(explained_transactions::livemode.eq(livemode))
        .filter(explained_transactions::created_at.ge(month.from).and(explained_transactions::created_at.lt(month.to)))
        .filter(explained_transactions::explanation.eq(Explanation::Gift))
        .filter(donations::currency.ne(explained_transactions::currency))
        .select((explained_transactions::id, donations::amount_minor, donations::currency))
        .load(db)?;
    let refunds: Vec<(String, i64, Currency)> = balance_transactions::table
        .inner_join(stripe_refunds::table.on(balance_transactions::source.eq(stripe_refunds::id.nullable())))
        .filter(balance_transactions::livemode.eq(livemode))
        .filter(balance_transactions::created_at.ge(month.from).and(balance_transactions::created_at.lt(month.to)))
        .filter(stripe_refunds::currency.ne(balance_transactions::currency))
        .select((balance_transactions::id, stripe_refunds::amount_minor, stripe_refunds::currency))
        .load(db)?;
    let money = |(id, minor, currency)| (id, Money::new(minor, currency));
    Ok(gifts.into_iter().chain(refunds).map(money).collect())
}

/// The payouts that came to the bank, or were sent back, in the month.
///
/// # Errors
/// The database's.
pub fn matches(db: &mut Db, livemode: bool, month: &Bounds) -> QueryResult<Vec<AtBank>> {
    type Row = (MatchId, Leg, String, BankLineId, BankAccountId, Day, i64, Currency, Option<At>);
    let rows: Vec<Row> = matches::table
        .inner_join(bank_lines::table.on(bank_lines::id.eq(matches::bank_line_id)))
        .inner_join(stripe_payouts::table.on(stripe_payouts::id.eq(matches::payout)))
        .left_join(
            balance_transactions::table.on(balance_transactions::id
                .nullable()
                .eq(stripe_payouts::balance_transaction)
                .and(matches::leg.eq(Leg::Paid))
                .or(balance_transactions::id
                    .nullable()
                    .eq(stripe_payouts::failure_balance_transaction)
                    .and(matches::leg.eq(Leg::Returned)))),
        )
        .filter(matches::undone_at.is_null().and(stripe_payouts::livemode.eq(livemode)))
        .filter(bank_lines::booked_on.ge(month.first).and(bank_lines::booked_on.le(month.last)))
        .select((
            matches::id,
            matches::leg,
            matches::payout,
            bank_lines::id,
            bank_lines::bank_account_id,
            bank_lines::booked_on,
            stripe_payouts::amount_minor,
            stripe_payouts::currency,
            balance_transactions::created_at.nullable(),
        ))
        .load(db)?;
    let row = |(id, leg, payout, bank_line_id, bank_account_id, booked_on, amount_minor, currency, at_stripe)| AtBank {
        id,
        leg,
        payout,
        bank_line_id,
        bank_account_id,
        booked_on,
        amount_minor,
        currency,
        at_stripe,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// When the first transaction from then on was made.
///
/// # Errors
/// The database's.
pub fn next_transaction(db: &mut Db, livemode: bool, from: Option<At>) -> QueryResult<Option<At>> {
    let mut query = balance_transactions::table.filter(balance_transactions::livemode.eq(livemode)).into_boxed();
    if let Some(from) = from {
        query = query.filter(balance_transactions::created_at.ge(from));
    }
    query.order(balance_transactions::created_at.asc()).select(balance_transactions::created_at).first(db).optional()
}

/// The day of the first payout at the bank from then on.
///
/// # Errors
/// The database's.
pub fn next_match(db: &mut Db, livemode: bool, from: Option<Day>) -> QueryResult<Option<Day>> {
    let mut query = matches::table
        .inner_join(bank_lines::table.on(bank_lines::id.eq(matches::bank_line_id)))
        .inner_join(stripe_payouts::table.on(stripe_payouts::id.eq(matches::payout)))
        .filter(matches::undone_at.is_null().and(stripe_payouts::livemode.eq(livemode)))
        .into_boxed();
    if let Some(from) = from {
        query = query.filter(bank_lines::booked_on.ge(from));
    }
    query.order(bank_lines::booked_on.asc()).select(bank_lines::booked_on).first(db).optional()
}
