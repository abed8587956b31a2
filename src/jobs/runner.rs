//! Runs due jobs and recurring tasks on one node.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::store;
use crate::db::{Database, Db};
use crate::lease::Node;
use crate::values::{At, Clock};

/// What a kind of job does: inside one transaction, with the job's row removed in the same one, so that it takes effect
/// exactly once. Work over a network does not belong here; it enqueues a delivery instead.
pub type Handler = Arc<dyn Fn(&mut Db, &str, At) -> anyhow::Result<()> + Send + Sync>;

/// What a recurring task does, in one transaction.
pub type Task = Arc<dyn Fn(&mut Db, At) -> anyhow::Result<()> + Send + Sync>;

/// A task that runs again and again on one node at a time.
pub struct Recurring {
    pub name: &'static str,
    pub every: chrono::Duration,
    pub run: Task,
}

/// All that may be run, registered by `app`.
pub struct Jobs {
    pub handlers: HashMap<&'static str, Handler>,
    pub recurring: Vec<Recurring>,
    /// Rung by whoever enqueued a job in this process; others are found by looking every second.
    pub bell: Notify,
}

impl Jobs {
    /// Runs until `stop` says so. What fails is logged and tried again.
    pub async fn run(self: Arc<Self>, db: Database, clock: Clock, node: Arc<Node>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if node.id().is_some() {
                let (this, db, clock, node) = (self.clone(), db.clone(), clock.clone(), node.clone());
                let pass = tokio::task::spawn_blocking(move || this.pass(&db, &clock, &node)).await;
                if let Ok(Err(error)) = pass {
                    tracing::error!(error = format!("{error:#}"), "jobs cannot be run");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                () = self.bell.notified() => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Everything that is due now, on this thread. Answers how many jobs ran well.
    ///
    /// # Errors
    /// When the database cannot be asked; a failing job is not an error of the pass.
    pub fn pass(&self, db: &Database, clock: &Clock, node: &Node) -> anyhow::Result<usize> {
        let mut ran = 0;
        for task in &self.recurring {
            let now = clock.now();
            if db.write_here(|db| -> anyhow::Result<bool> { Ok(store::take_due(db, task.name, task.every, now)?) })? {
                match db.write_here(|db| (task.run)(db, now)) {
                    Ok(()) => tracing::debug!(task = task.name, "done"),
                    Err(error) => {
                        tracing::error!(task = task.name, error = format!("{error:#}"), "recurring task failed")
                    }
                }
            }
        }
        while let Some(id) = node.id() {
            let now = clock.now();
            let Some(job) = db.write_here(|db| -> anyhow::Result<_> { Ok(store::claim(db, id, now)?) })? else { break };
            let outcome = match self.handlers.get(job.kind.as_str()) {
                Some(handler) => db.write_here(|db| -> anyhow::Result<()> {
                    handler(db, &job.payload, now)?;
                    Ok(store::done(db, job.id, id)?)
                }),
                None => Err(anyhow::anyhow!("no handler for jobs of kind {:?}", job.kind)),
            };
            match outcome {
                Ok(()) => ran += 1,
                Err(error) => {
                    tracing::error!(job = %job.id, kind = job.kind, attempt = job.attempts, error = format!("{error:#}"), "job failed");
                    db.write_here(|db| -> anyhow::Result<()> {
                        Ok(store::failed_once(db, &job, id, &format!("{error:#}"), now)?)
                    })?;
                }
            }
        }
        Ok(ran)
    }
}
