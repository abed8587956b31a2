//! Rows of `suppressions`, by keyed hash of the address.

use diesel::prelude::*;

use crate::db::schema::suppressions;
use crate::db::{Both, Db};
use crate::subscribers::SuppressionReason;
use crate::values::At;

/// # Errors
/// The database's.
pub fn find(db: &mut Db, address_hash: &str) -> QueryResult<Option<(SuppressionReason, At)>> {
    suppressions::table
        .filter(suppressions::address_hash.eq(address_hash))
        .select((suppressions::reason, suppressions::at))
        .first(db)
        .optional()
}

/// Adds a suppression; one that is there keeps its reason and date.
///
/// # Errors
/// The database's.
pub fn add(db: &mut Db, address_hash: &str, reason: SuppressionReason, now: At) -> QueryResult<()> {
    let insert = diesel::insert_into(suppressions::table).values((
        suppressions::address_hash.eq(address_hash.to_owned()),
        suppressions::reason.eq(reason),
        suppressions::at.eq(now),
    ));
    Both(insert.on_conflict_do_nothing()).execute(db).map(drop)
}

/// # Errors
/// The database's.
pub fn remove(db: &mut Db, address_hash: &str) -> QueryResult<()> {
    diesel::delete(suppressions::table.filter(suppressions::address_hash.eq(address_hash))).execute(db).map(drop)
}
