//! What the mirror says of payments, for pages and exports.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::{balance_transactions, payment_events, stripe_charges, stripe_subscriptions};
use crate::values::{At, Currency, Money};

/// How a payment arrived on Stripe's balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// `ch_…` or `py_…`
    pub charge: String,
    /// `card`, `sepa_debit`
    pub method: Option<String>,
    /// None until Stripe has written its line of the balance.
    pub balance: Option<Balance>,
}

/// In the currency in which Stripe settles, which may differ from the gift's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// `txn_…`
    pub id: String,
    pub amount: Money,
    pub fee: Money,
    pub net: Money,
    pub available_on: At,
    /// The automatic payout that took it along (`po_…`).
    pub payout: Option<String>,
}

type Line = (String, Currency, i64, i64, i64, At, Option<String>);

/// The charge that succeeded of each of these payments (`pi_…`), with its line of the balance.
///
/// # Errors
/// The database's.
pub fn settled(db: &mut Db, payments: &[String]) -> QueryResult<HashMap<String, Settled>> {
    let line = (
        balance_transactions::id,
        balance_transactions::currency,
        balance_transactions::amount_minor,
        balance_transactions::fee_minor,
        balance_transactions::net_minor,
        balance_transactions::available_on,
        balance_transactions::payout,
    );
    let rows: Vec<(String, String, Option<String>, Option<Line>)> = stripe_charges::table
        .left_join(
            balance_transactions::table.on(stripe_charges::balance_transaction.eq(balance_transactions::id.nullable())),
        )
        .filter(stripe_charges::payment.eq_any(payments.to_vec()).and(stripe_charges::succeeded.eq(true)))
        .order(stripe_charges::created_at.asc())
        .select((stripe_charges::payment, stripe_charges::id, stripe_charges::method, line.nullable()))
        .load(db)?;
    let balance = |(id, currency, amount, fee, net, available_on, payout): Line| {
        let money = |minor| Money::new(minor, currency.clone());
        Balance { id, amount: money(amount), fee: money(fee), net: money(net), available_on, payout }
    };
    let row = |(payment, charge, method, line): (String, String, Option<String>, Option<Line>)| {
        (payment, Settled { charge, method, balance: line.map(balance) })
    };
    Ok(rows.into_iter().map(row).collect())
}

/// When the period that was last paid ends and Stripe takes the next payment of this subscription (`sub_…`), as Stripe
/// last told; None when it never did.
///
/// # Errors
/// The database's.
pub fn next_payment(db: &mut Db, subscription: &str) -> QueryResult<Option<At>> {
    let found: Option<Option<At>> = stripe_subscriptions::table
        .find(subscription)
        .select(stripe_subscriptions::period_ends_at)
        .first(db)
        .optional()?;
    Ok(found.flatten())
}

/// Payments that a bank declined since then, as Stripe told. Many in a short time, of small amounts, are a sign that
/// somebody tries stolen cards.
///
/// # Errors
/// The database's.
pub fn declined(db: &mut Db, from: At) -> QueryResult<i64> {
    payment_events::table
        .filter(payment_events::kind.eq("payment_intent.payment_failed").and(payment_events::happened_at.ge(from)))
        .count()
        .get_result(db)
}
