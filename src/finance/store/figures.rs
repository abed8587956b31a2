//! Sums of finance's home. Added up in the database.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::payouts::missing;
use crate::db::Db;
use crate::db::types::Instant;
use crate::finance::Explanation;
use crate::values::{At, Currency, Day};

/// Amounts of a currency and an explanation, in minor units.
#[derive(QueryableByName)]
pub struct Explained {
    #[diesel(sql_type = Text)]
    pub currency: Currency,
    #[diesel(sql_type = Text)]
    pub explanation: Explanation,
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
    #[diesel(sql_type = BigInt)]
    pub fee: i64,
    #[diesel(sql_type = BigInt)]
    pub net: i64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    currency: Currency,
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = BigInt)]
    sum: i64,
}

fn sums(rows: Vec<Row>) -> Vec<(Currency, i64)> {
    rows.into_iter().map(|row| (row.currency, row.sum)).collect()
}

/// Lines of that time that are not older than the books.
///
/// # Errors
/// The database's.
pub fn by_explanation(db: &mut Db, livemode: bool, from: At, until: At) -> QueryResult<Vec<Explained>> {
    diesel::sql_query(
        "SELECT currency, explanation, CAST(SUM(amount_minor) AS BIGINT) AS amount, \
             CAST(SUM(fee_minor) AS BIGINT) AS fee, CAST(SUM(net_minor) AS BIGINT) AS net \
         FROM explained_transactions \
         WHERE created_at >= $1 AND created_at < $2 AND livemode = $3 AND explanation <> 'before' \
         GROUP BY currency, explanation",
    )
    .bind::<Instant, _>(from)
    .bind::<Instant, _>(until)
    .bind::<Bool, _>(livemode)
    .load(db)
}

/// # Errors
/// The database's.
pub fn at_stripe(db: &mut Db, livemode: bool) -> QueryResult<Vec<(Currency, i64)>> {
    let sql = "SELECT currency, COUNT(*) AS count, CAST(SUM(net_minor) AS BIGINT) AS sum \
               FROM balance_transactions WHERE livemode = $1 GROUP BY currency";
    diesel::sql_query(sql).bind::<Bool, _>(livemode).load(db).map(sums)
}

/// Count and sum of amounts.
///
/// # Errors
/// The database's.
pub fn unexplained(db: &mut Db, livemode: bool) -> QueryResult<Vec<(Currency, i64, i64)>> {
    let sql = "SELECT currency, COUNT(*) AS count, CAST(SUM(amount_minor) AS BIGINT) AS sum \
               FROM explained_transactions WHERE livemode = $1 AND explanation = 'unexplained' GROUP BY currency";
    let rows: Vec<Row> = diesel::sql_query(sql).bind::<Bool, _>(livemode).load(db)?;
    Ok(rows.into_iter().map(|row| (row.currency, row.count, row.sum)).collect())
}

/// What left the balance in payouts, less what came back.
///
/// # Errors
/// The database's.
pub fn sent(db: &mut Db, livemode: bool) -> QueryResult<Vec<(Currency, i64)>> {
    let sql = "SELECT currency, COUNT(*) AS count, CAST(SUM(-amount_minor) AS BIGINT) AS sum \
               FROM explained_transactions \
               WHERE livemode = $1 AND reporting_category IN ('payout', 'payout_reversal') \
                   AND explanation IN ('payout', 'payout_returned') \
               GROUP BY currency";
    diesel::sql_query(sql).bind::<Bool, _>(livemode).load(db).map(sums)
}

/// What open matches say is at the bank. Those of payouts that are older than the books have no other side in them.
///
/// # Errors
/// The database's.
pub fn arrived(db: &mut Db, livemode: bool) -> QueryResult<Vec<(Currency, i64)>> {
    let sql = "SELECT p.currency, COUNT(*) AS count, \
                   CAST(SUM(CASE m.leg WHEN 'paid' THEN p.amount_minor ELSE -p.amount_minor END) AS BIGINT) AS sum \
               FROM matches m JOIN stripe_payouts p ON p.id = m.payout \
               LEFT JOIN balance_transactions o ON o.id = \
                   CASE m.leg WHEN 'paid' THEN p.balance_transaction ELSE p.failure_balance_transaction END \
               WHERE p.livemode = $1 AND m.undone_at IS NULL \
                   AND NOT COALESCE(o.created_at < (SELECT b.begins_at FROM books b WHERE b.id = 1), FALSE) \
               GROUP BY p.currency";
    diesel::sql_query(sql).bind::<Bool, _>(livemode).load(db).map(sums)
}

/// Matched amounts of bank lines of those days.
///
/// # Errors
/// The database's.
pub fn in_bank(db: &mut Db, livemode: bool, first: Day, last: Day) -> QueryResult<Vec<(Currency, i64)>> {
    let sql = "SELECT p.currency, COUNT(*) AS count, \
                   CAST(SUM(CASE m.leg WHEN 'paid' THEN p.amount_minor ELSE -p.amount_minor END) AS BIGINT) AS sum \
               FROM bank_lines l JOIN matches m ON m.bank_line_id = l.id AND m.undone_at IS NULL \
               JOIN stripe_payouts p ON p.id = m.payout \
               WHERE l.booked_on >= $1 AND l.booked_on <= $2 AND p.livemode = $3 GROUP BY p.currency";
    let query = diesel::sql_query(sql).bind::<Text, _>(first).bind::<Text, _>(last);
    query.bind::<Bool, _>(livemode).load(db).map(sums)
}

/// How many payouts that should have arrived before that day are not at the bank.
///
/// # Errors
/// The database's.
pub fn late(db: &mut Db, livemode: bool, before: Day) -> QueryResult<Vec<(Currency, i64)>> {
    let sql = format!(
        "SELECT currency, COUNT(*) AS count, COUNT(*) AS sum FROM stripe_payouts \
         WHERE arrives_on < $1 AND livemode = $2 AND {} GROUP BY currency",
        missing()
    );
    diesel::sql_query(sql).bind::<Text, _>(before).bind::<Bool, _>(livemode).load(db).map(sums)
}

/// How many bank lines are neither matched nor set aside.
///
/// # Errors
/// The database's.
pub fn open_lines(db: &mut Db) -> QueryResult<Vec<(Currency, i64)>> {
    let sql = "SELECT currency, COUNT(*) AS count, COUNT(*) AS sum FROM bank_lines l WHERE set_aside_at IS NULL \
                   AND NOT EXISTS (SELECT 1 FROM matches m WHERE m.bank_line_id = l.id AND m.undone_at IS NULL) \
               GROUP BY currency";
    diesel::sql_query(sql).load(db).map(sums)
}
