//! Pools: on SQLite one writer and several readers (more writers only raise the tail), on PostgreSQL one pool.

use std::time::{Duration, Instant};

use anyhow::Context;
use diesel::connection::{Connection, TransactionManager};
use diesel::r2d2::{CustomizeConnection, ManageConnection, Pool, R2D2Connection};
use secrecy::ExposeSecret;

use super::{DatabaseUrl, Db, dialect};
use crate::error::Error;

/// How many connections each pool may open.
#[derive(Debug, Clone, Copy)]
pub struct PoolSizes {
    pub readers: u32,
    pub postgres: u32,
}

impl Default for PoolSizes {
    fn default() -> Self {
        Self { readers: 4, postgres: 10 }
    }
}

/// The open database. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    url: DatabaseUrl,
    readers: Pool<Manager>,
    writer: Pool<Manager>,
}

#[derive(Clone)]
struct Manager {
    url: DatabaseUrl,
}

/// A pooled connection, and when it last did what it was asked.
struct Pooled {
    db: Db,
    used: Option<Instant>,
}

/// A connection that answered so recently is not asked for a sign of life first: on PostgreSQL that is a round trip.
const FRESH: Duration = Duration::from_secs(1);

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Pooled, Self::Error> {
        let db = open(&self.url).map_err(diesel::r2d2::Error::ConnectionError)?;
        Ok(Pooled { db, used: Some(Instant::now()) })
    }
    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), Self::Error> {
        if pooled.used.is_none_or(|used| used.elapsed() >= FRESH) {
            pooled.db.ping().map_err(diesel::r2d2::Error::QueryError)?;
            pooled.used = Some(Instant::now());
        }
        Ok(())
    }
    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        std::thread::panicking() || pooled.db.is_broken()
    }
}

/// Opens one connection outside the pools, with the same settings.
///
/// # Errors
/// The back end's own message: wrong password, no such database, no such folder.
pub fn open(url: &DatabaseUrl) -> diesel::ConnectionResult<Db> {
    let mut db = match url {
        DatabaseUrl::Sqlite(path) => Db::Sqlite(diesel::SqliteConnection::establish(&path.to_string_lossy())?),
        DatabaseUrl::Postgres(url) => Db::Pg(diesel::PgConnection::establish(url.expose_secret())?),
    };
    dialect::prepare_connection(&mut db).map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    Ok(db)
}

#[derive(Debug)]
struct Nothing;
impl CustomizeConnection<Pooled, diesel::r2d2::Error> for Nothing {}

impl Database {
    /// Opens the pools; makes an SQLite file that is not there, but not its folder.
    ///
    /// # Errors
    /// When no connection comes about, with the back end's reason.
    pub fn connect(url: DatabaseUrl, sizes: PoolSizes) -> anyhow::Result<Self> {
        // A first connection by hand: its error says why, the pool's would only say "timed out".
        open(&url).map_err(anyhow::Error::new).with_context(|| format!("cannot open the database {}", url.shown()))?;
        let pool = |size: u32| {
            Pool::builder()
                .max_size(size)
                .min_idle(Some(0))
                .connection_timeout(Duration::from_secs(10))
                .connection_customizer(Box::new(Nothing))
                .test_on_check_out(!url.is_sqlite())
                .build(Manager { url: url.clone() })
        };
        let (readers, writer) = match url.is_sqlite() {
            true => (pool(sizes.readers)?, pool(1)?),
            false => {
                let pool = pool(sizes.postgres)?;
                (pool.clone(), pool)
            }
        };
        Ok(Self { url, readers, writer })
    }

    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Runs a read off the executor. On SQLite it sees one state of the database only within one statement.
    ///
    /// # Errors
    /// What the closure returns, or `Unavailable` when no connection is free in time.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Db) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let this = self.clone();
        off_the_executor(move || this.read_here(work)).await
    }

    /// Runs a transaction off the executor; it is rolled back when the closure returns an error.
    ///
    /// # Errors
    /// What the closure returns, or `Unavailable` when no connection is free in time.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Db) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + From<diesel::result::Error> + Send + 'static,
    {
        let this = self.clone();
        off_the_executor(move || this.write_here(work)).await
    }

    /// [`Database::read`] on this thread, for commands and for code that is off the executor already.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub fn read_here<T, E: From<Error>>(&self, work: impl FnOnce(&mut Db) -> Result<T, E>) -> Result<T, E> {
        with(&self.readers, work)
    }

    /// One statement that writes, on this thread: a transaction by itself, which saves two round trips of BEGIN and COMMIT.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub fn statement_here<T, E: From<Error>>(&self, work: impl FnOnce(&mut Db) -> Result<T, E>) -> Result<T, E> {
        with(&self.writer, work)
    }

    /// [`Database::write`] on this thread.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub fn write_here<T, E>(&self, work: impl FnOnce(&mut Db) -> Result<T, E>) -> Result<T, E>
    where
        E: From<Error> + From<diesel::result::Error>,
    {
        with(&self.writer, |db| transaction(db, work))
    }
}

fn with<T, E: From<Error>>(pool: &Pool<Manager>, work: impl FnOnce(&mut Db) -> Result<T, E>) -> Result<T, E> {
    let mut pooled = pool.get().map_err(|e| E::from(Error::unavailable(e)))?;
    let result = work(&mut pooled.db);
    // After an error it is asked whether it still lives.
    pooled.used = result.is_ok().then(Instant::now);
    result
}

async fn off_the_executor<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(join) => Err(E::from(Error::internal(anyhow::anyhow!("database work was cut short: {join}")))),
    }
}

/// A transaction that writes. Nested calls to `Connection::transaction` inside are savepoints.
///
/// # Errors
/// What `work` returns (after rolling back), or the database's error at begin or commit.
pub fn transaction<T, E>(db: &mut Db, work: impl FnOnce(&mut Db) -> Result<T, E>) -> Result<T, E>
where
    E: From<diesel::result::Error>,
{
    type Manager = <Db as Connection>::TransactionManager;
    dialect::begin_write(db)?;
    match work(db) {
        Ok(value) => {
            Manager::commit_transaction(db)?;
            Ok(value)
        }
        Err(error) => {
            // The first error says what went wrong; a broken connection is seen by the pool.
            if let Err(rollback) = Manager::rollback_transaction(db) {
                tracing::warn!(%rollback, "rollback failed");
            }
            Err(error)
        }
    }
}
