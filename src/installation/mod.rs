//! What this database is: sandbox or live, and the root key from which every token and keyed hash is derived.
//!
//! The root key is made once and kept in the database, sealed by the newest of `PLEDGEPOST_SECRET_KEY`. Rotating that
//! setting seals it anew and breaks no link in a mail that was sent, no suppression and no Message-ID.

mod seal;
mod store;

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, bail};
use secrecy::SecretString;

use crate::config::{Config, Mode};
use crate::db::{Database, Db, migrate};
use crate::values::{At, RootKey, random_token};

pub use store::MadeBy;

const NO_KEY: &str =
    "none of the given PLEDGEPOST_SECRET_KEY opens this database: add the key that it was last used with to the list";

/// Checks the stamp, or stamps a fresh database, and opens the root key.
///
/// # Errors
/// When the database belongs to the other mode, was made by the demo, or no given key opens the root key.
pub fn open(db: &Database, config: &Config, made_by: MadeBy, now: At) -> anyhow::Result<RootKey> {
    let secrets = secrets(config)?;
    let newest = secrets.first().context("PLEDGEPOST_SECRET_KEY is needed on PostgreSQL")?;
    db.write_here(|db: &mut Db| match store::find(db)? {
        None => {
            let root = seal::fresh_root_key()?;
            store::insert(db, config.mode.stamp(), made_by, &seal::seal(newest, &root)?, now)?;
            Ok(root)
        }
        Some(row) => {
            check_stamp(&row, config.mode, made_by)?;
            let (root, index) = seal::open(&secrets, &row.sealed_key).context(NO_KEY)?;
            if index > 0 {
                store::reseal(db, &seal::seal(newest, &root)?)?;
            }
            Ok(root)
        }
    })
}

/// What [`open`] would say, without making, stamping or sealing anything: the mode that the database is marked with,
/// `None` when it is not marked yet.
///
/// # Errors
/// As [`open`]; also when the key file is gone.
pub fn look(db: &mut Db, config: &Config) -> anyhow::Result<Option<String>> {
    let Some(row) = store::find(db)? else { return Ok(None) };
    check_stamp(&row, config.mode, MadeBy::Serve)?;
    let keys = match config.database.file() {
        Some(file) if config.secret_keys.is_empty() => {
            let path = migrate::beside(file, "key");
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read the key file {}", path.display()))?;
            vec![text.trim().to_owned().into()]
        }
        _ => secrets(config)?,
    };
    seal::open(&keys, &row.sealed_key).context(NO_KEY)?;
    Ok(Some(row.mode))
}

/// The demo uses only a database that the demo made.
///
/// # Errors
/// When somebody else made it, or the database's.
pub fn refuse_unless_demo(db: &mut Db) -> anyhow::Result<()> {
    match store::find(db)? {
        Some(row) if row.made_by != MadeBy::Demo => {
            bail!("this database was not made by the demo; the demo only uses a database of its own")
        }
        _ => Ok(()),
    }
}

fn check_stamp(row: &store::Installation, mode: Mode, made_by: MadeBy) -> anyhow::Result<()> {
    if made_by == MadeBy::Demo && row.made_by != MadeBy::Demo {
        bail!("this database was not made by the demo; the demo only uses a database of its own");
    }
    if row.mode != mode.stamp() {
        bail!(
            "this database is marked {:?} and the settings are {:?}: a {} database is never used for the other",
            row.mode,
            mode.stamp(),
            row.mode
        );
    }
    Ok(())
}

/// The given keys; without any, in a sandbox, one from the key file beside the SQLite database, or beside nothing a fixed
/// file in the working folder is never used: PostgreSQL needs the setting (the demo brings its own).
fn secrets(config: &Config) -> anyhow::Result<Vec<SecretString>> {
    if !config.secret_keys.is_empty() {
        return Ok(config.secret_keys.clone());
    }
    match config.database.file() {
        Some(file) => Ok(vec![key_file(&migrate::beside(file, "key"))?]),
        None => bail!(
            "PLEDGEPOST_SECRET_KEY is needed on PostgreSQL (openssl rand -hex 32), together with PLEDGEPOST_SMTP_URL; to look around, use `pledgepost demo`"
        ),
    }
}

fn key_file(path: &Path) -> anyhow::Result<SecretString> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.trim().to_owned().into()),
        Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => {
            let key = random_token()?;
            let mut options = std::fs::OpenOptions::new();
            match options.write(true).create_new(true).mode(0o600).open(path) {
                Ok(mut file) => {
                    writeln!(file, "{key}")
                        .and_then(|()| file.sync_all())
                        .with_context(|| format!("cannot write {}", path.display()))?;
                    Ok(key.into())
                }
                // Another process was faster: take its key.
                Err(raced) if raced.kind() == std::io::ErrorKind::AlreadyExists => {
                    Ok(std::fs::read_to_string(path)?.trim().to_owned().into())
                }
                Err(error) => Err(error).with_context(|| format!("cannot write the key file {}", path.display())),
            }
        }
        Err(error) => Err(error).with_context(|| format!("cannot read the key file {}", path.display())),
    }
}
