//! Rows of `journal_accounts`.

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::{bank_accounts, explanations, funds, journal_accounts};
use crate::finance::{AccountKind, AccountRole, JournalAccount};
use crate::values::{At, BankAccountId, FundId, JournalAccountId};

/// By code.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db) -> QueryResult<Vec<JournalAccount>> {
    let mut rows: Vec<JournalAccount> = JournalAccount::query().load(db)?;
    // Here and not in the database, whose order of text depends on its collation.
    rows.sort_by(|a, b| a.code.cmp(&b.code).then(a.id.cmp(&b.id)));
    Ok(rows)
}

/// # Errors
/// The database's, a unique violation among them.
#[expect(clippy::too_many_arguments, reason = "the columns of the row")]
pub fn insert(
    db: &mut Db,
    role: AccountRole,
    kind: AccountKind,
    fund: Option<FundId>,
    bank: Option<BankAccountId>,
    code: &str,
    name: &str,
    now: At,
) -> QueryResult<JournalAccountId> {
    diesel::insert_into(journal_accounts::table)
        .values((
            journal_accounts::role.eq(role),
            journal_accounts::kind.eq(kind),
            journal_accounts::fund_id.eq(fund),
            journal_accounts::bank_account_id.eq(bank),
            journal_accounts::code.eq(code),
            journal_accounts::name.eq(name),
            journal_accounts::created_at.eq(now),
        ))
        .returning(journal_accounts::id)
        .get_result(db)
}

/// # Errors
/// The database's, a unique violation among them.
pub fn update(db: &mut Db, id: JournalAccountId, code: &str, name: &str, kind: AccountKind) -> QueryResult<()> {
    diesel::update(journal_accounts::table.filter(journal_accounts::id.eq(id)))
        .set((journal_accounts::code.eq(code), journal_accounts::name.eq(name), journal_accounts::kind.eq(kind)))
        .execute(db)
        .map(drop)
}

/// # Errors
/// The database's; something that is explained by it keeps it.
pub fn delete(db: &mut Db, id: JournalAccountId) -> QueryResult<()> {
    diesel::delete(journal_accounts::table.filter(journal_accounts::id.eq(id))).execute(db).map(drop)
}

/// How many transactions are explained by it.
///
/// # Errors
/// The database's.
pub fn explanations(db: &mut Db, id: JournalAccountId) -> QueryResult<i64> {
    explanations::table.filter(explanations::journal_account_id.eq(id)).count().get_result(db)
}

/// # Errors
/// The database's.
pub fn fund_exists(db: &mut Db, id: FundId) -> QueryResult<bool> {
    diesel::select(exists(funds::table.filter(funds::id.eq(id)))).get_result(db)
}

/// # Errors
/// The database's.
pub fn bank_account_exists(db: &mut Db, id: BankAccountId) -> QueryResult<bool> {
    diesel::select(exists(bank_accounts::table.filter(bank_accounts::id.eq(id)))).get_result(db)
}
