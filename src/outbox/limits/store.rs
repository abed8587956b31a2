//! Rows of `send_buckets`.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::Limit;
use super::bucket::Bucket;
use crate::db::schema::send_buckets;
use crate::db::{Both, Db, dialect};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    tokens: i64,
    #[diesel(sql_type = BigInt)]
    filled_at: i64,
}

/// The bucket as it was left, held for the rest of the transaction; a full one is made where there is none.
pub fn lock(db: &mut Db, limit: &Limit) -> QueryResult<Bucket> {
    let name = limit.key.to_string();
    if let Some(found) = locked(db, &name)? {
        return Ok(found);
    }
    let fresh = Bucket::fresh(limit, dialect::clock_micros(db)?);
    let insert = diesel::insert_into(send_buckets::table).values((
        send_buckets::name.eq(&name),
        send_buckets::tokens.eq(fresh.tokens),
        send_buckets::filled_at.eq(fresh.filled_at),
    ));
    Both(insert.on_conflict_do_nothing()).execute(db)?;
    // Another node may have been faster: then its row it is, and it may have taken something.
    Ok(locked(db, &name)?.unwrap_or(fresh))
}

fn locked(db: &mut Db, name: &str) -> QueryResult<Option<Bucket>> {
    let sql = format!("SELECT tokens, filled_at FROM send_buckets WHERE name = $1{}", dialect::for_update(db));
    let row: Option<Row> = diesel::sql_query(sql).bind::<Text, _>(name).get_result(db).optional()?;
    Ok(row.map(|row| Bucket { tokens: row.tokens, filled_at: row.filled_at }))
}

/// Looks without holding.
pub fn find(db: &mut Db, name: &str) -> QueryResult<Option<Bucket>> {
    let row = send_buckets::table.filter(send_buckets::name.eq(name));
    let row: Option<(i64, i64)> = row.select((send_buckets::tokens, send_buckets::filled_at)).first(db).optional()?;
    Ok(row.map(|(tokens, filled_at)| Bucket { tokens, filled_at }))
}

pub fn put(db: &mut Db, name: &str, bucket: Bucket) -> QueryResult<()> {
    diesel::update(send_buckets::table.filter(send_buckets::name.eq(name)))
        .set((send_buckets::tokens.eq(bucket.tokens), send_buckets::filled_at.eq(bucket.filled_at)))
        .execute(db)
        .map(drop)
}

/// Removes buckets that nobody took from for two days: the next one begins full, as these are by now.
///
/// # Errors
/// The database's.
pub fn sweep(db: &mut Db) -> QueryResult<usize> {
    let two_days_ago = dialect::clock_micros(db)? - 2 * 86_400_000_000;
    diesel::delete(send_buckets::table.filter(send_buckets::filled_at.lt(two_days_ago))).execute(db)
}
