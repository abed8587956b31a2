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
