//! `pledgepost [serve]` and `pledgepost worker`.

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::{App, Background, SandboxDoor};
use crate::staff;
use crate::{telemetry, web};

/// Serves pages and works in the background until SIGTERM or SIGINT.
pub async fn run(app: Arc<App>, door: Option<TcpListener>) -> anyhow::Result<bool> {
    let listener = TcpListener::bind(app.config.web.bind)
        .with_context(|| format!("cannot listen on {} (PLEDGEPOST_BIND)", app.config.web.bind))?;
    telemetry::init_metrics()?;
    let door = SandboxDoor::open(&app, door);
    let background = Background::start(&app).await?;
    tracing::info!(address = %app.config.web.public_url, database = app.config.database.shown(), "Pledgepost is up");
    if let Some(path) = staff::first_link(&app.db, &app.root, app.clock.now())? {
        let link = app.config.web.link(&path);
        // On the console, not in the log: logs are kept and passed around.
        writeln!(std::io::stderr(), "There is no staff yet. Make the first admin here: {link}")?;
    }
    let (stop, stopped) = oneshot::channel::<()>();
    let mut server = tokio::spawn(web::server::serve(app, listener, async move {
        let _ = stopped.await;
    }));
    if let Err(error) = end_before(&mut server).await {
        background.stop().await;
        return Err(error);
    }
    // Both at once: leasing stops now, not when the last page is served.
    let _ = stop.send(());
    let ((), server) = tokio::join!(background.stop(), server);
    server??;
    if let Some(door) = door {
        door.close().await;
    }
    Ok(true)
}

/// Delivers and runs jobs until SIGTERM or SIGINT; tells how it is doing where `PLEDGEPOST_WORKER_BIND` says.
pub async fn worker(app: Arc<App>, listener: Option<TcpListener>) -> anyhow::Result<bool> {
    let open =
        |bind| TcpListener::bind(bind).with_context(|| format!("cannot listen on {bind} (PLEDGEPOST_WORKER_BIND)"));
    let numbers = app.config.web.worker_bind.map(open).transpose()?;
    if numbers.is_some() {
        // Else nobody can ask for them, and none are gathered.
        telemetry::init_metrics()?;
    }
    let door = SandboxDoor::open(&app, listener);
    let background = Background::start(&app).await?;
    tracing::info!(database = app.config.database.shown(), "Pledgepost delivers");
    let (stop, stopped) = oneshot::channel::<()>();
    let told = async move {
        let _ = stopped.await;
    };
    let mut server = tokio::spawn(async move {
        match numbers {
            Some(listener) => web::server::serve_worker(app, listener, told).await,
            None => {
                told.await;
                Ok(())
            }
        }
    });
    if let Err(error) = end_before(&mut server).await {
        background.stop().await;
        return Err(error);
    }
    // The numbers stay to be asked for while the last mails go out.
    background.stop().await;
    let _ = stop.send(());
    server.await??;
    if let Some(door) = door {
        door.close().await;
    }
    Ok(true)
}

/// Resolves when the process is asked to end; with an error when the web server ends before that.
async fn end_before(server: &mut JoinHandle<anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::select! {
        () = end() => Ok(()),
        ended = server => {
            ended??;
            anyhow::bail!("the web server ended by itself")
        }
    }
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
