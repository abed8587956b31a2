//! A database per test, copied from a migrated template: SQLite by file, PostgreSQL by `CREATE DATABASE … TEMPLATE`.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::connection::SimpleConnection;
use pledgepost::db::{Database, DatabaseUrl, PoolSizes, migrate};

/// Which back end a test runs on. Every database test runs on both: see [`on_both!`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// An empty, migrated database; gone when dropped.
pub struct TestDb {
    pub url: String,
    name: Option<String>,
    _folder: Option<tempfile::TempDir>,
}

static NUMBER: AtomicU64 = AtomicU64::new(0);

impl TestDb {
    pub fn new(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => Self::sqlite(),
            Backend::Postgres => Self::postgres(),
        }
    }

    fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.db");
        std::fs::copy(sqlite_template(), &file).unwrap();
        Self { url: format!("sqlite://{}", file.display()), name: None, _folder: Some(folder) }
    }

    fn postgres() -> Self {
        let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
        admin(&format!("CREATE DATABASE {name} TEMPLATE {}", postgres_template()));
        Self { url: database_url(&name), name: Some(name), _folder: None }
    }

    /// A database that nothing was ever done to.
    pub fn unmigrated(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite://{}", folder.path().join("test.db").display());
                Self { url, name: None, _folder: Some(folder) }
            }
            Backend::Postgres => {
                let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
                admin(&format!("CREATE DATABASE {name}"));
                Self { url: database_url(&name), name: Some(name), _folder: None }
            }
        }
    }

    pub fn database_url(&self) -> DatabaseUrl {
        DatabaseUrl::parse(&self.url).unwrap()
    }
    pub fn connect(&self) -> Database {
        Database::connect(self.database_url(), PoolSizes { readers: 2, postgres: 4 }).unwrap()
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // Nodes of the test may still hold connections.
            try_admin(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn sqlite_template() -> &'static PathBuf {
    static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let file = tempfile::tempdir().unwrap().keep().join("template.db");
        let url = DatabaseUrl::parse(&format!("sqlite://{}", file.display())).unwrap();
        migrate::migrate(&url).unwrap();
        let mut db = diesel::Connection::establish(&file.to_string_lossy()).map(pledgepost::db::Db::Sqlite).unwrap();
        db.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        file
    })
}

fn postgres_template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = format!("template_{}", std::process::id());
        admin(&format!("CREATE DATABASE {name}"));
        migrate::migrate(&DatabaseUrl::parse(&database_url(&name)).unwrap()).unwrap();
        name
    })
}

fn server_url() -> String {
    std::env::var("PLEDGEPOST_TEST_POSTGRES")
        .expect("PLEDGEPOST_TEST_POSTGRES is not set: run scripts/test, or export it from `scripts/postgres start`")
}

fn database_url(name: &str) -> String {
    let server = server_url();
    format!("{}/{name}", server.rsplit_once('/').unwrap().0)
}

fn admin(sql: &str) {
    use diesel::Connection;
    diesel::PgConnection::establish(&server_url()).unwrap().batch_execute(sql).unwrap();
}

fn try_admin(sql: &str) {
    use diesel::Connection;
    if let Ok(mut connection) = diesel::PgConnection::establish(&server_url()) {
        let _ = connection.batch_execute(sql);
    }
}

/// `on_both! { async fn name(backend) { … } }` makes `name::sqlite` and `name::postgres`.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($backend:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "not every test needs its surroundings")]
            use super::*;
            async fn run($backend: $crate::support::Backend) $body
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() { run($crate::support::Backend::Sqlite).await }
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() { run($crate::support::Backend::Postgres).await }
        }
    )*};
}
