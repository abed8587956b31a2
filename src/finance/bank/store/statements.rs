//! Rows of `bank_statements`.

use std::collections::HashMap;

use diesel::prelude::*;

use super::super::model::StatementRow;
use super::accounts;
use crate::db::schema::{bank_lines, bank_statements, matches};
use crate::db::{Db, dialect};
use crate::error::Error;
use crate::finance::BankStatement;
use crate::values::{At, BankAccountId, BankStatementId, Currency, Day, Page, PageRequest, StaffId};

/// What a statement begins with.
#[derive(Debug, Clone, Copy)]
pub struct NewStatement<'a> {
    pub account: BankAccountId,
    pub reference: &'a str,
    pub opens_on: Day,
    pub closes_on: Day,
    pub opening_minor: i64,
    pub closing_minor: i64,
    pub currency: &'a Currency,
    pub content_hash: &'a str,
    pub file_name: &'a str,
    pub staff: Option<StaffId>,
}

/// Holds off other imports until the transaction ends.
///
/// # Errors
/// The database's.
pub fn hold_statements(db: &mut Db) -> QueryResult<()> {
    dialect::lock_table(db, "bank_statements")
}

/// Newest first; of one account if asked.
///
/// # Errors
/// The database's.
pub fn statements(
    db: &mut Db,
    account: Option<BankAccountId>,
    request: PageRequest,
) -> QueryResult<Page<StatementRow>> {
    let (mut rows, mut count) = (BankStatement::query().into_boxed(), bank_statements::table.into_boxed());
    if let Some(account) = account {
        rows = rows.filter(bank_statements::bank_account_id.eq(account));
        count = count.filter(bank_statements::bank_account_id.eq(account));
    }
    let total = count.count().get_result(db)?;
    let rows: Vec<BankStatement> = rows
        .order((bank_statements::closes_on.desc(), bank_statements::id.desc()))
        .limit(request.size)
        .offset(request.offset())
        .load(db)?;
    Ok(Page { rows: counted(db, rows)?, total, request })
}

/// # Errors
/// `NotFound`, or the database's.
pub fn statement(db: &mut Db, id: BankStatementId) -> Result<StatementRow, Error> {
    let found = BankStatement::query().filter(bank_statements::id.eq(id)).first(db).optional()?;
    let found: BankStatement = found.ok_or(Error::NotFound("bank statement"))?;
    counted(db, vec![found])?.pop().ok_or(Error::NotFound("bank statement"))
}

fn counted(db: &mut Db, rows: Vec<BankStatement>) -> QueryResult<Vec<StatementRow>> {
    let ids: Vec<BankStatementId> = rows.iter().map(|row| row.id).collect();
    let all = counts(db, &ids, false)?;
    let open = counts(db, &ids, true)?;
    let accounts: HashMap<_, _> = accounts::accounts(db)?.into_iter().map(|account| (account.id, account)).collect();
    let of = |map: &HashMap<BankStatementId, i64>, id| map.get(&id).copied().unwrap_or_default();
    Ok(rows
        .into_iter()
        .filter_map(|statement| {
            let account = accounts.get(&statement.bank_account_id)?.clone();
            let (lines, open) = (of(&all, statement.id), of(&open, statement.id));
            Some(StatementRow { statement, account, lines, open })
        })
        .collect())
}

fn counts(db: &mut Db, ids: &[BankStatementId], open: bool) -> QueryResult<HashMap<BankStatementId, i64>> {
    let mut rows = bank_lines::table.filter(bank_lines::statement_id.eq_any(ids.to_vec())).into_boxed();
    if open {
        let holds =
            matches::table.filter(matches::bank_line_id.eq(bank_lines::id)).filter(matches::undone_at.is_null());
        rows = rows.filter(bank_lines::set_aside_at.is_null()).filter(diesel::dsl::not(diesel::dsl::exists(holds)));
    }
    let found: Vec<BankStatementId> = rows.select(bank_lines::statement_id).load(db)?;
    let mut counts = HashMap::new();
    found.into_iter().for_each(|id| *counts.entry(id).or_default() += 1);
    Ok(counts)
}

/// The statement with this content, when it is here.
///
/// # Errors
/// The database's.
pub fn known(db: &mut Db, account: BankAccountId, content_hash: &str) -> QueryResult<Option<BankStatement>> {
    BankStatement::query()
        .filter(bank_statements::bank_account_id.eq(account))
        .filter(bank_statements::content_hash.eq(content_hash.to_owned()))
        .first(db)
        .optional()
}

/// The newest statement that ends on this day or before.
///
/// # Errors
/// The database's.
pub fn before(db: &mut Db, account: BankAccountId, day: Day) -> QueryResult<Option<BankStatement>> {
    BankStatement::query()
        .filter(bank_statements::bank_account_id.eq(account))
        .filter(bank_statements::closes_on.le(day))
        .order((bank_statements::closes_on.desc(), bank_statements::id.desc()))
        .first(db)
        .optional()
}

/// The oldest statement that begins after this day. (On the same day it may be a page before.)
///
/// # Errors
/// The database's.
pub fn after(db: &mut Db, account: BankAccountId, day: Day) -> QueryResult<Option<BankStatement>> {
    BankStatement::query()
        .filter(bank_statements::bank_account_id.eq(account))
        .filter(bank_statements::opens_on.gt(day))
        .order((bank_statements::opens_on.asc(), bank_statements::id.asc()))
        .first(db)
        .optional()
}

/// Statements that share days with `from` to `to`.
///
/// # Errors
/// The database's.
pub fn holds_days(db: &mut Db, account: BankAccountId, from: Day, to: Day) -> QueryResult<Vec<BankStatement>> {
    BankStatement::query()
        .filter(bank_statements::bank_account_id.eq(account))
        .filter(bank_statements::opens_on.le(to))
        .filter(bank_statements::closes_on.ge(from))
        .order(bank_statements::opens_on.asc())
        .load(db)
}

/// The first day from `from` to `to` on which this statement has a line.
///
/// # Errors
/// The database's.
pub fn first_shared_day(db: &mut Db, statement: BankStatementId, from: Day, to: Day) -> QueryResult<Option<Day>> {
    bank_lines::table
        .filter(bank_lines::statement_id.eq(statement))
        .filter(bank_lines::booked_on.between(from, to))
        .order(bank_lines::booked_on.asc())
        .select(bank_lines::booked_on)
        .first(db)
        .optional()
}

/// # Errors
/// The database's; a content is there once in each account.
pub fn insert_statement(db: &mut Db, new: NewStatement<'_>, now: At) -> QueryResult<BankStatementId> {
    diesel::insert_into(bank_statements::table)
        .values((
            bank_statements::bank_account_id.eq(new.account),
            bank_statements::reference.eq(new.reference.to_owned()),
            bank_statements::opens_on.eq(new.opens_on),
            bank_statements::closes_on.eq(new.closes_on),
            bank_statements::opening_minor.eq(new.opening_minor),
            bank_statements::closing_minor.eq(new.closing_minor),
            bank_statements::currency.eq(new.currency.clone()),
            bank_statements::content_hash.eq(new.content_hash.to_owned()),
            bank_statements::file_name.eq(new.file_name.to_owned()),
            bank_statements::staff_id.eq(new.staff),
            bank_statements::imported_at.eq(now),
        ))
        .returning(bank_statements::id)
        .get_result(db)
}
