//! Tables `sandbox_stripe_objects`, `_keys`, `_webhooks`, `_settings`.

use diesel::QueryResult;
use serde_json::Value;

use crate::db::Db;

/// An object as the API would answer it, without what only the sandbox knows.
///
/// # Errors
/// The back end's.
pub fn find(_db: &mut Db, _id: &str) -> QueryResult<Option<Value>> {
    Ok(None)
}

/// The newest objects of a kind first (`checkout.session`, `charge`, `event` …), at most `limit`.
///
/// # Errors
/// The back end's.
pub fn newest(_db: &mut Db, _kind: &str, _limit: i64) -> QueryResult<Vec<Value>> {
    Ok(Vec::new())
}

/// How far the sandbox's clock is ahead, in seconds.
///
/// # Errors
/// The back end's.
pub fn ahead(_db: &mut Db) -> QueryResult<i64> {
    Ok(0)
}
