//! Rows of `login_failures`: failed log-ins per account key, known or not.

use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::db::schema::login_failures;
use crate::db::{Both, Db};
use crate::values::At;

/// How many in a row, and when the last.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, account_key: &str) -> QueryResult<Option<(i64, At)>> {
    login_failures::table
        .find(account_key)
        .select((login_failures::failures, login_failures::last_at))
        .first(db)
        .optional()
}

/// As [`find`], and holds the row (made with 0 if there was none) for the rest of the transaction: of many tries at
/// once each sees the ones before it.
///
/// # Errors
/// The database's.
pub fn hold(db: &mut Db, account_key: &str, now: At) -> QueryResult<(i64, At)> {
    let insert = diesel::insert_into(login_failures::table).values((
        login_failures::account_key.eq(account_key.to_owned()),
        login_failures::failures.eq(0_i64),
        login_failures::last_at.eq(now),
    ));
    Both(insert.on_conflict_do_nothing()).execute(db)?;
    // An update is a lock on both back ends.
    diesel::update(login_failures::table.find(account_key))
        .set(login_failures::failures.eq(login_failures::failures))
        .execute(db)?;
    Ok(find(db, account_key)?.unwrap_or((0, now)))
}

/// # Errors
/// The database's.
pub fn put(db: &mut Db, account_key: &str, failures: i64, now: At) -> QueryResult<()> {
    let insert = diesel::insert_into(login_failures::table)
        .values((
            login_failures::account_key.eq(account_key),
            login_failures::failures.eq(failures),
            login_failures::last_at.eq(now),
        ))
        .on_conflict(login_failures::account_key)
        .do_update()
        .set((
            login_failures::failures.eq(excluded(login_failures::failures)),
            login_failures::last_at.eq(excluded(login_failures::last_at)),
        ));
    Both(insert).execute(db).map(drop)
}

/// # Errors
/// The database's.
pub fn delete(db: &mut Db, account_key: &str) -> QueryResult<()> {
    diesel::delete(login_failures::table.find(account_key)).execute(db).map(drop)
}

/// # Errors
/// The database's.
pub fn delete_before(db: &mut Db, before: At) -> QueryResult<usize> {
    diesel::delete(login_failures::table.filter(login_failures::last_at.lt(before))).execute(db)
}
