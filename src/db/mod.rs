//! The database: one code path over SQLite and PostgreSQL.
//!
//! Diesel is synchronous, so [`Database::read`] and [`Database::write`] move the work off the executor.
//! `write` is a transaction (on SQLite it begins IMMEDIATE: a deferred one that reads and then writes fails under load).
//! Nothing that waits for a network may happen inside either closure.

mod both;
pub mod dialect;
mod fixed;
pub mod migrate;
mod pool;
pub mod schema;
pub mod search;
pub mod types;
mod url;

pub use both::Both;
pub use fixed::{Fixed, fixed};
pub use pool::{Database, PoolSizes, open};
pub use url::{DatabaseUrl, InvalidDatabaseUrl};

/// The one connection type. Only `dialect.rs` and this folder may ask which variant it is.
#[derive(diesel::MultiConnection)]
pub enum Db {
    Pg(diesel::PgConnection),
    Sqlite(diesel::SqliteConnection),
}
