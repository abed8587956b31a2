//! Sums of everything before a moment, made by the database.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use crate::db::Db;
use crate::db::schema::{balance_transactions, explained_transactions};
use crate::db::types::Instant;
use crate::finance::journal::rules::Amounts;
use crate::finance::{Explanation, Leg};
use crate::values::{At, BankAccountId, Currency, Day, FundId, JournalAccountId};

/// Transactions that are booked alike.
#[derive(Debug, Clone)]
pub struct Group {
    pub explanation: Explanation,
    pub fund: Option<FundId>,
    pub chosen: Option<JournalAccountId>,
    pub currency: Currency,
    pub sums: Amounts,
}

/// `SUM` of a bigint is numeric on PostgreSQL: it is cast back; what does not fit is an error there and on SQLite.
macro_rules! sum {
    ($column:literal) => {
        sql::<BigInt>(concat!("CAST(COALESCE(SUM(", $column, "), 0) AS BIGINT)"))
    };
}

/// The transactions before a moment, those that are older than the books as one group per currency.
///
/// # Errors
/// The database's; sums that do not fit.
pub fn transactions(db: &mut Db, livemode: bool, until: At) -> QueryResult<Vec<Group>> {
    type Row = (Explanation, Option<FundId>, Option<JournalAccountId>, Currency, i64, i64, i64);
    let key = (
        explained_transactions::explanation,
        explained_transactions::fund_id,
        explained_transactions::journal_account_id,
        explained_transactions::currency,
    );
    let rows: Vec<Row> = explained_transactions::table
        .filter(explained_transactions::livemode.eq(livemode).and(explained_transactions::created_at.lt(until)))
        .group_by(key)
        .select((
            explained_transactions::explanation,
            explained_transactions::fund_id,
            explained_transactions::journal_account_id,
            explained_transactions::currency,
            sum!("amount_minor"),
            sum!("fee_minor"),
            sum!("net_minor"),
        ))
        .load(db)?;
    let group = |(explanation, fund, chosen, currency, amount, fee, net)| Group {
        explanation,
        fund,
        chosen,
        currency,
        sums: Amounts { amount, fee, net },
    };
    Ok(rows.into_iter().map(group).collect())
}

/// The balance at Stripe before a moment, by the transactions' own word and nothing else.
///
/// # Errors
/// The database's; sums that do not fit.
pub fn balance(db: &mut Db, livemode: bool, until: At) -> QueryResult<Vec<(Currency, i64)>> {
    balance_transactions::table
        .filter(balance_transactions::livemode.eq(livemode).and(balance_transactions::created_at.lt(until)))
        .group_by(balance_transactions::currency)
        .order(balance_transactions::currency)
        .select((balance_transactions::currency, sum!("net_minor")))
        .load(db)
}

/// Payouts at the bank that are booked alike.
#[derive(QueryableByName, Debug, Clone)]
pub struct Arrived {
    #[diesel(sql_type = BigInt)]
    pub bank: BankAccountId,
    #[diesel(sql_type = Text)]
    pub leg: Leg,
    #[diesel(sql_type = Text)]
    pub currency: Currency,
    /// 1: they were on their way when the books began.
    #[diesel(sql_type = BigInt)]
    pub older: i64,
    /// Of the payouts' amounts.
    #[diesel(sql_type = BigInt)]
    pub minor: i64,
}

/// The payouts at the bank before a day. `begins`: when the books begin.
///
/// # Errors
/// The database's; sums that do not fit.
pub fn arrived(db: &mut Db, livemode: bool, until: Day, begins: Option<At>) -> QueryResult<Vec<Arrived>> {
    diesel::sql_query(
        "SELECT l.bank_account_id AS bank, m.leg AS leg, p.currency AS currency, \
         CAST(CASE WHEN t.created_at < $1 THEN 1 ELSE 0 END AS BIGINT) AS older, \
         CAST(SUM(p.amount_minor) AS BIGINT) AS minor \
         FROM matches m \
         JOIN bank_lines l ON l.id = m.bank_line_id \
         JOIN stripe_payouts p ON p.id = m.payout \
         LEFT JOIN balance_transactions t ON t.id = \
             CASE m.leg WHEN 'paid' THEN p.balance_transaction ELSE p.failure_balance_transaction END \
         WHERE m.undone_at IS NULL AND p.livemode = $2 AND l.booked_on < $3 \
         GROUP BY 1, 2, 3, 4",
    )
    .bind::<Nullable<Instant>, _>(begins)
    .bind::<Bool, _>(livemode)
    .bind::<Text, _>(until)
    .load(db)
}
