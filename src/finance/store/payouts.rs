//! Payouts with their lines and matches.

use std::collections::HashMap;

use diesel::dsl::{count_star, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use crate::db::schema::{bank_lines, explained_transactions as t, matches, stripe_charges, stripe_payouts as p};
use crate::db::search::{self, lower};
use crate::db::{Db, MultiBackend};
use crate::finance::payouts::{AtBank, Filter};
use crate::finance::{BankLine, Leg, Match, PayoutRow};
use crate::values::{Day, Page, PageRequest};

type Rows<'a> = p::BoxedQuery<'a, MultiBackend>;

/// A payout's open match of one leg; a condition on `stripe_payouts`.
const PAID: &str = "EXISTS (SELECT 1 FROM matches m WHERE m.payout = stripe_payouts.id AND m.leg = 'paid' \
                    AND m.undone_at IS NULL)";
const RETURNED: &str = "EXISTS (SELECT 1 FROM matches m WHERE m.payout = stripe_payouts.id AND m.leg = 'returned' \
                        AND m.undone_at IS NULL)";

/// How many times its amount is neither at Stripe nor where the bank says: 1 on its way, 0 there or back, -1 when the
/// bank has what Stripe took back. What is older than the books counts on neither side.
pub const ON_ITS_WAY: &str = "(SELECT COALESCE(SUM( \
         CASE WHEN o.created_at < (SELECT b.begins_at FROM books b WHERE b.id = 1) THEN 0 \
              WHEN l.leg = 'paid' THEN 1 ELSE -1 END \
         * (CASE WHEN o.id IS NULL THEN 0 ELSE 1 END - CASE WHEN m.id IS NULL THEN 0 ELSE 1 END)), 0) \
     FROM (SELECT 'paid' AS leg UNION ALL SELECT 'returned') l \
     LEFT JOIN balance_transactions o ON o.id = \
         CASE l.leg WHEN 'paid' THEN stripe_payouts.balance_transaction ELSE stripe_payouts.failure_balance_transaction END \
     LEFT JOIN matches m ON m.payout = stripe_payouts.id AND m.leg = l.leg AND m.undone_at IS NULL)";

fn is(condition: String) -> SqlLiteral<Bool> {
    sql::<Bool>(&condition)
}

fn words(column: &str) -> SqlLiteral<Text> {
    sql::<Text>(&format!("lower(COALESCE({column}, ''))"))
}

/// Not at the bank, and Stripe does not say that it failed. Nobody waits for what is older than the books.
pub(super) fn missing() -> String {
    format!(
        "(stripe_payouts.status NOT IN ('failed', 'canceled') AND NOT {PAID} AND NOT COALESCE(\
             stripe_payouts.created_at < (SELECT b.begins_at FROM books b WHERE b.id = 1), FALSE))"
    )
}

fn filtered<'a>(livemode: bool, filter: &Filter, late_before: Day) -> Rows<'a> {
    let mut rows = p::table.into_boxed().filter(p::livemode.eq(livemode));
    if let Some(state) = filter.state {
        rows = rows.filter(p::status.eq(state));
    }
    rows = match filter.at_bank {
        None => rows,
        Some(AtBank::Missing) => rows.filter(is(missing())),
        Some(AtBank::Late) => rows.filter(is(missing())).filter(p::arrives_on.lt(late_before)),
        Some(AtBank::There) => rows.filter(is(format!("{PAID} AND NOT {RETURNED}"))),
        Some(AtBank::Returning) => {
            rows.filter(is(format!("(stripe_payouts.status IN ('failed', 'canceled') AND {PAID} AND NOT {RETURNED})")))
        }
        Some(AtBank::InTransit) => rows.filter(is(format!("{ON_ITS_WAY} <> 0"))),
    };
    if let Some(automatic) = filter.automatic {
        rows = rows.filter(p::automatic.eq(automatic));
    }
    if let Some(currency) = &filter.currency {
        rows = rows.filter(p::currency.eq(currency.clone()));
    }
    if let Some(from) = filter.from {
        rows = rows.filter(p::arrives_on.ge(from));
    }
    if let Some(to) = filter.to {
        rows = rows.filter(p::arrives_on.le(to));
    }
    if !filter.q.trim().is_empty() {
        let pattern = search::part(&filter.q);
        rows = rows.filter(
            (lower(p::id).like(pattern.clone()).escape('\\'))
                .or(words("trace").like(pattern.clone()).escape('\\'))
                .or(words("descriptor").like(pattern).escape('\\')),
        );
    }
    rows
}

/// By day of arrival, newest first.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    livemode: bool,
    filter: &Filter,
    late_before: Day,
    request: PageRequest,
) -> QueryResult<Page<PayoutRow>> {
    let total = filtered(livemode, filter, late_before).count().get_result(db)?;
    let rows = filtered(livemode, filter, late_before)
        .select(<PayoutRow as Selectable<MultiBackend>>::construct_selection())
        .order((p::arrives_on.desc(), p::created_at.desc(), p::id.desc()))
        .limit(request.size)
        .offset(request.offset())
        .load(db)?;
    Ok(Page { rows, total, request })
}

