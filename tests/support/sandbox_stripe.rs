//! The sandbox's Stripe of a [`TestApp`], with its API on a port of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use pledgepost::sandbox::stripe::{SandboxStripe, serve};
use serde_json::Value;
use tokio::sync::watch;
use url::Url;

use super::app::TestApp;

pub struct SandboxApi {
    pub stripe: Arc<SandboxStripe>,
    /// `http://127.0.0.1:PORT`
    pub base: String,
    stop: watch::Sender<bool>,
    server: Option<std::thread::JoinHandle<()>>,
}

impl SandboxApi {
    /// Webhooks go to `hook`; the test sends them by `stripe.deliver_due()`.
    pub fn start(site: &TestApp, hook: Option<Url>, secrets: &str) -> Self {
        let inner = site.app.sandbox_stripe.clone().unwrap();
        let stripe = Arc::new(SandboxStripe {
            secret: secrets.into(),
            hook,
            pages: format!("{}/sandbox/stripe/", site.base).parse().unwrap(),
            ..(*inner).clone()
        });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = watch::channel(false);
        let served = stripe.clone();
        // actix wants a runtime of its own kind.
        let server = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(serve(served, listener, stopped)).unwrap();
        });
        Self { stripe, base, stop, server: Some(server) }
    }

    pub async fn get(&self, path: &str) -> Value {
        answer(reqwest::Client::new().get(format!("{}{path}", self.base))).await
    }

    /// See [`session`].
    pub async fn session(&self, amount: &str, currency: &str, every: Option<&str>, more: &[(&str, &str)]) -> String {
        session(&self.base, amount, currency, every, more).await
    }
}

/// An open session at the API of that address; `every` makes it a subscription. `more` is asked too, or instead. Its id.
pub async fn session(base: &str, amount: &str, currency: &str, every: Option<&str>, more: &[(&str, &str)]) -> String {
    let mut fields = BTreeMap::from([
        ("mode", if every.is_some() { "subscription" } else { "payment" }),
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", currency),
        ("line_items[0][price_data][unit_amount]", amount),
        ("line_items[0][price_data][product_data][name]", "Gift to <Equal Ground>"),
        ("customer_email", "donor@example.org"),
        ("success_url", "http://shop.example/thanks?id={CHECKOUT_SESSION_ID}"),
        ("cancel_url", "http://shop.example/donate"),
    ]);
    fields.extend(every.map(|every| ("line_items[0][price_data][recurring][interval]", every)));
    fields.extend(more.iter().copied());
    let made = answer(reqwest::Client::new().post(format!("{base}/v1/checkout/sessions")).form(&fields)).await;
    made["id"].as_str().unwrap().to_owned()
}

async fn answer(request: reqwest::RequestBuilder) -> Value {
    let answer = request.header("authorization", "Bearer sk_test_sandbox").send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{status} {text}");
    serde_json::from_str(&text).unwrap()
}

impl Drop for SandboxApi {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(server) = self.server.take() {
            let _ = server.join();
        }
    }
}
