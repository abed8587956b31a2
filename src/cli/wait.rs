//! `campaign send ID --wait`: follows a campaign to its end, and delivers in this process if nobody else does.

use std::collections::HashMap;
use std::io::{IsTerminal, Write, stderr};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use crate::app::{App, Background, SandboxDoor};
use crate::campaigns::report::{self, Status};
use crate::campaigns::{CampaignState, store};
use crate::db::dialect;
use crate::error::Error;
use crate::lease;
use crate::values::{CampaignId, NodeId};

/// Ends with `true` when the campaign is sent, `false` when it was paused or cancelled or this process was asked to end.
pub async fn until_sent(app: Arc<App>, listener: Option<TcpListener>, id: CampaignId) -> anyhow::Result<bool> {
    let door = SandboxDoor::open(&app, listener);
    let background = match others_deliver(&app).await? {
        true => None,
        false => Some(Background::start(&app).await?),
    };
    let answer = tokio::select! {
        answer = follow(&app, id) => answer,
        () = super::serve::end() => {
            writeln!(stderr(), "stopped; the campaign goes on when Pledgepost runs again")?;
            Ok(false)
        }
    };
    if let Some(background) = background {
        background.stop().await;
    }
    if let Some(door) = door {
        door.close().await;
    }
    answer
}

async fn follow(app: &App, id: CampaignId) -> anyhow::Result<bool> {
    let progress = stderr().is_terminal();
    for look in 0_u64.. {
        let campaign = app.db.read(move |db| store::find(db, id)).await?;
        // Counting walks over every delivery of the campaign: rarely, and only where somebody sees it.
        if progress && look % 10 == 0 {
            let status: Status = app.db.read(move |db| report::status(db, id)).await?;
            write!(stderr(), "\r{} of {} done, {} sent ", status.done(), status.total, status.sent)?;
        }
        match campaign.state {
            CampaignState::Sent | CampaignState::Paused | CampaignState::Cancelled => {
                if progress {
                    writeln!(stderr())?;
                }
                if let Some(reason) = campaign.reason.filter(|_| campaign.state != CampaignState::Sent) {
                    writeln!(stderr(), "the campaign is {}: {reason}", campaign.state)?;
                }
                return Ok(campaign.state == CampaignState::Sent);
            }
            _ => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
    Ok(false)
}

/// On SQLite the lock file decides, so this process simply tries. On PostgreSQL: whether any node's counter moves.
async fn others_deliver(app: &App) -> anyhow::Result<bool> {
    if !app.db.read(|db| -> Result<_, Error> { Ok(dialect::shares_delivery(db)) }).await? {
        return Ok(false);
    }
    let nodes = || app.db.read(|db| -> Result<_, Error> { Ok(lease::nodes(db)?) });
    let before: HashMap<NodeId, i64> = nodes().await?.into_iter().collect();
    if before.is_empty() {
        return Ok(false);
    }
    let looks = (lease::HEARTBEAT + Duration::from_secs(2)).as_millis() / 250;
    for _ in 0..looks {
        tokio::time::sleep(Duration::from_millis(250)).await;
        if nodes().await?.iter().any(|(id, counter)| before.get(id) != Some(counter)) {
            return Ok(true);
        }
    }
    Ok(false)
}