/// # Errors
/// The database's.
pub fn find(db: &mut Db, livemode: bool, id: &str) -> QueryResult<Option<PayoutRow>> {
    PayoutRow::query().filter(p::id.eq(id)).filter(p::livemode.eq(livemode)).first(db).optional()
}

/// Open matches of these payouts.
///
/// # Errors
/// The database's.
pub fn legs(db: &mut Db, ids: &[String]) -> QueryResult<Vec<(String, Leg)>> {
    matches::table
        .filter(matches::payout.eq_any(ids.to_vec()))
        .filter(matches::undone_at.is_null())
        .select((matches::payout, matches::leg))
        .load(db)
}

/// Open matches of a payout with their bank lines, by day.
///
/// # Errors
/// The database's.
pub fn matches(db: &mut Db, id: &str) -> QueryResult<Vec<(Match, BankLine)>> {
    let open: Vec<Match> = Match::query()
        .filter(matches::payout.eq(id))
        .filter(matches::undone_at.is_null())
        .order((matches::leg.asc(), matches::id.asc()))
        .load(db)?;
    let lines: Vec<_> = open.iter().map(|found| found.bank_line_id).collect();
    let lines: Vec<BankLine> = BankLine::query().filter(bank_lines::id.eq_any(lines)).load(db)?;
    let with_line = |found: Match| {
        let line = lines.iter().find(|line| line.id == found.bank_line_id)?.clone();
        Some((found, line))
    };
    Ok(open.into_iter().filter_map(with_line).collect())
}

/// The bank's days of open matches of the leg `paid`.
///
/// # Errors
/// The database's.
pub fn booked_on(db: &mut Db, ids: &[String]) -> QueryResult<HashMap<String, Day>> {
    let rows: Vec<(String, Day)> = matches::table
        .inner_join(bank_lines::table.on(bank_lines::id.eq(matches::bank_line_id)))
        .filter(matches::payout.eq_any(ids.to_vec()))
        .filter(matches::leg.eq(Leg::Paid))
        .filter(matches::undone_at.is_null())
        .select((matches::payout, bank_lines::booked_on))
        .load(db)?;
    Ok(rows.into_iter().collect())
}

/// What a payout took along, its own line left out; minor units.
#[derive(Debug, Clone, Default, Queryable)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Taken {
    pub payout: String,
    pub lines: i64,
    pub unexplained: i64,
    pub gross: i64,
    pub fees: i64,
    pub refunds: i64,
    pub net: i64,
}

fn added(what: &str) -> SqlLiteral<BigInt> {
    sql::<BigInt>(&format!("CAST(COALESCE(SUM({what}), 0) AS BIGINT)"))
}

/// # Errors
/// The database's.
pub fn lines(db: &mut Db, ids: &[String]) -> QueryResult<Vec<Taken>> {
    t::table
        .filter(t::payout.eq_any(ids.to_vec()))
        .filter(t::source.is_null().or(t::source.ne(t::payout)))
        .group_by(t::payout)
        .select((
            sql::<Text>("payout"),
            count_star(),
            added("CASE WHEN explanation = 'unexplained' THEN 1 ELSE 0 END"),
            added("CASE WHEN reporting_category = 'charge' THEN amount_minor ELSE 0 END"),
            added("fee_minor - CASE WHEN reporting_category = 'fee' THEN amount_minor ELSE 0 END"),
            added("CASE WHEN reporting_category IN ('refund', 'refund_failure') THEN -amount_minor ELSE 0 END"),
            added("net_minor"),
        ))
        .load(db)
}

/// The payout that took a PaymentIntent's charge along.
///
/// # Errors
/// The database's.
pub fn of_payment(db: &mut Db, livemode: bool, payment: &str) -> QueryResult<Option<PayoutRow>> {
    let charges = stripe_charges::table.filter(stripe_charges::payment.eq(payment)).select(stripe_charges::id);
    let charges: Vec<String> = charges.load(db)?;
    let payout: Option<Option<String>> = t::table
        .filter(t::source.eq_any(charges))
        .filter(t::reporting_category.eq("charge"))
        .filter(t::payout.is_not_null())
        .select(t::payout)
        .first(db)
        .optional()?;
    match payout.flatten() {
        Some(payout) => find(db, livemode, &payout),
        None => Ok(None),
    }
}
