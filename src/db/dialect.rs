//! Every place where the two back ends differ. Nothing outside `db/` asks which one it is.

use diesel::connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::Db;

/// Settings of a fresh connection.
///
/// # Errors
/// The back end's.
pub fn prepare_connection(db: &mut Db) -> QueryResult<()> {
    match db {
        Db::Sqlite(c) => {
            super::search::prepare(c)?;
            c.batch_execute(
                "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
             PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000;",
            )
        }
        // Compiling a query (jit) takes longer than any of ours: measured 2.7 s with it, 0.9 s without, on 100,000 rows.
        // A process that is frozen or cut off in the middle of a transaction would hold its locks for ever, and nobody could
        // take over what it had; ours never wait for anything outside while one is open.
        Db::Pg(c) => c.batch_execute(
            "SET TIME ZONE 'UTC'; SET client_min_messages = warning; SET jit = off; \
             SET idle_in_transaction_session_timeout = '15s';",
        ),
    }
}

/// Begins a transaction that will write: IMMEDIATE on SQLite (see `db`).
///
/// # Errors
/// The back end's.
pub fn begin_write(db: &mut Db) -> QueryResult<()> {
    match db {
        Db::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
        Db::Pg(_) => <Db as Connection>::TransactionManager::begin_transaction(db),
    }
}

/// What a subselect that claims rows ends with, so that claimers on PostgreSQL step around each other's rows.
/// SQLite has one writer at a time and needs nothing.
pub fn skip_locked(db: &Db) -> &'static str {
    match db {
        Db::Pg(_) => " FOR UPDATE SKIP LOCKED",
        Db::Sqlite(_) => "",
    }
}

/// What a SELECT that is followed by a write to the same row ends with.
pub fn for_update(db: &Db) -> &'static str {
    match db {
        Db::Pg(_) => " FOR UPDATE",
        Db::Sqlite(_) => "",
    }
}

/// What a statement on a whole batch begins with: `WITH v AS (…)`, the rows of the JSON array of objects that is bound as
/// `$1` (text). Columns are (name, PostgreSQL type), of which `bigint`, `text` and `timestamptz` are used; on SQLite an
/// instant stays the text that it is. (MATERIALIZED: or SQLite reads the JSON again for each row that it is joined with.
/// `json`, not `jsonb`, which PostgreSQL would build only to take it apart: a quarter less.)
/// It has to come first: SQLite numbers `$n` by their first appearance in the text.
pub fn with_rows(db: &Db, columns: &[(&str, &str)]) -> String {
    match db {
        Db::Pg(_) => {
            let columns: Vec<String> = columns.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
            format!(
                "WITH v AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS rows({})) ",
                columns.join(", ")
            )
        }
        Db::Sqlite(_) => {
            let columns: Vec<String> =
                columns.iter().map(|(name, _)| format!("value ->> '{name}' AS {name}")).collect();
            format!("WITH v AS MATERIALIZED (SELECT {} FROM json_each($1)) ", columns.join(", "))
        }
    }
}

/// The elements of a column that holds a JSON array of objects, as rows named `item` in a FROM; a field of one is
/// `item.value ->> 'name'`, as text.
pub fn json_items(db: &Db, column: &str) -> String {
    match db {
        Db::Pg(_) => format!("jsonb_array_elements({column}::jsonb) AS item(value)"),
        Db::Sqlite(_) => format!("json_each({column}) AS item"),
    }
}

