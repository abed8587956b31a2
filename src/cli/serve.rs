//! `pledgepost [serve]` and `pledgepost worker`.

use std::sync::Arc;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{App, Background};

/// Serves pages and works in the background until SIGTERM or SIGINT.
pub async fn run(app: Arc<App>) -> anyhow::Result<bool> {
    let listener = std::net::TcpListener::bind(app.config.web.bind)
        .with_context(|| format!("cannot listen on {} (PLEDGEPOST_BIND)", app.config.web.bind))?;
    let background = Background::start(&app).await?;
    tracing::info!(address = %app.config.web.public_url, database = app.config.database.shown(), "Pledgepost is up");
    crate::web::server::serve(app, listener, end()).await?;
    background.stop().await;
    Ok(true)
}

/// Delivers and runs jobs until SIGTERM or SIGINT.
pub async fn worker(app: Arc<App>) -> anyhow::Result<bool> {
    let background = Background::start(&app).await?;
    tracing::info!(database = app.config.database.shown(), "Pledgepost delivers");
    end().await;
    background.stop().await;
    Ok(true)
}

/// Resolves when the process is asked to end.
pub async fn end() {
    let (terminate, interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    let (Ok(mut terminate), Ok(mut interrupt)) = (terminate, interrupt) else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("asked to end: finishing what is on the wire");
}
