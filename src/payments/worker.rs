//! The loop that works through inbox and commands on one node.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;

use super::{Payments, store};
use crate::error::Error;

/// Fetches at a time. Stripe allows a hundred requests a second; answers take a tenth of a second or more.
const FETCHES: usize = 8;
/// Rows leased at once: enough that the events of one gift come together and are fetched once.
const BATCH: i64 = 64;
const COMMANDS: i64 = 4;
/// How often the database is asked when nobody rang.
const LOOK: Duration = Duration::from_secs(1);

impl Payments {
    /// Tells this process's worker that there is something to do.
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// Works until `stop` says so. What fails is recorded and tried again; nothing ends the loop.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let beside = tokio::spawn(self.clone().look_around(stop.clone()));
        let mut running: FuturesUnordered<BoxFuture<'static, ()>> = FuturesUnordered::new();
        let mut waiting: Vec<BoxFuture<'static, ()>> = Vec::new();
        let mut look = true;
        while !*stop.borrow() {
            if look && waiting.is_empty() {
                match self.lease(&stop).await {
                    // As long as there is something, there may be more.
                    Ok(work) => (look, waiting) = (!work.is_empty(), work),
                    Err(error) => {
                        look = false;
                        tracing::error!(error = format!("{error:?}"), "the inbox cannot be read");
                    }
                }
            }
            while running.len() < FETCHES
                && let Some(work) = waiting.pop()
            {
                running.push(work);
            }
            if waiting.is_empty() && look && running.len() < FETCHES {
                continue;
            }
            tokio::select! {
                Some(()) = running.next() => {}
                () = tokio::time::sleep(LOOK) => look = true,
                () = self.bell.notified() => look = true,
                _ = stop.changed() => {}
            }
        }
        // What is on its way ends within its time-outs; what is left is given back with the node.
        let _ = tokio::time::timeout(Duration::from_secs(8), async { while running.next().await.is_some() {} }).await;
        let _ = beside.await;
    }

    /// Everything that is due now, on this task: for tests and `stripe sync`. Answers how many objects were looked at and
    /// commands sent.
    ///
    /// # Errors
    /// When this process is no node (see `lease`), or an outcome cannot be written.
    pub async fn drain(&self) -> anyhow::Result<usize> {
        let mut done = 0;
        while self.any_due().await? {
            if self.node.id().is_none() {
                anyhow::bail!("this process is not registered as a node, so it cannot lease payment events");
            }
            let (groups, commands) = (self.claim(BATCH).await?, self.claim_commands(COMMANDS).await?);
            if groups.is_empty() && commands.is_empty() {
                break;
            }
            done += groups.len() + commands.len();
            for (command, node) in &commands {
                self.carry_out(command, *node).await?;
            }
            let work = futures_util::stream::iter(&groups).map(|group| self.work_on(group)).buffer_unordered(FETCHES);
            let ended: Vec<Result<(), Error>> = work.collect().await;
            ended.into_iter().collect::<Result<(), Error>>()?;
        }
        Ok(done)
    }

    async fn any_due(&self) -> Result<bool, Error> {
        let now = self.clock.now();
        self.db.read(move |db| Ok::<_, Error>(store::is_due(db, now)?)).await
    }

    /// Leases a batch, as work that can be run; in reverse, for it is taken from the end.
    async fn lease(self: &Arc<Self>, stop: &watch::Receiver<bool>) -> Result<Vec<BoxFuture<'static, ()>>, Error> {
        if self.node.id().is_none() || !self.any_due().await? {
            return Ok(Vec::new());
        }
        let mut work: Vec<BoxFuture<'static, ()>> = Vec::new();
        for (command, node) in self.claim_commands(COMMANDS).await? {
            let (this, stop) = (self.clone(), stop.clone());
            work.push(Box::pin(async move {
                while let Err(error) = this.carry_out(&command, node).await {
                    if unwritten(error, &stop).await {
                        break;
                    }
                }
            }));
        }
        for group in self.claim(BATCH).await? {
            let (this, stop) = (self.clone(), stop.clone());
            work.push(Box::pin(async move {
                while let Err(error) = this.work_on(&group).await {
                    if unwritten(error, &stop).await {
                        break;
                    }
                }
            }));
        }
        work.reverse();
        Ok(work)
    }
}

/// The database is away: the rows stay ours, so what was to be written is tried until it can be. Whether to end instead.
async fn unwritten(error: Error, stop: &watch::Receiver<bool>) -> bool {
    tracing::error!(error = format!("{error:?}"), "the outcome of a payment event cannot be written yet");
    tokio::time::sleep(LOOK).await;
    *stop.borrow()
}
