//! What staff say of bank lines: matched with payouts, set aside, taken up again. Each is an audit entry.

use std::collections::BTreeSet;

use super::rule::{amount, match_by_rule};
use super::store::{self, NewMatch};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::finance::{Leg, PayoutRow};
use crate::stripe::PayoutStatus;
use crate::values::{At, BankLineId, MatchId, Money, clean_line};

const NOTE_MAX: usize = 300;

/// Says that a line is the money of these payouts. Their sum is the line's amount: each payout's own for money that came,
/// the negative for payouts that failed and went back. A line that was set aside is taken up by it.
///
/// # Errors
/// `NotFound`; `Invalid` naming `payouts` or `note`; `Conflict` when the line is matched already.
pub fn match_by_hand(
    db: &mut Db,
    livemode: bool,
    line: BankLineId,
    payouts: &[String],
    note: &str,
    actor: &Actor,
    now: At,
) -> Result<(), Error> {
    let note = clean_line(note, NOTE_MAX).map_err(|error| Error::invalid("note", error))?;
    store::hold_matches(db)?;
    let row = store::line(db, line)?;
    if !row.matches.is_empty() {
        return Err(Error::conflict("This line is matched already. Undo that match first."));
    }
    let wanted: BTreeSet<String> = payouts.iter().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
    if wanted.is_empty() {
        return Err(Error::invalid("payouts", "choose at least one payout"));
    }
    let wanted: Vec<String> = wanted.into_iter().collect();
    let found = store::payouts_by_id(db, livemode, &wanted)?;
    if let Some(unknown) = wanted.iter().find(|id| !found.iter().any(|payout| payout.id == **id)) {
        let unknown: String = unknown.chars().take(60).collect();
        return Err(Error::invalid("payouts", format!("there is no payout {unknown}")));
    }
    if let Some(other) = found.iter().find(|payout| payout.currency != row.line.currency) {
        let words = format!("{} is in {}, this line in {}", other.id, other.currency, row.line.currency);
        return Err(Error::invalid("payouts", words));
    }
    let leg = leg_of(&found, row.line.amount())?;
    if let Some(payout) = found.iter().find(|payout| payout.status == PayoutStatus::Canceled) {
        let words = format!("{} was cancelled before it left Stripe: no bank line has its money", payout.id);
        return Err(Error::invalid("payouts", words));
    }
    if let Some(taken) = store::of_payouts(db, &wanted)?.into_iter().find(|each| each.leg == leg) {
        let words =
            format!("{} is matched with line {} already; undo that match first", taken.payout, taken.bank_line_id);
        return Err(Error::invalid("payouts", words));
    }
    let reasons = if note.is_empty() { "by hand".to_owned() } else { format!("by hand: {note}") };
    for payout in &found {
        let new = NewMatch { line, payout: &payout.id, leg, staff: actor.staff, reasons: &reasons };
        store::insert_match(db, new, now)?;
        let detail = format!("{} ({leg}): {reasons}", payout.id);
        audit::record(db, actor, "matched", "bank line", Some(line.0), &detail, now)?;
    }
    store::put_back(db, line)?;
    // One choice less may make others certain.
    match_by_rule(db, livemode, now)?;
    Ok(())
}

/// Which way of the payouts the line shows: the one whose amounts sum up to it.
fn leg_of(payouts: &[PayoutRow], line: Money) -> Result<Leg, Error> {
    let sum = |leg: Leg| payouts.iter().try_fold(0_i64, |sum, payout| sum.checked_add(amount(payout, leg)?));
    if sum(Leg::Paid) == Some(line.minor) {
        return Ok(Leg::Paid);
    }
    if sum(Leg::Returned) == Some(line.minor) {
        return match payouts.iter().find(|payout| payout.status != PayoutStatus::Failed) {
            None => Ok(Leg::Returned),
            Some(payout) => Err(Error::invalid(
                "payouts",
                format!("money of {} went back by this line, but at Stripe the payout did not fail", payout.id),
            )),
        };
    }
    let sum = Money::new(sum(Leg::Paid).unwrap_or_default(), line.currency.clone());
    Err(Error::invalid("payouts", format!("the payouts come to {sum}, the line is {line}")))
}

/// Takes a match back, with all others of its line: several payouts are the line's amount only together, and what was left
/// would be money that the bank never had. The rows stay, and the rule never makes them again.
///
/// # Errors
/// `NotFound`; `Invalid` naming `note`; `Conflict` when it was undone before.
pub fn undo(db: &mut Db, id: MatchId, note: &str, actor: &Actor, now: At) -> Result<(), Error> {
    let note = needed(note)?;
    store::hold_matches(db)?;
    let found = store::find_match(db, id)?;
    if found.undone_at.is_some() {
        return Err(Error::conflict("This match was undone before."));
    }
    let line = found.bank_line_id;
    for each in store::open_by_line(db, &[line])? {
        store::close_match(db, each.id, actor.staff, &note, now)?;
        let detail = format!("{} ({}): {note}", each.payout, each.leg);
        audit::record(db, actor, "undid a match of", "bank line", Some(line.0), &detail, now)?;
    }
    Ok(())
}

/// Says of lines that they are not about payouts; why is needed. Those that are set aside already stay as they are.
///
/// # Errors
/// `NotFound`; `Invalid` naming `note` or `lines`; `Conflict` when one of them is matched.
pub fn set_aside(db: &mut Db, ids: &[BankLineId], note: &str, actor: &Actor, now: At) -> Result<(), Error> {
    let note = needed(note)?;
    if ids.is_empty() {
        return Err(Error::invalid("lines", "choose at least one line"));
    }
    store::hold_matches(db)?;
    for id in ids {
        if !store::line(db, *id)?.matches.is_empty() {
            return Err(Error::conflict(format!("Line {id} is matched with a payout. Undo that match first.")));
        }
    }
    for id in store::put_aside(db, ids, actor.staff, &note, now)? {
        audit::record(db, actor, "set aside", "bank line", Some(id.0), &note, now)?;
    }
    Ok(())
}

/// Takes a line up again that was set aside. (Words that were not kept do not come back.)
///
/// # Errors
/// `NotFound`; `Conflict` when it was not set aside.
pub fn take_up(db: &mut Db, id: BankLineId, actor: &Actor, now: At) -> Result<(), Error> {
    store::line(db, id)?;
    if !store::put_back(db, id)? {
        return Err(Error::conflict("This line is not set aside."));
    }
    Ok(audit::record(db, actor, "took up", "bank line", Some(id.0), "", now)?)
}

fn needed(note: &str) -> Result<String, Error> {
    let note = clean_line(note, NOTE_MAX).map_err(|error| Error::invalid("note", error))?;
    match note.is_empty() {
        true => Err(Error::invalid("note", "say why, for your colleagues")),
        false => Ok(note),
    }
}
