//! Rows of `staff_links`: one-time links, by the hash of their token.

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::staff_links;
use crate::values::{At, StaffId};

/// # Errors
/// The database's.
pub fn insert(db: &mut Db, staff: StaffId, token_hash: &str, expires_at: At, now: At) -> QueryResult<()> {
    diesel::insert_into(staff_links::table)
        .values((
            staff_links::staff_id.eq(staff),
            staff_links::token_hash.eq(token_hash),
            staff_links::expires_at.eq(expires_at),
            staff_links::created_at.eq(now),
        ))
        .execute(db)
        .map(drop)
}

/// The member whose link it is, if it was not used and has not expired.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, token_hash: &str, now: At) -> QueryResult<Option<StaffId>> {
    staff_links::table
        .filter(staff_links::token_hash.eq(token_hash))
        .filter(staff_links::used_at.is_null())
        .filter(staff_links::expires_at.gt(now))
        .select(staff_links::staff_id)
        .first(db)
        .optional()
}

/// Makes every open link of a member worthless: one was used, or a newer one is on its way.
///
/// # Errors
/// The database's.
pub fn use_all(db: &mut Db, staff: StaffId, now: At) -> QueryResult<()> {
    diesel::update(staff_links::table.filter(staff_links::staff_id.eq(staff)).filter(staff_links::used_at.is_null()))
        .set(staff_links::used_at.eq(now))
        .execute(db)
        .map(drop)
}

/// When the newest link of a member was made.
///
/// # Errors
/// The database's.
pub fn newest(db: &mut Db, staff: StaffId) -> QueryResult<Option<At>> {
    staff_links::table
        .filter(staff_links::staff_id.eq(staff))
        .order(staff_links::created_at.desc())
        .select(staff_links::created_at)
        .first(db)
        .optional()
}

/// Deletes links that ran out before then, used or not.
///
/// # Errors
/// The database's.
pub fn delete_before(db: &mut Db, before: At) -> QueryResult<usize> {
    diesel::delete(staff_links::table.filter(staff_links::expires_at.lt(before))).execute(db)
}
