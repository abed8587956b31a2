//! Rows of `sessions`, by the hash of the cookie's key.

use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::db::schema::sessions;
use crate::db::{Both, Db};
use crate::values::{At, StaffId};

/// The data of a session that has not expired.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, key_hash: &str, now: At) -> QueryResult<Option<String>> {
    sessions::table.find(key_hash).filter(sessions::expires_at.gt(now)).select(sessions::data).first(db).optional()
}

/// # Errors
/// The database's.
pub fn expires_at(db: &mut Db, key_hash: &str) -> QueryResult<Option<At>> {
    sessions::table.find(key_hash).select(sessions::expires_at).first(db).optional()
}

/// # Errors
/// The database's.
pub fn put(db: &mut Db, key_hash: &str, staff: Option<StaffId>, data: &str, expires_at: At) -> QueryResult<()> {
    let insert = diesel::insert_into(sessions::table)
        .values((
            sessions::key_hash.eq(key_hash),
            sessions::staff_id.eq(staff),
            sessions::data.eq(data),
            sessions::expires_at.eq(expires_at),
        ))
        .on_conflict(sessions::key_hash)
        .do_update()
        .set((sessions::data.eq(excluded(sessions::data)), sessions::expires_at.eq(excluded(sessions::expires_at))));
    Both(insert).execute(db).map(drop)
}

/// Changes a session that is still there; one that was ended stays ended.
///
/// # Errors
/// The database's.
pub fn update(
    db: &mut Db,
    key_hash: &str,
    staff: Option<StaffId>,
    data: &str,
    expires_at: At,
    now: At,
) -> QueryResult<()> {
    diesel::update(sessions::table.find(key_hash).filter(sessions::expires_at.gt(now)))
        .set((sessions::staff_id.eq(staff), sessions::data.eq(data), sessions::expires_at.eq(expires_at)))
        .execute(db)
        .map(drop)
}

/// # Errors
/// The database's.
pub fn extend(db: &mut Db, key_hash: &str, expires_at: At) -> QueryResult<()> {
    diesel::update(sessions::table.find(key_hash)).set(sessions::expires_at.eq(expires_at)).execute(db).map(drop)
}

/// # Errors
/// The database's.
pub fn delete(db: &mut Db, key_hash: &str) -> QueryResult<()> {
    diesel::delete(sessions::table.find(key_hash)).execute(db).map(drop)
}

/// Ends every session of a member.
///
/// # Errors
/// The database's.
pub fn end_all(db: &mut Db, staff: StaffId) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(sessions::staff_id.eq(staff))).execute(db)
}

/// # Errors
/// The database's.
pub fn delete_expired(db: &mut Db, now: At) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(sessions::expires_at.le(now))).execute(db)
}
