//! What staff said of transactions, and the beginning of the books.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::schema::{books, explanations, journal_accounts};
use crate::db::{Both, Db, dialect};
use crate::finance::JournalAccount;
use crate::values::{At, JournalAccountId, StaffId};

/// Holds the transaction's row for the rest of the database's transaction.
///
/// # Errors
/// The database's.
pub fn lock(db: &mut Db, id: &str) -> QueryResult<()> {
    let sql = format!("SELECT id FROM balance_transactions WHERE id = $1{}", dialect::for_update(db));
    diesel::sql_query(sql).bind::<Text, _>(id.to_owned()).execute(db).map(drop)
}

/// # Errors
/// The database's.
pub fn account(db: &mut Db, id: JournalAccountId) -> QueryResult<Option<JournalAccount>> {
    JournalAccount::query().filter(journal_accounts::id.eq(id)).first(db).optional()
}

/// # Errors
/// The database's.
pub fn save(
    db: &mut Db,
    id: &str,
    account: JournalAccountId,
    note: &str,
    staff: Option<StaffId>,
    now: At,
) -> QueryResult<()> {
    use explanations as e;
    let said = (e::journal_account_id.eq(account), e::note.eq(note), e::staff_id.eq(staff), e::made_at.eq(now));
    let insert = diesel::insert_into(e::table).values((e::balance_transaction.eq(id), said));
    Both(insert.on_conflict(e::balance_transaction).do_update().set(said)).execute(db).map(drop)
}

/// Whether there was anything.
///
/// # Errors
/// The database's.
pub fn remove(db: &mut Db, id: &str) -> QueryResult<bool> {
    diesel::delete(explanations::table.find(id)).execute(db).map(|rows| rows > 0)
}

/// # Errors
/// The database's.
pub fn begins_at(db: &mut Db) -> QueryResult<Option<At>> {
    let row = books::table.find(1_i64).select(books::begins_at).first::<Option<At>>(db).optional()?;
    Ok(row.flatten())
}

/// # Errors
/// The database's.
pub fn set_begins_at(db: &mut Db, at: Option<At>) -> QueryResult<()> {
    let insert = diesel::insert_into(books::table).values((books::id.eq(1_i64), books::begins_at.eq(at)));
    Both(insert.on_conflict(books::id).do_update().set(books::begins_at.eq(at))).execute(db).map(drop)
}
