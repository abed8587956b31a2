//! Rows of `matches`, and the payouts that they are about.

use std::collections::HashMap;

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::db::schema::{bank_lines, matches, stripe_payouts};
use crate::db::{Db, dialect};
use crate::error::Error;
use crate::finance::{Leg, Match, PayoutRow};
use crate::stripe::PayoutStatus;
use crate::values::{At, BankLineId, Currency, Day, MatchId, StaffId};

/// What a match begins with.
#[derive(Debug, Clone, Copy)]
pub struct NewMatch<'a> {
    pub line: BankLineId,
    pub payout: &'a str,
    pub leg: Leg,
    /// None: by rule.
    pub staff: Option<StaffId>,
    pub reasons: &'a str,
}

/// Holds off whoever matches until the transaction ends, so that two do not give one line away twice. Comes first, before
/// any row is written.
///
/// # Errors
/// The database's.
pub fn hold_matches(db: &mut Db) -> QueryResult<()> {
    dialect::lock_table(db, "matches")
}

/// The matches of these lines that hold.
///
/// # Errors
/// The database's.
pub fn open_by_line(db: &mut Db, lines: &[BankLineId]) -> QueryResult<Vec<Match>> {
    Match::query()
        .filter(matches::bank_line_id.eq_any(lines.to_vec()))
        .filter(matches::undone_at.is_null())
        .order(matches::id.asc())
        .load(db)
}

/// The matches of a line that were undone, newest first.
///
/// # Errors
/// The database's.
pub fn past_matches(db: &mut Db, line: BankLineId) -> QueryResult<Vec<Match>> {
    Match::query()
        .filter(matches::bank_line_id.eq(line))
        .filter(matches::undone_at.is_not_null())
        .order(matches::id.desc())
        .load(db)
}

/// The matches of these payouts that hold.
///
/// # Errors
/// The database's.
pub fn of_payouts(db: &mut Db, payouts: &[String]) -> QueryResult<Vec<Match>> {
    Match::query()
        .filter(matches::payout.eq_any(payouts.to_vec()))
        .filter(matches::undone_at.is_null())
        .order(matches::id.asc())
        .load(db)
}

/// What staff undid: line, payout and leg, of these lines.
///
/// # Errors
/// The database's.
pub fn undone_pairs(db: &mut Db, lines: &[BankLineId]) -> QueryResult<Vec<(BankLineId, String, Leg)>> {
    matches::table
        .filter(matches::bank_line_id.eq_any(lines.to_vec()))
        .filter(matches::undone_at.is_not_null())
        .select((matches::bank_line_id, matches::payout, matches::leg))
        .load(db)
}

/// # Errors
/// `NotFound`, or the database's.
pub fn find_match(db: &mut Db, id: MatchId) -> Result<Match, Error> {
    let found = Match::query().filter(matches::id.eq(id)).first(db).optional()?;
    found.ok_or(Error::NotFound("match"))
}

/// # Errors
/// The database's; a leg of a payout has one match that holds.
pub fn insert_match(db: &mut Db, new: NewMatch<'_>, now: At) -> QueryResult<MatchId> {
    diesel::insert_into(matches::table)
        .values((
            matches::bank_line_id.eq(new.line),
            matches::payout.eq(new.payout.to_owned()),
            matches::leg.eq(new.leg),
            matches::staff_id.eq(new.staff),
            matches::reasons.eq(new.reasons.to_owned()),
            matches::made_at.eq(now),
            matches::undone_note.eq(""),
        ))
        .returning(matches::id)
        .get_result(db)
}

/// `false`: it was undone before.
///
/// # Errors
/// The database's.
pub fn close_match(db: &mut Db, id: MatchId, staff: Option<StaffId>, note: &str, now: At) -> QueryResult<bool> {
    diesel::update(matches::table.filter(matches::id.eq(id)).filter(matches::undone_at.is_null()))
        .set((matches::undone_at.eq(Some(now)), matches::undone_by.eq(staff), matches::undone_note.eq(note.to_owned())))
        .execute(db)
        .map(|rows| rows > 0)
}

/// # Errors
/// The database's.
pub fn payouts_by_id(db: &mut Db, livemode: bool, ids: &[String]) -> QueryResult<Vec<PayoutRow>> {
    PayoutRow::query()
        .filter(stripe_payouts::livemode.eq(livemode))
        .filter(stripe_payouts::id.eq_any(ids.to_vec()))
        .order(stripe_payouts::id.asc())
        .load(db)
}

/// On which days the lines of these matches were booked.
///
/// # Errors
/// The database's.
pub fn booked_days(db: &mut Db, matched: &HashMap<String, Vec<Match>>) -> QueryResult<HashMap<BankLineId, Day>> {
    let ids: Vec<BankLineId> = matched.values().flatten().map(|each| each.bank_line_id).collect();
    let days = bank_lines::table.filter(bank_lines::id.eq_any(ids)).select((bank_lines::id, bank_lines::booked_on));
    Ok(days.load(db)?.into_iter().collect())
}

/// Payouts that the rule may find a line for: no line of their own yet, or failed and with one line only. (A payout that
/// came back needs two.)
///
/// # Errors
/// The database's.
pub fn payouts_without_line(db: &mut Db, livemode: bool) -> QueryResult<Vec<PayoutRow>> {
    let of = |leg: Leg| {
        exists(
            matches::table
                .filter(matches::payout.eq(stripe_payouts::id))
                .filter(matches::undone_at.is_null())
                .filter(matches::leg.eq(leg)),
        )
    };
    let failed = stripe_payouts::status.eq(PayoutStatus::Failed);
    PayoutRow::query()
        .filter(stripe_payouts::livemode.eq(livemode))
        .filter(not(of(Leg::Paid)).or(failed.and(not(of(Leg::Returned)))))
        .order((stripe_payouts::arrives_on.asc(), stripe_payouts::id.asc()))
        .load(db)
}

/// Payouts with one of these amounts, either way.
///
/// # Errors
/// The database's.
pub fn payouts_with_amounts(
    db: &mut Db,
    livemode: bool,
    currency: &Currency,
    amounts: &[i64],
) -> QueryResult<Vec<PayoutRow>> {
    let either: Vec<i64> = amounts.iter().flat_map(|amount| [*amount, amount.saturating_neg()]).collect();
    PayoutRow::query()
        .filter(stripe_payouts::livemode.eq(livemode))
        .filter(stripe_payouts::currency.eq(currency.clone()))
        .filter(stripe_payouts::amount_minor.eq_any(either))
        .order((stripe_payouts::arrives_on.asc(), stripe_payouts::id.asc()))
        .load(db)
}

/// Payouts that should arrive from `from` to `to` and have no bank line yet.
///
/// # Errors
/// The database's.
pub fn payouts_around(
    db: &mut Db,
    livemode: bool,
    currency: &Currency,
    from: Day,
    to: Day,
    most: i64,
) -> QueryResult<Vec<PayoutRow>> {
    let holds = matches::table.filter(matches::payout.eq(stripe_payouts::id)).filter(matches::undone_at.is_null());
    PayoutRow::query()
        .filter(stripe_payouts::livemode.eq(livemode))
        .filter(stripe_payouts::currency.eq(currency.clone()))
        .filter(stripe_payouts::arrives_on.between(from, to))
        .filter(not(exists(holds)))
        .order((stripe_payouts::arrives_on.asc(), stripe_payouts::id.asc()))
        .limit(most)
        .load(db)
}
