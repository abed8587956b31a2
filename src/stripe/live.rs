//! Stripe over HTTP, by the async-stripe library.

use std::time::Duration;

use super::api::{Answer, Failure, Listed, Listing, NewCheckout, NewRefund, StripeApi};
use super::model::{Checkout, EventHead, Invoice, Payment, Refund, Subscription};
use crate::config::StripeConfig;

/// How long a call may take. Stripe itself gives up after 30 s or so; people wait for some of these.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A client of Stripe, or of the sandbox when the configuration names its address.
#[derive(Clone)]
pub struct Live {
    client: stripe::Client,
}

impl Live {
    /// Opens no connection yet.
    ///
    /// # Errors
    /// When the key cannot be written in a header, or the address is none.
    pub fn new(config: &StripeConfig) -> anyhow::Result<Self> {
        Self::with_timeout(config, TIMEOUT)
    }

    /// With another time-out per call: for tests of what happens when Stripe does not answer.
    ///
    /// # Errors
    /// As [`Live::new`].
    pub fn with_timeout(config: &StripeConfig, timeout: Duration) -> anyhow::Result<Self> {
        use secrecy::ExposeSecret;
        let mut builder = stripe::ClientBuilder::new(config.secret_key.expose_secret()).timeout(timeout).app_info(
            "Pledgepost",
            Some(env!("CARGO_PKG_VERSION").to_owned()),
            None,
        );
        if let Some(base) = &config.api_base {
            builder = builder.url(base.as_str());
        }
        Ok(Self { client: builder.build()? })
    }
}

fn unfinished<'a, T: Send + 'a>(_: &'a Live) -> Answer<'a, T> {
    Box::pin(async { Err(Failure::Unavailable("unfinished".into())) })
}

impl StripeApi for Live {
    fn account(&self) -> Answer<'_, String> {
        unfinished(self)
    }
    fn create_checkout<'a>(&'a self, _: &'a NewCheckout, _: &'a str) -> Answer<'a, Checkout> {
        unfinished(self)
    }
    fn expire_checkout<'a>(&'a self, _: &'a str, _: &'a str) -> Answer<'a, Checkout> {
        unfinished(self)
    }
    fn create_refund<'a>(&'a self, _: &'a NewRefund, _: &'a str) -> Answer<'a, Refund> {
        unfinished(self)
    }
    fn cancel_subscription<'a>(&'a self, _: &'a str, _: &'a str) -> Answer<'a, Subscription> {
        unfinished(self)
    }
    fn checkout<'a>(&'a self, _: &'a str) -> Answer<'a, Checkout> {
        unfinished(self)
    }
    fn payment<'a>(&'a self, _: &'a str) -> Answer<'a, Payment> {
        unfinished(self)
    }
    fn refund<'a>(&'a self, _: &'a str) -> Answer<'a, Refund> {
        unfinished(self)
    }
    fn subscription<'a>(&'a self, _: &'a str) -> Answer<'a, Subscription> {
        unfinished(self)
    }
    fn invoice<'a>(&'a self, _: &'a str) -> Answer<'a, Invoice> {
        unfinished(self)
    }
    fn refunds_of<'a>(&'a self, _: &'a str) -> Answer<'a, Vec<Refund>> {
        unfinished(self)
    }
    fn payment_of_charge<'a>(&'a self, _: &'a str) -> Answer<'a, Option<String>> {
        unfinished(self)
    }
    fn checkouts<'a>(&'a self, _: &'a Listing) -> Answer<'a, Listed<Checkout>> {
        unfinished(self)
    }
    fn payments<'a>(&'a self, _: &'a Listing) -> Answer<'a, Listed<Payment>> {
        unfinished(self)
    }
    fn refunds<'a>(&'a self, _: &'a Listing) -> Answer<'a, Listed<Refund>> {
        unfinished(self)
    }
    fn subscriptions<'a>(&'a self, _: &'a Listing) -> Answer<'a, Listed<Subscription>> {
        unfinished(self)
    }
    fn invoices<'a>(&'a self, _: &'a Listing) -> Answer<'a, Listed<Invoice>> {
        unfinished(self)
    }
    fn events<'a>(&'a self, _: &'a Listing) -> Answer<'a, Listed<EventHead>> {
        unfinished(self)
    }
}
