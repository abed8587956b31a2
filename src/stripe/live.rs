//! Stripe over HTTP, by the async-stripe library: which call, with which parameters. What comes back is read in
//! `convert`, what goes wrong in `failure`.

mod failure;
mod requests;

use std::time::Duration;

use secrecy::ExposeSecret;
use stripe::{IdempotencyKey, RequestStrategy, StripeRequest};
use stripe_billing::invoice::{ListInvoice, RetrieveInvoice};
use stripe_billing::subscription::{CancelSubscription, RetrieveSubscription};
use stripe_checkout::checkout_session::{ExpireCheckoutSession, ListCheckoutSession, RetrieveCheckoutSession};
use stripe_core::balance_transaction::ListBalanceTransaction;
use stripe_core::charge::RetrieveCharge;
use stripe_core::payment_intent::{ListPaymentIntent, RetrievePaymentIntent};
use stripe_core::payout::{ListPayout, RetrievePayout};
use stripe_core::refund::{ListRefund, RetrieveRefund};

use super::api::{Answer, Failure, Listed, Listing, NewCheckout, NewRefund, StripeApi};
use super::convert;
use super::model::{
    BalanceTransaction, Checkout, EventHead, Invoice, Payment, Payout, Refund, Subscription, SubscriptionStatus,
};
use crate::config::StripeConfig;
use crate::values::Money;
use failure::failure;
use requests::{PAYMENT, PAYOUT, REFUND, fields, in_list, known, page};

/// How long a call may take, answer and all. People wait for some of them.
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
        let version = Some(env!("CARGO_PKG_VERSION").to_owned());
        let mut builder = stripe::ClientBuilder::new(config.secret_key.expose_secret()).timeout(timeout).app_info(
            "Pledgepost",
            version,
            None,
        );
        if let Some(base) = &config.api_base {
            builder = builder.url(base.as_str());
        }
        Ok(Self { client: builder.build()? })
    }

    /// Once: whoever asked decides whether to try again.
    async fn read<R>(&self, request: R) -> Result<R::Output, Failure>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        request.customize().request_strategy(RequestStrategy::Once).send(&self.client).await.map_err(failure)
    }

    /// Once, with the key by which Stripe knows a second try from a second wish.
    async fn write<R>(&self, request: R, key: &str) -> Result<R::Output, Failure>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        let key = IdempotencyKey::new(key)
            .map_err(|error| Failure::Refused { code: "idempotency_key".into(), message: error.to_string() })?;
        let mut request = request.build();
        // The library keeps metadata in no order; a second try is to be the same request to the byte.
        request.body = request.body.map(|body| {
            let mut pairs: Vec<&str> = body.split('&').collect();
            pairs.sort_unstable();
            pairs.join("&")
        });
        let strategy = RequestStrategy::Idempotent(key);
        request.customize().request_strategy(strategy).send(&self.client).await.map_err(failure)
    }
}

