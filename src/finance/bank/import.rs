//! Taking bank statements: all of a file, or nothing of it.

use super::camt::{self, Flaw, Statement};
use super::rule::{explainable, match_by_rule};
use super::store::{self, NewStatement};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::finance::{BankAccount, BankLine, BankStatement};
use crate::values::{At, BankAccountId, BankLineId, BankStatementId, Day, Money, clean_line, sha256_hex};

const NAME_MAX: usize = 100;
const FILE_NAME_MAX: usize = 200;
/// What stands with debits that no payout explains. Whom money went to is nobody's business here: it is not kept.
pub(super) const SET_ASIDE: &str = "money that went, and no payout that came back; the words were not kept";

/// Which account a file is said to be of.
#[derive(Debug, Clone, Copy)]
pub enum Account<'a> {
    /// Made from the statement when neither the name nor the IBAN is known.
    Named(&'a str),
    Id(BankAccountId),
}

/// What became of a file.
#[derive(Debug, Clone)]
pub struct Imported {
    pub account: BankAccount,
    pub account_is_new: bool,
    pub statements: Vec<Taken>,
    /// What the bank calls the statements that were here already.
    pub known: Vec<String>,
    /// In words for staff; what is said here did not stop the import.
    pub warnings: Vec<String>,
}

/// A statement that was taken.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Taken {
    pub id: BankStatementId,
    pub reference: String,
    pub opens_on: Day,
    pub closes_on: Day,
    pub lines: usize,
    /// Lines that the rule matched with payouts.
    pub matched: usize,
    /// Debits that no payout explains.
    pub set_aside: usize,
}

/// What was found out before a statement is written.
enum Standing {
    New { warnings: Vec<String> },
    Known,
}

/// Takes a file of statements, and matches by rule. Nothing is changed when it fails, if the caller's transaction is
/// taken back then (`Database::write` does).
///
/// # Errors
/// `Invalid` naming `file` (with the line of the file) or `account`, in words for finance staff; `NotFound`.
pub fn import(
    db: &mut Db,
    file: &[u8],
    file_name: &str,
    account: Account<'_>,
    livemode: bool,
    actor: &Actor,
    now: At,
) -> Result<Imported, Error> {
    let mut statements = camt::read(file).map_err(|flaw| Error::invalid("file", flaw))?;
    store::hold_statements(db)?;
    let file_name: String = file_name.chars().filter(|c| !c.is_control()).take(FILE_NAME_MAX).collect();
    let (account, account_is_new) = owner(db, account, &statements, actor, now)?;
    let mut done =
        Imported { account, account_is_new, statements: Vec::new(), known: Vec::new(), warnings: Vec::new() };
    // Oldest first, so that each finds the one before it.
    statements.sort_by_key(|statement| (statement.opens_on, statement.closes_on));
    let mut taken = Vec::new();
    for statement in statements {
        let hash = content_hash(&statement);
        match stands(db, &done.account, &statement, &hash)? {
            Standing::Known => done.known.push(statement.reference),
            Standing::New { warnings } => {
                done.warnings.extend(warnings);
                let id = write(db, &done.account, &statement, &hash, &file_name, actor, now)?;
                taken.push((id, statement));
            }
        }
    }
    if !taken.is_empty() {
        match_by_rule(db, livemode, now)?;
    }
    for (id, statement) in taken {
        let row = settle(db, livemode, id, statement, now)?;
        done.statements.push(row);
    }
    Ok(done)
}

/// The account that the file is of: known, or made from the first statement.
fn owner(
    db: &mut Db,
    account: Account<'_>,
    statements: &[Statement],
    actor: &Actor,
    now: At,
) -> Result<(BankAccount, bool), Error> {
    let first = statements.first().ok_or_else(|| refused(1, "there is no statement in this file"))?;
    let (found, is_new) = match account {
        Account::Id(id) => (store::find_account(db, id)?.ok_or(Error::NotFound("bank account"))?, false),
        Account::Named(name) => {
            let name = clean_line(name, NAME_MAX).map_err(|error| Error::invalid("account", error))?;
            if name.is_empty() {
                return Err(Error::invalid("account", "a name is needed, such as \"Main account\""));
            }
            match store::by_name(db, &name)? {
                Some(found) => (found, false),
                None => (make(db, &name, first, actor, now)?, true),
            }
        }
    };
    for statement in statements {
        if statement.identification != found.identification {
            let (this, name) = (shown(&statement.identification), &found.name);
            let words =
                format!("this statement is of the account {this}, but {name:?} is {}", shown(&found.identification));
            return Err(refused(statement.line, words));
        }
        if statement.currency != found.currency {
            let words = format!(
                "this statement is in {}, but the account {:?} is in {}",
                statement.currency, found.name, found.currency
            );
            return Err(refused(statement.line, words));
        }
    }
    Ok((found, is_new))
}

