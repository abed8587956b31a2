//! The sandbox's Stripe on a listener and a database of its own, as if it were elsewhere.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use pledgepost::config::StripeConfig;
use pledgepost::db::Db;
use pledgepost::error::Error;
use pledgepost::sandbox::stripe::{Outcome, SandboxStripe, engine, serve};
use pledgepost::stripe::Live;
use pledgepost::values::Clock;
use tokio::sync::watch;

use super::{Backend, TestDb};

/// Signs webhooks, here and in the program's settings.
pub const WEBHOOK_SECRET: &str = "whsec_for_tests_and_long_enough";
pub const SECRET_KEY: &str = "sk_test_of_these_tests";

pub struct StripeStage {
    pub stripe: Arc<SandboxStripe>,
    pub addr: SocketAddr,
    stop: watch::Sender<bool>,
    _db: TestDb,
}

impl StripeStage {
    pub fn start(backend: Backend, clock: Clock) -> Self {
        let test = TestDb::new(backend);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let stripe = Arc::new(SandboxStripe {
            db: test.connect(),
            clock,
            secret: WEBHOOK_SECRET.into(),
            hook: None,
            pages: format!("http://{addr}/pages/").parse().unwrap(),
            bell: Arc::default(),
        });
        let (stop, stopped) = watch::channel(false);
        let served = serve(Arc::clone(&stripe), listener, stopped);
        tokio::spawn(async move { served.await.unwrap() });
        Self { stripe, addr, stop, _db: test }
    }

    pub fn config(&self) -> StripeConfig {
        config_of(&format!("http://{}/", self.addr))
    }
    pub fn client(&self) -> Live {
        Live::new(&self.config()).unwrap()
    }

    pub fn write<T>(&self, work: impl FnOnce(&mut Db, &SandboxStripe) -> Result<T, Error>) -> T {
        self.stripe.db.write_here(|db| work(db, &self.stripe)).unwrap()
    }
    pub fn pay(&self, session: &str, outcome: Outcome) {
        self.write(|db, stripe| engine::pay(db, stripe, session, outcome));
    }
    pub fn advance(&self, by: chrono::Duration) {
        self.write(|db, stripe| engine::advance(db, stripe, by));
    }
}

impl Drop for StripeStage {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

pub fn config_of(base: &str) -> StripeConfig {
    StripeConfig {
        secret_key: SECRET_KEY.into(),
        webhook_secrets: vec![WEBHOOK_SECRET.into()],
        api_base: Some(base.parse().unwrap()),
        livemode: false,
    }
}
