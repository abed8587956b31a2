//! Keeps this process's node alive, and gives back the rows of nodes that are dead.

use std::fs::File;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use diesel::QueryResult;
use tokio::sync::watch;

use super::{HEARTBEAT, Node, PATIENCE, Watch, awake, store};
use crate::db::{Database, Db, dialect, migrate};
use crate::values::{At, Clock, NodeId};

/// Gives back what a dead node had leased, in the transaction that removes it.
pub type Heirs = Vec<Arc<dyn Fn(&mut Db, NodeId, At) -> QueryResult<()> + Send + Sync>>;

/// The nodes of this machine that are known to be gone, asked when a process registers; and what to do when they are buried.
pub struct Gone {
    pub which: Arc<dyn Fn() -> Vec<NodeId> + Send + Sync>,
    pub buried: Arc<dyn Fn(NodeId) + Send + Sync>,
}

pub struct Keeper {
    db: Database,
    clock: Clock,
    node: Arc<Node>,
    heirs: Heirs,
    watch: Watch,
    gone: Option<Gone>,
    /// SQLite: held for as long as this process works.
    lock: Option<File>,
}

impl Keeper {
    pub fn new(db: Database, clock: Clock, node: Arc<Node>, heirs: Heirs) -> Self {
        Self { db, clock, node, heirs, watch: Watch::default(), gone: None, lock: None }
    }

    /// Buries these nodes at once, instead of after the time of patience.
    #[must_use]
    pub fn knowing(mut self, gone: Option<Gone>) -> Self {
        self.gone = gone;
        self
    }

    /// Registers if that is possible, then beats until `stop`; at the end the node's rows are given back.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut timer = tokio::time::interval(HEARTBEAT);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = timer.tick() => {}
                _ = stop.changed() => break,
            }
            self = match tokio::task::spawn_blocking(move || {
                let result = self.pass();
                (self, result)
            })
            .await
            {
                Ok((this, Ok(()))) => this,
                Ok((this, Err(error))) => {
                    // Without a fresh heartbeat `Node::id` runs out by itself, and with it all leasing.
                    tracing::error!(error = format!("{error:#}"), "heartbeat failed");
                    this
                }
                Err(_) => return,
            };
        }
        let _ = tokio::task::spawn_blocking(move || self.leave()).await;
    }

    /// One heartbeat, and a look at the others. The first one registers.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn pass(&mut self) -> anyhow::Result<()> {
        if !self.may_work()? {
            return Ok(());
        }
        let begun = awake();
        let own = match self.node.registered() {
            Some(id) if self.write(move |db| store::beat(db, id))? => id,
            Some(id) => {
                tracing::warn!(node = %id, "others took this node for dead; it goes on under a new number");
                self.node.forget();
                self.register()?
            }
            None => self.register()?,
        };
        self.node.beat(own, begun);
        let nodes = self.db.read_here(|db| -> anyhow::Result<_> { Ok(store::all(db)?) })?;
        for (id, counter) in self.watch.dead(own, &nodes, PATIENCE, Instant::now()) {
            self.bury(id, counter)?;
        }
        Ok(())
    }

    /// Ends the node: what it still had leased is given back at once.
    pub fn leave(&mut self) {
        let Some(id) = self.node.registered() else { return };
        self.node.forget();
        let (heirs, now) = (self.heirs.clone(), self.clock.now());
        let left = self.write(move |db| {
            for heir in &heirs {
                heir(db, id, now)?;
            }
            store::remove(db, id)
        });
        if let Err(error) = left {
            tracing::error!(error = format!("{error:#}"), "could not give back what this node had leased; others will");
        }
    }

    fn register(&mut self) -> anyhow::Result<NodeId> {
        let (name, now) = (format!("{}/{}", host_name(), std::process::id()), self.clock.now());
        let id = self.write(move |db| store::register(db, &name, now))?;
        tracing::info!(node = %id, "this process delivers");
        let nodes = self.db.read_here(|db| -> anyhow::Result<_> { Ok(store::all(db)?) })?;
        if let Some(Gone { which, buried }) = self.gone.take() {
            for other in which().into_iter().filter(|other| *other != id) {
                if let Some((_, counter)) = nodes.iter().find(|(node, _)| *node == other) {
                    self.bury(other, *counter)?;
                }
                buried(other);
            }
        }
        if self.lock.is_some() {
            // We hold the only right to work on this file, so every other node is gone.
            for (other, counter) in nodes {
                if other != id {
                    self.bury(other, counter)?;
                }
            }
        }
        Ok(id)
    }

    fn bury(&mut self, id: NodeId, counter: i64) -> anyhow::Result<()> {
        let (heirs, now) = (self.heirs.clone(), self.clock.now());
        let buried = self.write(move |db| {
            if !store::bury(db, id, counter)? {
                return Ok(false);
            }
            for heir in &heirs {
                heir(db, id, now)?;
            }
            Ok(true)
        })?;
        if buried {
            tracing::warn!(node = %id, "a node is gone; what it had leased was given back");
        }
        Ok(())
    }

    /// On PostgreSQL any number of nodes may work; on SQLite the one that holds the lock file.
    fn may_work(&mut self) -> anyhow::Result<bool> {
        let shares = self.db.read_here(|db| -> anyhow::Result<bool> { Ok(dialect::shares_delivery(db)) })?;
        let Some(database) = self.db.url().file().filter(|_| !shares && self.lock.is_none()) else { return Ok(true) };
        let path = migrate::beside(database, "delivery.lock");
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {
                self.lock = Some(file);
                Ok(true)
            }
            Err(std::fs::TryLockError::WouldBlock) => Ok(false),
            Err(std::fs::TryLockError::Error(error)) => Err(error).context("cannot lock the delivery lock file"),
        }
    }

    fn write<T>(&self, work: impl FnOnce(&mut Db) -> QueryResult<T>) -> anyhow::Result<T> {
        self.db.write_here(|db| -> anyhow::Result<T> { Ok(work(db)?) })
    }
}

fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .unwrap_or_else(|_| "node".into())
}
