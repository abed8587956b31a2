//! What the checks ask. Each answers how many rows it looked at, and those that are broken: at most as many as are listed,
//! each with the number of all.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::payouts::ON_ITS_WAY;
use crate::db::types::Instant;
use crate::db::{Db, dialect};
use crate::finance::checks::LISTED;
use crate::values::{At, Currency, Money};

/// A row that breaks an invariant.
#[derive(QueryableByName, Debug)]
pub struct Broken {
    #[diesel(sql_type = Text)]
    pub id: String,
    /// How it is broken: a word that the check knows.
    #[diesel(sql_type = Text)]
    pub how: String,
    /// What people call it, where that is not the id.
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    currency: Currency,
    #[diesel(sql_type = Text)]
    found_currency: Currency,
    #[diesel(sql_type = BigInt)]
    expected: i64,
    #[diesel(sql_type = BigInt)]
    found: i64,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

impl Broken {
    pub fn expected(&self) -> Money {
        Money::new(self.expected, self.currency.clone())
    }
    pub fn found(&self) -> Money {
        Money::new(self.found, self.found_currency.clone())
    }
    /// Where `found` is a number of things.
    pub fn count(&self) -> i64 {
        self.found
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// The first of them and the number of all.
pub type Found = (Vec<Broken>, i64);

fn counted(rows: Vec<Broken>) -> Found {
    let total = rows.first().map_or(0, |row| row.total);
    (rows, total)
}

/// Around a SELECT of `id, how, name, currency, found_currency, expected, found`.
fn listed(rows: &str) -> String {
    format!("SELECT x.*, COUNT(*) OVER () AS total FROM ({rows}) x ORDER BY x.id LIMIT {LISTED}")
}

fn broken(db: &mut Db, rows: &str, livemode: bool) -> QueryResult<Found> {
    diesel::sql_query(listed(rows)).bind::<Bool, _>(livemode).load(db).map(counted)
}

fn number(db: &mut Db, sql: &str, livemode: bool) -> QueryResult<i64> {
    diesel::sql_query(sql).bind::<Bool, _>(livemode).get_result::<Number>(db).map(|row| row.n)
}

/// Lines whose net is not their amount less their fee (`net`), or whose fee is not the sum of its parts (`parts`), or has
/// parts in another currency (`currency`).
///
/// # Errors
/// The database's.
pub fn fees(db: &mut Db, livemode: bool) -> QueryResult<(i64, Found)> {
    let items = dialect::json_items(db, "t.fee_details");
    let parts = format!(
        "(SELECT CAST(COALESCE(SUM(CAST(item.value ->> 'amount_minor' AS BIGINT)), 0) AS BIGINT) FROM {items})"
    );
    // Reading the parts is what costs: once per line.
    let rows = format!(
        "WITH l AS (SELECT t.id, t.currency, t.amount_minor, t.fee_minor, t.net_minor, {parts} AS parts \
             FROM balance_transactions t WHERE t.livemode = $1) \
         SELECT l.id, 'net' AS how, '' AS name, l.currency, l.currency AS found_currency, \
             l.amount_minor - l.fee_minor AS expected, l.net_minor AS found \
         FROM l WHERE l.net_minor <> l.amount_minor - l.fee_minor \
         UNION ALL \
         SELECT l.id, 'parts', '', l.currency, l.currency, l.fee_minor, l.parts FROM l WHERE l.fee_minor <> l.parts \
         UNION ALL \
         SELECT t.id, 'currency', '', t.currency, CAST(item.value ->> 'currency' AS TEXT), 0, 0 \
         FROM balance_transactions t CROSS JOIN {items} \
         WHERE t.livemode = $1 AND item.value ->> 'currency' <> t.currency"
    );
    let looked_at = number(db, "SELECT COUNT(*) AS n FROM balance_transactions WHERE livemode = $1", livemode)?;
    Ok((looked_at, broken(db, &rows, livemode)?))
}

/// Automatic payouts of which Stripe has said what they took along, and whose lines do not add up to them (`sum`), or are
/// in another currency (`currency`).
///
/// # Errors
/// The database's.
pub fn payouts(db: &mut Db, livemode: bool) -> QueryResult<(i64, Found)> {
    let settled = "p.livemode = $1 AND p.automatic AND p.reconciliation = 'completed'";
    let rows = format!(
        "SELECT p.id, CASE WHEN COALESCE(s.net, 0) <> p.amount_minor THEN 'sum' ELSE 'currency' END AS how, \
             '' AS name, p.currency, \
             CASE WHEN s.low <> p.currency THEN s.low ELSE COALESCE(s.high, p.currency) END AS found_currency, \
             p.amount_minor AS expected, COALESCE(s.net, 0) AS found \
         FROM stripe_payouts p LEFT JOIN (\
             SELECT payout, CAST(SUM(net_minor) AS BIGINT) AS net, MIN(currency) AS low, MAX(currency) AS high \
             FROM balance_transactions WHERE payout IS NOT NULL AND (source IS NULL OR source <> payout) \
             GROUP BY payout) s ON s.payout = p.id \
         WHERE {settled} AND (COALESCE(s.net, 0) <> p.amount_minor OR s.low <> p.currency OR s.high <> p.currency)"
    );
    let looked_at = number(db, &format!("SELECT COUNT(*) AS n FROM stripe_payouts p WHERE {settled}"), livemode)?;
    Ok((looked_at, broken(db, &rows, livemode)?))
}

/// What Stripe said is on the balance, where it is not what the lines said at that moment (`balance`).
///
/// # Errors
/// The database's.
pub fn balances(db: &mut Db, livemode: bool) -> QueryResult<(Vec<At>, Found)> {
    use crate::db::schema::stripe_balances as b;
    let asked = b::table.filter(b::livemode.eq(livemode)).select(b::asked_at).load(db)?;
    let rows = "SELECT b.account AS id, 'balance' AS how, b.account AS name, b.currency, \
                    b.currency AS found_currency, b.minor AS expected, b.mirrored_minor AS found \
                FROM stripe_balances b WHERE b.livemode = $1 AND b.minor <> b.mirrored_minor";
    Ok((asked, broken(db, rows, livemode)?))
}

/// Paid donations whose charge has another amount or currency (`charge`), or of which more went back than came, or in
/// another currency (`refunds`).
///
/// # Errors
/// The database's.
pub fn gifts(db: &mut Db, livemode: bool) -> QueryResult<(i64, Found)> {
    let paid = "d.state = 'paid' AND d.payment IS NOT NULL AND d.test = $1";
    let rows = format!(
        "SELECT CAST(d.id AS TEXT) AS id, 'charge' AS how, '' AS name, d.currency, c.currency AS found_currency, \
             d.amount_minor AS expected, c.amount_minor AS found \
         FROM donations d JOIN stripe_charges c ON c.payment = d.payment AND c.succeeded \
         WHERE {paid} AND (c.amount_minor <> d.amount_minor OR c.currency <> d.currency) \
         UNION ALL \
         SELECT CAST(d.id AS TEXT), 'refunds', '', d.currency, s.currency, d.amount_minor, s.back \
         FROM donations d JOIN (\
             SELECT donation_id, currency, CAST(SUM(amount_minor) AS BIGINT) AS back FROM refunds \
             WHERE state = 'succeeded' GROUP BY donation_id, currency) s ON s.donation_id = d.id \
         WHERE {paid} AND (s.back > d.amount_minor OR s.currency <> d.currency)"
    );
    let looked_at = number(db, &format!("SELECT COUNT(*) AS n FROM donations d WHERE {paid}"), !livemode)?;
    Ok((looked_at, broken(db, &rows, !livemode)?))
}

/// Lines of charges that no donation explains (`line`), and lines that staff explained before the donation that they are
/// of was booked (`staff`): the books have them on the account that staff chose, and not as a gift.
///
/// # Errors
/// The database's.
pub fn charges(db: &mut Db, livemode: bool) -> QueryResult<(i64, Found)> {
    let of = "FROM explained_transactions t WHERE t.livemode = $1 AND t.reporting_category = 'charge'";
    let rows = format!(
        "SELECT t.id, 'line' AS how, '' AS name, t.currency, t.currency AS found_currency, \
             CAST(0 AS BIGINT) AS expected, t.amount_minor AS found {of} AND t.explanation = 'unexplained' \
         UNION ALL \
         SELECT t.id, 'staff', CAST(d.id AS TEXT), t.currency, t.currency, CAST(0 AS BIGINT), t.amount_minor \
         FROM explained_transactions t JOIN donations d ON d.id = t.donation_id AND d.state = 'paid' \
         WHERE t.livemode = $1 AND t.explanation = 'staff' \
             AND t.reporting_category IN ('charge', 'refund', 'refund_failure')"
    );
    let looked_at =
        number(db, &format!("SELECT COUNT(*) AS n {of} AND t.explanation IN ('gift', 'unexplained')"), livemode)?;
    Ok((looked_at, broken(db, &rows, livemode)?))
}

/// Donations paid at Stripe that have several lines of charges, or none though they were paid before `before`
/// (`donation`; `found` is the number of lines).
///
/// # Errors
/// The database's.
pub fn donations(db: &mut Db, livemode: bool, before: At) -> QueryResult<(i64, Found)> {
    let paid = "d.state = 'paid' AND d.payment IS NOT NULL AND d.test = $1 \
                AND d.paid_at >= COALESCE((SELECT b.begins_at FROM books b WHERE b.id = 1), d.paid_at)";
    let rows = format!(
        "SELECT CAST(d.id AS TEXT) AS id, 'donation' AS how, '' AS name, d.currency, \
             d.currency AS found_currency, d.amount_minor AS expected, COUNT(t.id) AS found \
         FROM donations d LEFT JOIN stripe_charges c ON c.payment = d.payment \
         LEFT JOIN balance_transactions t ON t.source = c.id AND t.reporting_category = 'charge' \
         WHERE {paid} GROUP BY d.id, d.currency, d.amount_minor, d.paid_at \
         HAVING COUNT(t.id) > 1 OR (COUNT(t.id) = 0 AND d.paid_at < $2)"
    );
    let looked_at = number(db, &format!("SELECT COUNT(*) AS n FROM donations d WHERE {paid}"), !livemode)?;
    let found = diesel::sql_query(listed(&rows)).bind::<Bool, _>(!livemode).bind::<Instant, _>(before);
    Ok((looked_at, found.load(db).map(counted)?))
}

/// Per currency, what is at Stripe, and what is in payouts that are not at the bank by what payouts and matches say (not
/// by their lines on the balance, of which the journal is made).
///
/// # Errors
/// The database's.
pub fn holdings(db: &mut Db, livemode: bool) -> QueryResult<Vec<(Currency, i64, i64)>> {
    #[derive(QueryableByName)]
    struct Holding {
        #[diesel(sql_type = Text)]
        currency: Currency,
        #[diesel(sql_type = BigInt)]
        at_stripe: i64,
        #[diesel(sql_type = BigInt)]
        on_its_way: i64,
    }
    let sql = format!(
        "SELECT currency, CAST(SUM(at_stripe) AS BIGINT) AS at_stripe, CAST(SUM(way) AS BIGINT) AS on_its_way FROM (\
             SELECT currency, SUM(net_minor) AS at_stripe, 0 AS way FROM balance_transactions \
             WHERE livemode = $1 GROUP BY currency \
             UNION ALL \
             SELECT currency, 0, SUM(amount_minor * {ON_ITS_WAY}) FROM stripe_payouts WHERE livemode = $1 \
             GROUP BY currency) x GROUP BY currency ORDER BY currency"
    );
    let rows: Vec<Holding> = diesel::sql_query(sql).bind::<Bool, _>(livemode).load(db)?;
    Ok(rows.into_iter().map(|row| (row.currency, row.at_stripe, row.on_its_way)).collect())
}

/// Statements whose lines do not lead from the opening to the closing balance (`lines`), or that do not open with what the
/// one before closed with (`gap`).
///
/// # Errors
/// The database's.
pub fn statements(db: &mut Db) -> QueryResult<(i64, Found)> {
    let rows = "SELECT CAST(s.id AS TEXT) AS id, 'lines' AS how, a.name || ', ' || s.reference AS name, s.currency, \
                    s.currency AS found_currency, s.closing_minor AS expected, \
                    s.opening_minor + COALESCE(l.moved, 0) AS found \
                FROM bank_statements s JOIN bank_accounts a ON a.id = s.bank_account_id \
                LEFT JOIN (SELECT statement_id, CAST(SUM(amount_minor) AS BIGINT) AS moved FROM bank_lines \
                    GROUP BY statement_id) l ON l.statement_id = s.id \
                WHERE s.closing_minor <> s.opening_minor + COALESCE(l.moved, 0) \
                UNION ALL \
                SELECT CAST(g.id AS TEXT), 'gap', g.name, g.currency, g.currency, g.before_minor, g.opening_minor \
                FROM (SELECT s.id, a.name || ', ' || s.reference AS name, s.currency, s.opening_minor, \
                        LAG(s.closing_minor) OVER (PARTITION BY s.bank_account_id, s.currency \
                            ORDER BY s.opens_on, s.closes_on, s.id) AS before_minor \
                    FROM bank_statements s JOIN bank_accounts a ON a.id = s.bank_account_id) g \
                WHERE g.before_minor <> g.opening_minor";
    let looked_at =
        diesel::sql_query("SELECT COUNT(*) AS n FROM bank_statements").get_result::<Number>(db).map(|row| row.n)?;
    Ok((looked_at, diesel::sql_query(listed(rows)).load(db).map(counted)?))
}
