//! Balance transactions, as staff look for them.

use chrono_tz::Tz;
use diesel::dsl::{count_star, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::schema::{balance_transactions, donations, explained_transactions as t, stripe_charges, stripe_refunds};
use crate::db::{Db, MultiBackend};
use crate::finance::balance::{Filter, Group};
use crate::finance::{Explained, Explanation};
use crate::values::{Currency, DonationId, Page, PageRequest};

type Rows<'a> = t::BoxedQuery<'a, MultiBackend>;

/// What a filter finds in one currency, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    pub currency: Currency,
    pub count: i64,
    pub amount: i64,
    pub fee: i64,
    pub net: i64,
}

fn filtered<'a>(db: &mut Db, livemode: bool, filter: &Filter, zone: Tz) -> QueryResult<Rows<'a>> {
    let mut rows = t::table.into_boxed().filter(t::livemode.eq(livemode));
    if let Some(explanation) = filter.explanation {
        rows = rows.filter(t::explanation.eq(explanation));
    }
    if let Some(group) = filter.group {
        rows = rows.filter(t::explanation.ne(Explanation::Before));
        rows = match group {
            Group::Received => rows.filter(t::explanation.eq(Explanation::Gift)),
            Group::Refunded => rows.filter(t::explanation.eq_any([Explanation::Refund, Explanation::RefundFailure])),
            Group::Fees => rows.filter(t::explanation.eq(Explanation::Fee).or(t::fee_minor.ne(0))),
            Group::Other => rows.filter(t::explanation.eq_any([Explanation::Staff, Explanation::Unexplained])),
            Group::PaidOut => rows.filter(t::explanation.eq_any([Explanation::Payout, Explanation::PayoutReturned])),
        };
    }
    if let Some(category) = &filter.category {
        rows = rows.filter(t::reporting_category.eq(category.clone()));
    }
    if let Some(payout) = &filter.payout {
        rows = rows.filter(t::payout.eq(payout.clone()));
    }
    if let Some(currency) = &filter.currency {
        rows = rows.filter(t::currency.eq(currency.clone()));
    }
    let (from, until) = filter.bounds(zone);
    if let Some(from) = from {
        rows = rows.filter(t::created_at.ge(from));
    }
    if let Some(until) = until {
        rows = rows.filter(t::created_at.lt(until));
    }
    let q = filter.q.trim().to_owned();
    if let Ok(donation) = q.trim_start_matches('#').parse::<DonationId>() {
        let payment =
            donations::table.find(donation).select(donations::payment).first::<Option<String>>(db).optional()?;
        let sources = match payment.flatten() {
            Some(payment) => sources(db, &payment)?,
            None => Vec::new(),
        };
        rows = rows.filter(t::source.eq_any(sources));
    } else if !q.is_empty() {
        let sources = sources(db, &q)?;
        rows = rows.filter(t::id.eq(q.clone()).or(t::payout.eq(q)).or(t::source.eq_any(sources)));
    }
    Ok(rows)
}

/// What an id may be the source of: itself, a payment's charges and refunds, a charge's refunds.
fn sources(db: &mut Db, id: &str) -> QueryResult<Vec<String>> {
    let mut found = vec![id.to_owned()];
    let charges = stripe_charges::table.filter(stripe_charges::payment.eq(id)).select(stripe_charges::id);
    found.extend(charges.load::<String>(db)?);
    let payment: Option<String> =
        stripe_charges::table.find(id).select(stripe_charges::payment).first(db).optional()?;
    let payment = payment.unwrap_or_else(|| id.to_owned());
    let refunds = stripe_refunds::table.filter(stripe_refunds::payment.eq(payment)).select(stripe_refunds::id);
    found.extend(refunds.load::<String>(db)?);
    Ok(found)
}

/// Newest first.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    livemode: bool,
    filter: &Filter,
    zone: Tz,
    request: PageRequest,
) -> QueryResult<Page<Explained>> {
    let total = filtered(db, livemode, filter, zone)?.count().get_result(db)?;
    let rows = filtered(db, livemode, filter, zone)?
        .select(<Explained as Selectable<MultiBackend>>::construct_selection())
        .order((t::created_at.desc(), t::id.desc()))
        .limit(request.size)
        .offset(request.offset())
        .load(db)?;
    Ok(Page { rows, total, request })
}

/// `SUM` of a bigint is numeric on PostgreSQL: it is cast back.
fn added(column: &str) -> SqlLiteral<BigInt> {
    sql::<BigInt>(&format!("CAST(COALESCE(SUM({column}), 0) AS BIGINT)"))
}

/// # Errors
/// The database's.
pub fn sums(db: &mut Db, livemode: bool, filter: &Filter, zone: Tz) -> QueryResult<Vec<Sum>> {
    let mut found = Vec::new();
    for currency in currencies(db, livemode)? {
        if filter.currency.as_ref().is_some_and(|wanted| *wanted != currency) {
            continue;
        }
        let rows = filtered(db, livemode, filter, zone)?.filter(t::currency.eq(currency.clone()));
        let columns = (count_star(), added("amount_minor"), added("fee_minor"), added("net_minor"));
        let (count, amount, fee, net): (i64, i64, i64, i64) = rows.select(columns).first(db)?;
        if count > 0 {
            found.push(Sum { currency, count, amount, fee, net });
        }
    }
    Ok(found)
}

/// Those of the balance, in the order of their letters.
///
/// # Errors
/// The database's.
pub fn currencies(db: &mut Db, livemode: bool) -> QueryResult<Vec<Currency>> {
    use balance_transactions as b;
    b::table.filter(b::livemode.eq(livemode)).select(b::currency).distinct().order(b::currency).load(db)
}

/// # Errors
/// The database's.
pub fn categories(db: &mut Db, livemode: bool) -> QueryResult<Vec<String>> {
    use balance_transactions as b;
    let rows = b::table.filter(b::livemode.eq(livemode)).select(b::reporting_category).distinct();
    rows.order(b::reporting_category).load(db)
}

/// # Errors
/// The database's.
pub fn find(db: &mut Db, livemode: bool, id: &str) -> QueryResult<Option<Explained>> {
    Explained::query().filter(t::id.eq(id)).filter(t::livemode.eq(livemode)).first(db).optional()
}

/// Of a PaymentIntent, its charges and refunds; oldest first.
///
/// # Errors
/// The database's.
pub fn of_payment(db: &mut Db, livemode: bool, payment: &str) -> QueryResult<Vec<Explained>> {
    let sources = sources(db, payment)?;
    Explained::query()
        .filter(t::source.eq_any(sources))
        .filter(t::livemode.eq(livemode))
        .order((t::created_at.asc(), t::id.asc()))
        .load(db)
}

/// Stripe's list as JSON.
///
/// # Errors
/// The database's.
pub fn fee_details(db: &mut Db, id: &str) -> QueryResult<Option<String>> {
    balance_transactions::table.find(id).select(balance_transactions::fee_details).first(db).optional()
}

/// The donation of a charge (`ch_…`, `py_…`) or of a PaymentIntent (`pi_…`).
///
/// # Errors
/// The database's.
pub fn donation_of(db: &mut Db, id: &str) -> QueryResult<Option<DonationId>> {
    let payment: Option<String> =
        stripe_charges::table.find(id).select(stripe_charges::payment).first(db).optional()?;
    let payment = payment.unwrap_or_else(|| id.to_owned());
    donations::table.filter(donations::payment.eq(payment)).select(donations::id).first(db).optional()
}
