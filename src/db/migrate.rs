//! Migrations: embedded, locked, refused when the schema is newer than the program, and on SQLite after a copy of the file.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{DatabaseUrl, Db, MultiBackend, dialect, pool};

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

fn source(db: &Db) -> EmbeddedMigrations {
    match db {
        Db::Pg(_) => POSTGRES,
        Db::Sqlite(_) => SQLITE,
    }
}

/// What [`migrate`] did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Migrated {
    /// Names of the migrations that ran now.
    pub ran: Vec<String>,
    /// The copy made of an SQLite file before it was changed.
    pub copy: Option<PathBuf>,
}

/// Brings the database to this program's schema.
///
/// # Errors
/// When the schema is newer than the program (nothing is changed then), or a migration fails.
pub fn migrate(url: &DatabaseUrl) -> anyhow::Result<Migrated> {
    let _held = url.file().map(lock_file).transpose()?;
    let mut db = pool::open(url).with_context(|| format!("cannot open the database {}", url.shown()))?;
    dialect::lock_migrations(&mut db)?;
    refuse_newer(&mut db)?;
    let source = source(&db);
    let pending: Vec<Box<dyn Migration<MultiBackend>>> =
        db.pending_migrations(source).map_err(|e| anyhow::anyhow!(e))?;
    if pending.is_empty() {
        return Ok(Migrated::default());
    }
    let copy = match url.file() {
        Some(file) if dialect::table_exists(&mut db, "installation")? => {
            Some(copy_before(&mut db, file, pending.len())?)
        }
        _ => None,
    };
    let mut ran = Vec::new();
    for migration in pending {
        let name = migration.name().to_string();
        db.run_migration(migration.as_ref()).map_err(|e| anyhow::anyhow!("migration {name}: {e}"))?;
        ran.push(name);
    }
    Ok(Migrated { ran, copy })
}

/// Whether the database has exactly this program's migrations.
///
/// # Errors
/// When it is newer or older, or does not answer.
pub fn check_current(db: &mut Db) -> anyhow::Result<()> {
    refuse_newer(db)?;
    let source = source(db);
    match db.has_pending_migration(source).map_err(|e| anyhow::anyhow!(e))? {
        true => bail!("the database lacks migrations: run `pledgepost migrate`"),
        false => Ok(()),
    }
}

/// Takes back the newest migration and runs it again, for the test that every `down.sql` fits its `up.sql`.
///
/// # Errors
/// When a migration fails.
pub fn redo_all(db: &mut Db) -> anyhow::Result<()> {
    let source = source(db);
    db.revert_all_migrations(source).map_err(|e| anyhow::anyhow!(e))?;
    let source = self::source(db);
    db.run_pending_migrations(source).map_err(|e| anyhow::anyhow!(e))?;
    Ok(())
}

fn refuse_newer(db: &mut Db) -> anyhow::Result<()> {
    let known: Vec<Box<dyn Migration<MultiBackend>>> = source(db).migrations().map_err(|e| anyhow::anyhow!(e))?;
    let known: Vec<MigrationVersion<'_>> = known.iter().map(|m| m.name().version()).collect();
    let applied = db.applied_migrations().map_err(|e| anyhow::anyhow!(e))?;
    if let Some(newer) = applied.iter().find(|version| !known.contains(version)) {
        bail!(
            "the database is newer than this program (it has migration {newer}); install the newer Pledgepost, or restore a backup"
        );
    }
    Ok(())
}

fn lock_file(database: &Path) -> anyhow::Result<File> {
    let path = beside(database, "migrate.lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}

fn copy_before(db: &mut Db, database: &Path, pending: usize) -> anyhow::Result<PathBuf> {
    let copy = beside(database, &format!("before-{pending}-migrations-{}", chrono::Utc::now().format("%Y%m%d%H%M%S")));
    dialect::copy_into(db, &copy).with_context(|| format!("cannot copy the database to {}", copy.display()))?;
    Ok(copy)
}

/// `pledgepost.db` → `pledgepost.db.SUFFIX`.
pub fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}
