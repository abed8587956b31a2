//! The HTTP server: everything that is not a path.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{Data, PayloadConfig};
use actix_web::{App as ActixApp, HttpServer};
use anyhow::Context;

use super::middleware::limit::Limits;
use super::middleware::{error_pages, origin, readable, request_id, security_headers};
use super::stopping::Stopping;
use super::{Pages, routes};
use crate::app::App;
use crate::telemetry;

/// Threads that answer requests; what waits for the database does so elsewhere.
const WORKERS: usize = 2;
/// Bytes that a request's body may have, unless its route takes more.
const BODY_LIMIT: usize = 1024 * 1024;

/// Serves until `shutdown` is ready, then ends answers that stay open and lets other requests finish (8 seconds).
/// Signals are the caller's: `shutdown` is how it says that one came.
///
/// # Errors
/// When a template does not parse or the listener cannot be used.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let app = Data::from(app);
    let pages = Data::from(Pages::shared()?);
    let limits = Data::new(Limits::default());
    let factory_limits = limits.clone();
    let (stopping, stopped) = Stopping::channel();
    let stopped = Data::new(stopped);
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(pages.clone())
            .app_data(factory_limits.clone())
            .app_data(stopped.clone())
            .app_data(PayloadConfig::new(BODY_LIMIT))
            .configure(|cfg| routes::configure(cfg, &app))
            .wrap(from_fn(origin::check))
            .wrap(from_fn(readable::check))
            .wrap(from_fn(error_pages::render))
            .wrap(Compress::default())
            .wrap(from_fn(security_headers::set))
            .wrap(from_fn(request_id::log))
    })
    .workers(WORKERS)
    .disable_signals()
    .shutdown_timeout(8)
    .client_request_timeout(Duration::from_secs(15))
    .listen(listener)
    .context("the web server cannot listen")?
    .run();
    let told = async move {
        shutdown.await;
        let _ = stopping.send(true);
    };
    run(server, limits, told).await
}

/// Answers for a `worker` whether it is well and how it is doing, until `shutdown` is ready.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve_worker(
    app: Arc<App>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let app = Data::from(app);
    let limits = Data::new(Limits::default());
    let factory_limits = limits.clone();
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(factory_limits.clone())
            .configure(|cfg| routes::configure_worker(cfg, &app))
            .wrap(from_fn(error_pages::render))
            .wrap(from_fn(security_headers::set))
            .wrap(from_fn(request_id::log))
    })
    .workers(1)
    .disable_signals()
    .shutdown_timeout(1)
    .client_request_timeout(Duration::from_secs(15))
    .listen(listener)
    .context("the web server cannot listen")?
    .run();
    run(server, limits, shutdown).await
}

async fn run(
    server: Server,
    limits: Data<Limits>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let handle = server.handle();
    let upkeep = tokio::spawn(upkeep(limits));
    let stop = tokio::spawn(async move {
        shutdown.await;
        handle.stop(true).await;
    });
    let result = server.await.context("the web server");
    stop.abort();
    upkeep.abort();
    result
}

async fn upkeep(limits: Data<Limits>) {
    let mut tick = tokio::time::interval(Duration::from_secs(5));
    for round in 0_u64.. {
        tick.tick().await;
        telemetry::upkeep();
        if round % 12 == 0 {
            limits.retain_recent();
        }
    }
}
