//! The one row of `installation`.

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::installation;
use crate::text_enum;
use crate::values::At;

text_enum! {
    /// Who made the database: the demo refuses one that it did not make.
    pub enum MadeBy { Serve => "serve", Demo => "demo" }
}

#[derive(Queryable, Debug)]
pub struct Installation {
    pub mode: String,
    pub made_by: MadeBy,
    pub sealed_key: String,
}

pub fn find(db: &mut Db) -> QueryResult<Option<Installation>> {
    installation::table
        .select((installation::mode, installation::made_by, installation::sealed_key))
        .first(db)
        .optional()
}

pub fn insert(db: &mut Db, mode: &str, made_by: MadeBy, sealed: &str, now: At) -> QueryResult<()> {
    diesel::insert_into(installation::table)
        .values((
            installation::id.eq(1),
            installation::mode.eq(mode),
            installation::made_by.eq(made_by),
            installation::sealed_key.eq(sealed),
            installation::created_at.eq(now),
        ))
        .execute(db)
        .map(drop)
}

pub fn reseal(db: &mut Db, sealed: &str) -> QueryResult<()> {
    diesel::update(installation::table).set(installation::sealed_key.eq(sealed)).execute(db).map(drop)
}