/// Counts anew what the planner should know of these tables, before a statement on very many rows: small ones, of which one
/// new row may change everything, and large ones of which a tenth changed since they were counted. SQLite plans by the
/// indexes alone, and is asked such that this is enough.
///
/// # Errors
/// The back end's.
pub fn refresh_statistics(db: &mut Db, tables: &[&'static str]) -> QueryResult<()> {
    match db {
        Db::Pg(c) => {
            const CHANGED: &str = "SELECT relname::text AS name FROM pg_stat_user_tables \
                 WHERE n_live_tup < 10000 OR n_mod_since_analyze > n_live_tup / 10";
            let changed: Vec<Named> = diesel::sql_query(CHANGED).load(c)?;
            let is_changed = |table: &&&str| changed.iter().any(|named| named.name == **table);
            let stale: Vec<&str> = tables.iter().filter(is_changed).copied().collect();
            if stale.is_empty() { Ok(()) } else { c.batch_execute(&format!("ANALYZE {}", stale.join(", "))) }
        }
        Db::Sqlite(_) => Ok(()),
    }
}

/// An aggregate: the numbers of a column as text, separated by commas; null for none.
pub fn numbers_joined(db: &Db, column: &str) -> String {
    match db {
        Db::Pg(_) => format!("string_agg(CAST({column} AS text), ',')"),
        Db::Sqlite(_) => format!("group_concat({column}, ',')"),
    }
}

/// Whether several processes may deliver from this database.
pub fn shares_delivery(db: &Db) -> bool {
    matches!(db, Db::Pg(_))
}

/// Holds off every other process that migrates this database until the connection ends.
///
/// # Errors
/// The back end's.
pub fn lock_migrations(db: &mut Db) -> QueryResult<()> {
    match db {
        // "pledgepo" as a number; session-level, released when the connection closes.
        Db::Pg(c) => diesel::sql_query("SELECT pg_advisory_lock(8100117265672106095)").execute(c).map(drop),
        // Each SQLite migration is an IMMEDIATE transaction of its own; the caller holds a lock file beside the database.
        Db::Sqlite(_) => Ok(()),
    }
}

/// Holds off every other transaction that writes this table (readers go on) until this one ends: for rules about a
/// whole table, such as "there is always an admin". SQLite has one writer at a time anyway.
///
/// # Errors
/// The back end's.
pub fn lock_table(db: &mut Db, table: &'static str) -> QueryResult<()> {
    match db {
        Db::Pg(c) => diesel::sql_query(format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")).execute(c).map(drop),
        Db::Sqlite(_) => Ok(()),
    }
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Microseconds since 1970 by the clock that all processes on this database share: PostgreSQL's own (`clock_timestamp`,
/// which goes on within a transaction), or this machine's for SQLite, where only one process delivers.
///
/// # Errors
/// The back end's.
pub fn clock_micros(db: &mut Db) -> QueryResult<i64> {
    match db {
        Db::Pg(c) => diesel::sql_query("SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint AS n")
            .get_result::<Count>(c)
            .map(|row| row.n),
        Db::Sqlite(_) => Ok(chrono::Utc::now().timestamp_micros()),
    }
}

/// Whether a table of that name exists.
///
/// # Errors
/// The back end's.
pub fn table_exists(db: &mut Db, table: &str) -> QueryResult<bool> {
    let sql = match db {
        Db::Pg(_) => {
            "SELECT COUNT(*) AS n FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = $1"
        }
        Db::Sqlite(_) => "SELECT COUNT(*) AS n FROM sqlite_master WHERE type = 'table' AND name = $1",
    };
    diesel::sql_query(sql).bind::<Text, _>(table).get_result::<Count>(db).map(|row| row.n > 0)
}

/// Copies an SQLite database into a fresh file, also while others use it. PostgreSQL has `pg_dump` for this.
///
/// # Errors
/// On PostgreSQL, or when the file cannot be written.
pub fn copy_into(db: &mut Db, file: &std::path::Path) -> anyhow::Result<()> {
    match db {
        Db::Sqlite(c) => {
            diesel::sql_query("VACUUM INTO $1").bind::<Text, _>(file.to_string_lossy().into_owned()).execute(c)?;
            Ok(())
        }
        Db::Pg(_) => anyhow::bail!("this is for SQLite; use pg_dump for PostgreSQL"),
    }
}
