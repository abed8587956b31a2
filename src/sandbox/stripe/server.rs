//! The API alone on a listener of its own, for other processes and for tests.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpServer, web};
use tokio::sync::watch;

use super::{SandboxStripe, api, engine};

/// How often it is asked whether something is due.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves `/v1/…` until `stop` becomes true, and does what falls due meanwhile. The caller binds to loopback.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve(
    stripe: Arc<SandboxStripe>,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let ticking = tokio::spawn(tick(Arc::clone(&stripe), stop.clone()));
    let data = web::Data::from(stripe);
    let server = HttpServer::new(move || App::new().app_data(data.clone()).configure(api::configure))
        .workers(1)
        .disable_signals()
        .shutdown_timeout(1)
        .listen(listener)?
        .run();
    let handle = server.handle();
    let stopping = async move {
        // An error means that the sender is gone: stop as well.
        let _gone = stop.wait_for(|stop| *stop).await.is_err();
        handle.stop(true).await;
    };
    let (served, ()) = tokio::join!(server, stopping);
    ticking.abort();
    Ok(served?)
}

/// A process that has no sender of webhooks still has a clock.
async fn tick(stripe: Arc<SandboxStripe>, mut stop: watch::Receiver<bool>) {
    while tokio::time::timeout(PAUSE, stop.wait_for(|stop| *stop)).await.is_err() {
        let (asked, done) = (Arc::clone(&stripe), Arc::clone(&stripe));
        let due = stripe.db.read(move |db| engine::anything_due(db, &asked)).await;
        let ticked = match due {
            Ok(true) => stripe.db.write(move |db| engine::tick(db, &done)).await.map(drop),
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = ticked {
            tracing::warn!(%error, "the sandbox's Stripe could not do what is due");
        }
    }
}
