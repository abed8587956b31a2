//! What is booked on an account, and when.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDate, Weekday};
use diesel::QueryResult;
use serde_json::Value;

use crate::db::Db;
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::store;
use crate::values::{Currency, Money};

/// What the account holds before its first booking, in whole units of its currency.
const BEGINNING: i64 = 10_000;
/// Minor units of the account in euros, each month.
const RENT: i64 = 45_000;
const TRANSFER: i64 = 50_000;
const STRIPE: &str = "STRIPE PAYMENTS EUROPE";
/// So much of a statement descriptor is left when banks are done with it (docs.stripe.com/payouts/statement-descriptors).
const DESCRIPTOR: usize = 10;

/// A line of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Unique on the account.
    pub reference: String,
    pub booked_on: NaiveDate,
    /// Positive: money came.
    pub amount: Money,
    /// Who paid, or was paid.
    pub party: String,
    /// What the bank passes on.
    pub words: String,
    /// What the payer gave it as a reference.
    pub end_to_end: Option<String>,
    /// The bank's code: domain, family, sub-family (ISO 20022 external code sets).
    pub code: [&'static str; 3],
}

/// The day on which every account was opened.
pub fn opened() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default()
}

/// The currencies that have an account: euros, and every currency that was paid out.
///
/// # Errors
/// The back end's.
pub fn currencies(db: &mut Db) -> QueryResult<Vec<Currency>> {
    let payouts = store::all(db, "payout")?;
    let paid = payouts.iter().filter_map(|payout| Currency::parse(payout.text("currency")).ok());
    let all: BTreeSet<Currency> = paid.chain([Currency::eur()]).collect();
    Ok(all.into_iter().collect())
}

/// What the account holds before anything of `day` is booked, in minor units.
///
/// # Errors
/// The back end's.
pub fn balance_before(db: &mut Db, currency: &Currency, day: NaiveDate) -> QueryResult<i64> {
    let mut all = all(db, currency, day)?;
    all.retain(|booking| booking.booked_on < day);
    let beginning = BEGINNING.saturating_mul(10_i64.pow(currency.exponent()));
    Ok(all.iter().fold(beginning, |sum, booking| sum.saturating_add(booking.amount.minor)))
}

/// What is booked from `first` to `last`, both included, in order of days.
///
/// # Errors
/// The back end's.
pub fn bookings(db: &mut Db, currency: &Currency, first: NaiveDate, last: NaiveDate) -> QueryResult<Vec<Booking>> {
    let mut all = all(db, currency, last)?;
    all.retain(|booking| booking.booked_on >= first);
    Ok(all)
}

/// Everything up to `last`.
fn all(db: &mut Db, currency: &Currency, last: NaiveDate) -> QueryResult<Vec<Booking>> {
    let mut all = Vec::new();
    for payout in store::all(db, "payout")? {
        if payout.text("currency") == currency.stripe_code() {
            all.extend(of_payout(&payout, currency));
        }
    }
    if *currency == Currency::eur() {
        all.extend(every_month(last));
    }
    all.retain(|booking| booking.booked_on <= last);
    all.sort_by(|a, b| (a.booked_on, &a.reference).cmp(&(b.booked_on, &b.reference)));
    Ok(all)
}

/// The credit of a payout that arrived, and the debit when it went back afterwards.
fn of_payout(payout: &Value, currency: &Currency) -> Vec<Booking> {
    if !payout.flag("_arrived") {
        return Vec::new();
    }
    let id = payout.text("id").get(3..19).unwrap_or_default().to_uppercase();
    let descriptor = payout.maybe("statement_descriptor").or(payout.maybe("description")).unwrap_or("STRIPE");
    let descriptor: String = descriptor.to_uppercase().chars().take(DESCRIPTOR).collect();
    let trace = payout.text("trace_id.value");
    let amount = payout.int("amount");
    let paid = Booking {
        reference: format!("SBXP{id}"),
        booked_on: business_day(day_of(payout.int("arrival_date"))),
        amount: Money::new(amount, currency.clone()),
        party: STRIPE.into(),
        words: format!("{descriptor} {trace}").trim().to_owned(),
        end_to_end: Some(trace.to_owned()).filter(|trace| !trace.is_empty()),
        code: ["PMNT", "RCDT", "ESCT"],
    };
    let returned = payout.maybe_int("_failed_at").map(|at| Booking {
        reference: format!("SBXR{id}"),
        booked_on: business_day(day_of(at)).max(paid.booked_on),
        amount: Money::new(-amount, currency.clone()),
        words: format!("RETURN {}", paid.words),
        code: ["PMNT", "RCDT", "RRTN"],
        ..paid.clone()
    });
    std::iter::once(paid).chain(returned).collect()
}

/// The rent on the first of each month, a donor's own transfer on the tenth, or on the next day on which banks work.
fn every_month(last: NaiveDate) -> Vec<Booking> {
    let mut bookings = Vec::new();
    let mut first = opened();
    while first <= last {
        let month = first.format("%Y%m");
        let booking = |reference: String, day: NaiveDate, minor, party: &str, words: String, code| Booking {
            reference,
            booked_on: business_day(day),
            amount: Money::new(minor, Currency::eur()),
            party: party.into(),
            words,
            end_to_end: None,
            code: ["PMNT", code, "ESCT"],
        };
        let rent = format!("RENT {} OFFICE 2ND FLOOR", first.format("%m/%Y"));
        bookings.push(booking(format!("SBXM{month}"), first, -RENT, "Harbour Houses Ltd", rent, "ICDT"));
        let tenth = first.checked_add_days(Days::new(9)).unwrap_or(first);
        let gift = "Donation, keep up the good work & thank you".to_owned();
        bookings.push(booking(format!("SBXD{month}"), tenth, TRANSFER, "Maria Lindqvist", gift, "RCDT"));
        let Some(next) = first.checked_add_months(chrono::Months::new(1)) else { break };
        first = next;
    }
    bookings
}

/// The calendar's day of a moment (seconds), as Stripe counts days: in UTC.
fn day_of(seconds: i64) -> NaiveDate {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().date_naive()
}

/// The day itself, or the Monday after it.
fn business_day(day: NaiveDate) -> NaiveDate {
    let wait = match day.weekday() {
        Weekday::Sat => 2,
        Weekday::Sun => 1,
        _ => 0,
    };
    day.checked_add_days(Days::new(wait)).unwrap_or(day)
}
