//! Constructs everything: the only place that knows all.

use std::sync::Arc;

use crate::config::Config;
use crate::db::{Database, PoolSizes, migrate};
use crate::installation::{self, MadeBy};
use crate::values::{Clock, RootKey};

/// What handlers, commands and workers share. Cheap to clone through [`Arc`].
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub db: Database,
    pub root: RootKey,
}

impl App {
    /// Migrates the database, opens it and checks its stamp.
    ///
    /// # Errors
    /// What an operator can do something about, in words: settings, database, stamp, key.
    pub fn build(config: Config, clock: Clock, made_by: MadeBy) -> anyhow::Result<Arc<Self>> {
        let migrated = migrate::migrate(&config.database)?;
        if let Some(copy) = &migrated.copy {
            tracing::info!(copy = %copy.display(), migrations = migrated.ran.len(), "database migrated; a copy was kept");
        }
        let db = Database::connect(config.database.clone(), PoolSizes::default())?;
        let root = installation::open(&db, &config, made_by, clock.now())?;
        Ok(Arc::new(Self { config, clock, db, root }))
    }
}
