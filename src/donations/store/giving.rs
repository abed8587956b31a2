//! The one row of `giving`.

use diesel::prelude::*;

use crate::db::schema::giving;
use crate::db::{Db, dialect};
use crate::donations::Giving;
use crate::values::At;

/// # Errors
/// The database's.
pub fn get(db: &mut Db) -> QueryResult<Option<Giving>> {
    Giving::query().first(db).optional()
}

/// # Errors
/// The database's.
pub fn set(db: &mut Db, is_open: bool, reason: &str, now: At) -> QueryResult<()> {
    let values = (giving::is_open.eq(is_open), giving::reason.eq(reason.to_owned()), giving::changed_at.eq(now));
    let changed = diesel::update(giving::table).set(values.clone()).execute(db)?;
    if changed == 0 {
        diesel::insert_into(giving::table).values((giving::id.eq(1_i64), values.0, values.1, values.2)).execute(db)?;
    }
    Ok(())
}

/// Lets the beginnings of gifts come one after the other, until the transaction ends.
///
/// # Errors
/// The database's.
pub fn hold(db: &mut Db) -> QueryResult<()> {
    dialect::lock_table(db, "giving")
}
