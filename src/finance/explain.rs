//! What staff say of balance transactions that no rule explains; and where the books begin.

use chrono_tz::Tz;
use diesel::QueryResult;

use super::store::explain as store;
use super::{AccountRole, Explanation, balance};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, Day, JournalAccountId, clean_line};

/// Where the money of an explained transaction may stand: not at Stripe, on its way, with the unexplained or in the
/// opening balance, which the journal keeps by itself.
pub fn may_explain(role: AccountRole) -> bool {
    matches!(role, AccountRole::Income | AccountRole::Fees | AccountRole::Bank | AccountRole::Other)
}

/// Staff say what a transaction is; said again, the newer account and note hold.
///
/// # Errors
/// `NotFound`; `Invalid` naming `account`, `note`; `Conflict` when a rule explains it, or it is older than the books.
pub fn explain(
    db: &mut Db,
    livemode: bool,
    id: &str,
    account: JournalAccountId,
    note: &str,
    actor: &Actor,
    now: At,
) -> Result<(), Error> {
    store::lock(db, id)?;
    let line = balance::find(db, livemode, id)?;
    match line.explanation {
        Explanation::Unexplained | Explanation::Staff => {}
        Explanation::Before => return Err(Error::conflict("It is older than the books: nothing is booked of it.")),
        _ => return Err(Error::conflict("It is explained already, by what Stripe and the donations here say of it.")),
    }
    if matches!(line.reporting_category.as_str(), "payout" | "payout_reversal") {
        return Err(Error::conflict(
            "It is a payout that is not here yet: `pledgepost stripe sync` brings it. Explained by hand, it could not be matched with the bank.",
        ));
    }
    let note = clean_line(note, 300).map_err(|error| Error::invalid("note", error))?;
    if note.is_empty() {
        return Err(Error::invalid("note", "say what it is, for your colleagues"));
    }
    let account = store::account(db, account)?.ok_or_else(|| Error::invalid("account", "choose a journal account"))?;
    if !may_explain(account.role) {
        let why = format!("{} {} is kept by the journal itself: choose another account", account.code, account.name);
        return Err(Error::invalid("account", why));
    }
    store::save(db, id, account.id, &note, actor.staff, now)?;
    let detail = format!("{id}, {} net, is {} {}: {note}", line.net(), account.code, account.name);
    Ok(audit::record(db, actor, "explained", "balance transaction", None, &detail, now)?)
}

/// The transaction is unexplained again, or what a rule says of it meanwhile.
///
/// # Errors
/// `NotFound`; `Conflict` when staff said nothing of it.
pub fn take_back(db: &mut Db, livemode: bool, id: &str, actor: &Actor, now: At) -> Result<(), Error> {
    let line = balance::find(db, livemode, id)?;
    if !store::remove(db, id)? {
        return Err(Error::conflict("Nobody explained it by hand."));
    }
    let detail = format!("{id}, {} net: {}", line.net(), line.note.unwrap_or_default());
    Ok(audit::record(db, actor, "took back the explanation", "balance transaction", None, &detail, now)?)
}

/// When the books begin. None: with the first transaction.
///
/// # Errors
/// The database's.
pub fn begins_at(db: &mut Db) -> QueryResult<Option<At>> {
    store::begins_at(db)
}

/// What is older than that day is nobody's to explain here: its sum is the opening balance.
///
/// # Errors
/// `Invalid` naming `day`, when it is in the future.
pub fn set_beginning(db: &mut Db, day: Option<Day>, zone: Tz, actor: &Actor, now: At) -> Result<(), Error> {
    if day.is_some_and(|day| day > Day::of(now, zone)) {
        return Err(Error::invalid("day", "the books cannot begin in the future"));
    }
    store::set_begins_at(db, day.map(|day| day.begins(zone)))?;
    let detail = day.map_or_else(|| "with the first transaction".to_owned(), |day| day.to_string());
    Ok(audit::record(db, actor, "set the beginning", "books", None, &detail, now)?)
}