fn make(db: &mut Db, name: &str, first: &Statement, actor: &Actor, now: At) -> Result<BankAccount, Error> {
    let twins = store::by_identification(db, &first.identification)?;
    if let Some(twin) = twins.iter().find(|account| account.currency == first.currency) {
        let words = format!(
            "there is no account {name:?}; the file is of {}, which is here as {:?}",
            shown(&twin.identification),
            twin.name
        );
        return Err(Error::invalid("account", words));
    }
    let id = store::insert_account(db, name, &first.identification, &first.currency, now)?;
    let detail = format!("{name} ({}, {})", shown(&first.identification), first.currency);
    audit::record(db, actor, "added", "bank account", Some(id.0), &detail, now)?;
    store::find_account(db, id)?.ok_or(Error::NotFound("bank account"))
}

/// An IBAN in groups of four, as people read it.
fn shown(identification: &str) -> String {
    let letters: Vec<char> = identification.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn refused(line: usize, words: impl Into<String>) -> Error {
    Error::invalid("file", Flaw::new(line, words))
}

/// Of what was read, so that the same statement is known again in another file or under another name. Each piece has its
/// length before it: nothing can be moved from one to the next.
fn content_hash(statement: &Statement) -> String {
    let mut content = String::new();
    let mut add = |piece: &str| content.push_str(&format!("{}:{piece}", piece.len()));
    add(&statement.identification);
    add(statement.currency.as_str());
    add(&statement.closes_on.to_string());
    add(&statement.opening_minor.to_string());
    add(&statement.closing_minor.to_string());
    for line in &statement.lines {
        add(&line.booked_on.to_string());
        add(&line.amount_minor.to_string());
        add(&line.counterparty);
        add(&line.words);
        add(line.bank_reference.as_deref().unwrap_or_default());
    }
    sha256_hex(&content)
}

/// Whether it is here already, shares days with what is here, or leaves a gap.
fn stands(db: &mut Db, account: &BankAccount, new: &Statement, hash: &str) -> Result<Standing, Error> {
    if store::known(db, account.id, hash)?.is_some() {
        return Ok(Standing::Known);
    }
    for old in store::holds_days(db, account.id, new.opens_on, new.closes_on)? {
        // Two on one day, of which one goes on where the other ends, are pages of one statement.
        let goes_on = old.closes_on == new.opens_on && old.closing_minor == new.opening_minor;
        let leads_to = new.closes_on == old.opens_on && new.closing_minor == old.opening_minor;
        if !goes_on && !leads_to {
            overlaps(db, &old, new)?;
        } else {
            repeats(db, &old, new, if goes_on { new.opens_on } else { new.closes_on })?;
        }
    }
    let mut warnings = Vec::new();
    let said = |minor| Money::new(minor, account.currency.clone()).to_string();
    let before = store::before(db, account.id, new.opens_on)?;
    if let Some(old) = before.filter(|old| old.closing_minor != new.opening_minor) {
        warnings.push(format!(
            "statement {} opens with {}, but {} before it closed on {} with {}: a statement between them is missing",
            new.reference,
            said(new.opening_minor),
            old.reference,
            old.closes_on,
            said(old.closing_minor)
        ));
    }
    let after = store::after(db, account.id, new.closes_on)?;
    if let Some(next) = after.filter(|next| next.opening_minor != new.closing_minor) {
        warnings.push(format!(
            "statement {} closes with {}, but {} after it opened on {} with {}: a statement between them is missing",
            new.reference,
            said(new.closing_minor),
            next.reference,
            next.opens_on,
            said(next.opening_minor)
        ));
    }
    if new.announced > 0 {
        let (count, words) = match new.announced {
            1 => ("one entry".to_owned(), "is"),
            count => (format!("{count} entries"), "are"),
        };
        warnings.push(format!("{count} of statement {} {words} not booked yet and left out", new.reference));
    }
    Ok(Standing::New { warnings })
}

/// Refuses a statement that goes on where the other ends only because one of them moves nothing on the whole, and that has
/// the other's entries of the day again (the bank wrote their words otherwise).
fn repeats(db: &mut Db, old: &BankStatement, new: &Statement, day: Day) -> Result<(), Error> {
    if old.opening_minor != old.closing_minor && new.opening_minor != new.closing_minor {
        return Ok(());
    }
    let here = store::of_statement(db, old.id)?.into_iter().map(|row| row.line);
    let here: Vec<i64> = here.filter(|line| line.booked_on == day).map(|line| line.amount_minor).collect();
    let theirs: Vec<i64> =
        new.lines.iter().filter(|line| line.booked_on == day).map(|line| line.amount_minor).collect();
    let (few, many) = if here.len() <= theirs.len() { (&here, theirs.clone()) } else { (&theirs, here.clone()) };
    if few.is_empty() || !within(few, many) {
        return Ok(());
    }
    let words = format!(
        "the entries of {day} are here already, by statement {} ({} to {}). Take a statement that begins later",
        old.reference, old.opens_on, old.closes_on
    );
    Err(refused(new.line, words))
}

/// Whether all of them are among the others, each as often.
fn within(few: &[i64], mut many: Vec<i64>) -> bool {
    few.iter()
        .all(|amount| many.iter().position(|other| other == amount).map(|place| many.swap_remove(place)).is_some())
}

/// Refuses a statement with entries on days that are here already.
fn overlaps(db: &mut Db, old: &BankStatement, new: &Statement) -> Result<(), Error> {
    let known = format!("statement {} ({} to {})", old.reference, old.opens_on, old.closes_on);
    if let Some(line) = new.lines.iter().find(|line| (old.opens_on..=old.closes_on).contains(&line.booked_on)) {
        let words = format!(
            "this entry of {} is in days that are here already, by {known}. Take a statement that begins later",
            line.booked_on
        );
        return Err(refused(line.line, words));
    }
    match store::first_shared_day(db, old.id, new.opens_on, new.closes_on)? {
        None => Ok(()),
        Some(day) => Err(refused(
            new.line,
            format!("this statement has no entry on {day}, but {known} is here and has one; they cannot both be right"),
        )),
    }
}

fn write(
    db: &mut Db,
    account: &BankAccount,
    statement: &Statement,
    hash: &str,
    file_name: &str,
    actor: &Actor,
    now: At,
) -> Result<BankStatementId, Error> {
    let new = NewStatement {
        account: account.id,
        reference: &statement.reference,
        opens_on: statement.opens_on,
        closes_on: statement.closes_on,
        opening_minor: statement.opening_minor,
        closing_minor: statement.closing_minor,
        currency: &statement.currency,
        content_hash: hash,
        file_name,
        staff: actor.staff,
    };
    let id = store::insert_statement(db, new, now)?;
    store::insert_lines(db, account.id, id, &statement.currency, &statement.lines)?;
    let detail = format!(
        "{}: {} to {}, {} lines, from {file_name}",
        account.name,
        statement.opens_on,
        statement.closes_on,
        statement.lines.len()
    );
    audit::record(db, actor, "imported", "bank statement", Some(id.0), &detail, now)?;
    Ok(id)
}

/// Sets debits aside that no payout explains, and counts.
fn settle(db: &mut Db, livemode: bool, id: BankStatementId, statement: Statement, now: At) -> Result<Taken, Error> {
    let rows = store::of_statement(db, id)?;
    let matched = rows.iter().filter(|row| !row.matches.is_empty()).count();
    let open = rows.into_iter().filter(|row| row.matches.is_empty() && row.line.amount_minor < 0);
    let debits: Vec<BankLine> = open.map(|row| row.line).collect();
    let explained = explainable(db, livemode, &debits)?;
    let aside: Vec<BankLineId> = debits.iter().map(|line| line.id).filter(|id| !explained.contains(id)).collect();
    for ids in aside.chunks(500) {
        store::put_aside(db, ids, None, SET_ASIDE, now)?;
        store::forget_words(db, ids)?;
    }
    Ok(Taken {
        id,
        reference: statement.reference,
        opens_on: statement.opens_on,
        closes_on: statement.closes_on,
        lines: statement.lines.len(),
        matched,
        set_aside: aside.len(),
    })
}