impl StripeApi for Live {
    fn account(&self) -> Answer<'_, String> {
        Box::pin(async { Ok(self.read(requests::account()).await?.id) })
    }

    fn create_checkout<'a>(&'a self, new: &'a NewCheckout, key: &'a str) -> Answer<'a, Checkout> {
        Box::pin(async move { convert::checkout(self.write(requests::new_checkout(new), key).await?) })
    }

    fn expire_checkout<'a>(&'a self, id: &'a str, key: &'a str) -> Answer<'a, Checkout> {
        Box::pin(async move { convert::checkout(self.write(ExpireCheckoutSession::new(known(id)?), key).await?) })
    }

    fn create_refund<'a>(&'a self, new: &'a NewRefund, key: &'a str) -> Answer<'a, Refund> {
        Box::pin(async move { convert::refund(self.write(requests::new_refund(new), key).await?) })
    }

    /// Stripe takes no idempotency key with a DELETE, and finds no subscription to end the second time: then it is
    /// looked at, and one that has ended is the answer.
    fn cancel_subscription<'a>(&'a self, id: &'a str, _key: &'a str) -> Answer<'a, Subscription> {
        Box::pin(async move {
            match self.read(CancelSubscription::new(known(id)?)).await {
                Ok(subscription) => convert::subscription(subscription),
                Err(failure @ (Failure::NotFound(_) | Failure::Refused { .. })) => match self.subscription(id).await {
                    Ok(ended) if ended.status == SubscriptionStatus::Canceled => Ok(ended),
                    _ => Err(failure),
                },
                Err(failure) => Err(failure),
            }
        })
    }

    fn checkout<'a>(&'a self, id: &'a str) -> Answer<'a, Checkout> {
        Box::pin(async move { convert::checkout(self.read(RetrieveCheckoutSession::new(known(id)?)).await?) })
    }

    fn payment<'a>(&'a self, id: &'a str) -> Answer<'a, Payment> {
        let request = |id| RetrievePaymentIntent::new(id).expand(fields(&PAYMENT));
        Box::pin(async move { convert::payment(self.read(request(known(id)?)).await?) })
    }

    fn refund<'a>(&'a self, id: &'a str) -> Answer<'a, Refund> {
        let request = |id| RetrieveRefund::new(id).expand(fields(&REFUND));
        Box::pin(async move { convert::refund(self.read(request(known(id)?)).await?) })
    }

    fn subscription<'a>(&'a self, id: &'a str) -> Answer<'a, Subscription> {
        Box::pin(async move { convert::subscription(self.read(RetrieveSubscription::new(known(id)?)).await?) })
    }

    fn invoice<'a>(&'a self, id: &'a str) -> Answer<'a, Invoice> {
        let request = |id| RetrieveInvoice::new(id).expand(fields(&["payments"]));
        Box::pin(async move { convert::invoice(self.read(request(known(id)?)).await?) })
    }

    fn payout<'a>(&'a self, id: &'a str) -> Answer<'a, Payout> {
        let request = |id| RetrievePayout::new(id).expand(fields(&PAYOUT));
        Box::pin(async move { convert::payout(self.read(request(known(id)?)).await?) })
    }

    fn balance(&self) -> Answer<'_, Vec<Money>> {
        Box::pin(async { requests::balance_sums(self.read(requests::balance()).await?) })
    }

    fn refunds_of<'a>(&'a self, payment: &'a str) -> Answer<'a, Vec<Refund>> {
        let request = ListRefund::new().payment_intent(payment).limit(100).expand(in_list(&REFUND));
        Box::pin(async move {
            let page = convert::listed(self.read(request).await?, convert::refund)?;
            // Nobody refunds a gift a hundred times; to sum up a part would be worse than to stop.
            if page.more { Err(convert::unreadable("more than 100 refunds of one payment")) } else { Ok(page.items) }
        })
    }

    fn payment_of_charge<'a>(&'a self, charge: &'a str) -> Answer<'a, Option<String>> {
        Box::pin(async move {
            let charge = self.read(RetrieveCharge::new(known(charge)?)).await?;
            Ok(charge.payment_intent.map(|intent| intent.into_id().to_string()))
        })
    }

    fn checkouts<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Checkout>> {
        let request = page!(ListCheckoutSession::new(), listing);
        Box::pin(async move { convert::listed(self.read(request).await?, convert::checkout) })
    }

    fn payments<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Payment>> {
        let request = page!(ListPaymentIntent::new().expand(in_list(&PAYMENT)), listing);
        Box::pin(async move { convert::listed(self.read(request).await?, convert::payment) })
    }

    fn refunds<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Refund>> {
        let request = page!(ListRefund::new().expand(in_list(&REFUND)), listing);
        Box::pin(async move { convert::listed(self.read(request).await?, convert::refund) })
    }

    fn subscriptions<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Subscription>> {
        let request = page!(requests::all_subscriptions(), listing);
        Box::pin(async move { convert::listed(self.read(request).await?, convert::subscription) })
    }

    fn invoices<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Invoice>> {
        let request = page!(ListInvoice::new().expand(in_list(&["payments"])), listing);
        Box::pin(async move { convert::listed(self.read(request).await?, convert::invoice) })
    }

    fn payouts<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Payout>> {
        let request = page!(ListPayout::new().expand(in_list(&PAYOUT)), listing);
        Box::pin(async move { convert::listed(self.read(request).await?, convert::payout) })
    }

    fn balance_transactions<'a>(
        &'a self,
        listing: &'a Listing,
        payout: Option<&'a str>,
    ) -> Answer<'a, Listed<BalanceTransaction>> {
        let mut request = page!(ListBalanceTransaction::new(), listing);
        if let Some(payout) = payout {
            request = request.payout(payout);
        }
        Box::pin(async move { convert::listed(self.read(request).await?, convert::line) })
    }

    fn events<'a>(&'a self, kinds: &'static [&'static str], listing: &'a Listing) -> Answer<'a, Listed<EventHead>> {
        let request = requests::events(kinds, listing);
        Box::pin(async move { convert::listed(self.read(request).await?, requests::event_head) })
    }
}
