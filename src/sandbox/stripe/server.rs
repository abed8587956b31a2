//! The API alone on a listener of its own, for other processes and for tests.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::{App, HttpServer, web};
use tokio::sync::watch;

use super::{SandboxStripe, api};

/// Serves `/v1/…` until `stop` becomes true, and does what falls due meanwhile. The caller binds to loopback.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve(
    stripe: Arc<SandboxStripe>,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
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
    Ok(served?)
}
