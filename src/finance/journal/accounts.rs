//! The account map: which account of the organisation's own chart the journal books to.

use super::chart::{DEFAULTS, is_general};
use super::store;
use crate::audit::{self, Actor};
use crate::db::{Db, dialect};
use crate::error::{Error, Problems};
use crate::finance::explain::may_explain;
use crate::finance::{AccountKind, AccountRole, JournalAccount};
use crate::values::{At, BankAccountId, FundId, JournalAccountId, clean_line};

/// Characters of a code.
const CODE: usize = 20;
/// Characters of a name.
const NAME: usize = 80;
const SUBJECT: &str = "journal account";

/// What a new account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The gifts for a fund.
    Fund(FundId),
    /// The money on a bank account.
    Bank(BankAccountId),
    /// Staff's own, to explain transactions by hand.
    Other(AccountKind),
}

/// What is wrong with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a code has 1 to {CODE} letters without accents, digits, points and hyphens, and begins with a letter or a digit"
)]
pub struct InvalidCode;

/// Writes down the account of every role that has none.
///
/// # Errors
/// The database's.
pub fn ensure(db: &mut Db, now: At) -> Result<(), Error> {
    if missing(&store::accounts::list(db)?).next().is_none() {
        return Ok(());
    }
    // Two at once would make them twice.
    dialect::lock_table(db, "journal_accounts")?;
    let mut there = store::accounts::list(db)?;
    for (role, kind, code, name) in missing(&there.clone()) {
        // Staff may have taken the number for an account of their own.
        let free = |code: &String| !there.iter().any(|account| account.code == *code);
        let others = (1..).map(|n| format!("{code}-{n}"));
        let Some(code) = std::iter::once(code.to_owned()).chain(others).find(free) else { continue };
        let id = store::accounts::insert(db, role, kind, None, None, &code, name, now)?;
        there.push(JournalAccount { id, role, kind, fund_id: None, bank_account_id: None, code, name: name.into() });
    }
    Ok(())
}

fn missing(there: &[JournalAccount]) -> impl Iterator<Item = (AccountRole, AccountKind, &'static str, &'static str)> {
    let has = |role| there.iter().any(|account| is_general(account) && account.role == role);
    DEFAULTS.into_iter().filter(move |(role, ..)| !has(*role))
}

/// All accounts by code; empty before [`ensure`].
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db) -> Result<Vec<JournalAccount>, Error> {
    Ok(store::accounts::list(db)?)
}

/// The accounts that staff may choose to explain a transaction: not those that the journal keeps for itself (the balance
/// at Stripe, what is unexplained, what was there before).
///
/// # Errors
/// The database's.
pub fn for_explaining(db: &mut Db) -> Result<Vec<JournalAccount>, Error> {
    Ok(list(db)?.into_iter().filter(|account| may_explain(account.role)).collect())
}

/// # Errors
/// `Invalid` naming `code`, `name` or `fund`/`bank_account` (there is one already, or no such thing).
pub fn add(
    db: &mut Db,
    purpose: Purpose,
    code: &str,
    name: &str,
    actor: &Actor,
    now: At,
) -> Result<JournalAccountId, Error> {
    ensure(db, now)?;
    let there = store::accounts::list(db)?;
    let mut problems = Problems::default();
    let (code, name) = checked(&there, None, code, name, &mut problems);
    let (role, kind, fund, bank) = match purpose {
        Purpose::Fund(id) => (AccountRole::Income, AccountKind::Income, Some(id), None),
        Purpose::Bank(id) => (AccountRole::Bank, AccountKind::Assets, None, Some(id)),
        Purpose::Other(kind) => (AccountRole::Other, kind, None, None),
    };
    if let Some(id) = fund {
        if there.iter().any(|account| account.fund_id == Some(id)) {
            problems.add("fund", "this fund has an account already");
        } else if !store::accounts::fund_exists(db, id)? {
            problems.add("fund", "choose one of the funds");
        }
    }
    if let Some(id) = bank {
        if there.iter().any(|account| account.bank_account_id == Some(id)) {
            problems.add("bank_account", "this bank account has an account already");
        } else if !store::accounts::bank_account_exists(db, id)? {
            problems.add("bank_account", "choose one of the bank accounts");
        }
    }
    problems.check()?;
    let id = store::accounts::insert(db, role, kind, fund, bank, &code, &name, now)?;
    audit::record(db, actor, "added", SUBJECT, Some(id.0), &format!("{code} {name}"), now)?;
    Ok(id)
}

