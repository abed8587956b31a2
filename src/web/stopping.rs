//! How answers that stay open learn that the server was told to stop: it waits for them, and they would not end by themselves.

use tokio::sync::watch;

/// Whether the server was told to stop.
#[derive(Clone)]
pub struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Sending `true` tells it.
    pub fn channel() -> (watch::Sender<bool>, Self) {
        let (tell, told) = watch::channel(false);
        (tell, Self(told))
    }

    /// Resolves once it was told, or is gone.
    pub async fn stopped(&mut self) {
        let _ = self.0.wait_for(|told| *told).await;
    }
}