/// Changes code and name; the kind of staff's own accounts too (that of others is fixed by what they are for).
///
/// # Errors
/// `NotFound`, or `Invalid` naming `code`, `name`, `kind`.
pub fn save(
    db: &mut Db,
    id: JournalAccountId,
    code: &str,
    name: &str,
    kind: Option<AccountKind>,
    actor: &Actor,
    now: At,
) -> Result<(), Error> {
    let there = store::accounts::list(db)?;
    let before = there.iter().find(|account| account.id == id).ok_or(Error::NotFound("account"))?;
    let mut problems = Problems::default();
    let (code, name) = checked(&there, Some(id), code, name, &mut problems);
    let kind = kind.unwrap_or(before.kind);
    if kind != before.kind && before.role != AccountRole::Other {
        problems.add("kind", "the kind of this account follows from what it is for");
    }
    problems.check()?;
    if (&code, &name, kind) == (&before.code, &before.name, before.kind) {
        return Ok(());
    }
    store::accounts::update(db, id, &code, &name, kind)?;
    let mut detail = format!("{} {} is {code} {name}", before.code, before.name);
    if kind != before.kind {
        detail = format!("{detail}, {kind} instead of {}", before.kind);
    }
    audit::record(db, actor, "changed", SUBJECT, Some(id.0), &detail, now)?;
    Ok(())
}

/// Removes an account of a fund or a bank account (the general one takes its place), or one of staff's own.
///
/// # Errors
/// `NotFound`; `Conflict` for the general account of a role, and for one by which something is explained.
pub fn remove(db: &mut Db, id: JournalAccountId, actor: &Actor, now: At) -> Result<(), Error> {
    let there = store::accounts::list(db)?;
    let account = there.iter().find(|account| account.id == id).ok_or(Error::NotFound("account"))?;
    if is_general(account) {
        return Err(Error::conflict("The journal needs this account. You can change its code and its name."));
    }
    match store::accounts::explanations(db, id)? {
        0 => {}
        1 => return Err(Error::conflict("One transaction is explained by this account.")),
        n => return Err(Error::conflict(format!("{n} transactions are explained by this account."))),
    }
    store::accounts::delete(db, id)?;
    let detail = format!("{} {}", account.code, account.name);
    audit::record(db, actor, "removed", SUBJECT, Some(id.0), &detail, now)?;
    Ok(())
}

/// Code and name as they are kept.
fn checked(
    there: &[JournalAccount],
    own: Option<JournalAccountId>,
    code: &str,
    name: &str,
    problems: &mut Problems,
) -> (String, String) {
    let code = problems.take("code", parse_code(code)).unwrap_or_default();
    if let Some(other) = there.iter().find(|account| account.code == code && Some(account.id) != own) {
        problems.add("code", format!("{} has this code: {}", other.name, other.code));
    }
    let name = problems.take("name", clean_line(name, NAME));
    if name.as_deref() == Some("") {
        problems.add("name", "a name is needed");
    }
    (code, name.unwrap_or_default())
}

fn parse_code(code: &str) -> Result<String, InvalidCode> {
    let code = code.trim();
    let fits = code.len() <= CODE
        && code.starts_with(|c: char| c.is_ascii_alphanumeric())
        && code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    if fits { Ok(code.to_owned()) } else { Err(InvalidCode) }
}
