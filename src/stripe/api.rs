//! What we ask of Stripe. `Live` asks over HTTP; the sandbox is another address, not another implementation.

use futures_util::future::BoxFuture;

use super::model::{
    BalanceTransaction, Checkout, EventHead, Interval, Invoice, Metadata, Payment, Payout, Refund, Subscription,
};
use crate::values::{At, Money};

/// What went wrong, told by what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Stripe has no such object (404, `resource_missing`).
    #[error("Stripe has no such object: {0}")]
    NotFound(String),
    /// Stripe will not do it, now or later (other 4xx).
    #[error("Stripe refused: {message} ({code})")]
    Refused { code: String, message: String },
    /// Try again: no answer in time, 429, 5xx, a broken connection.
    #[error("Stripe is not available: {0}")]
    Unavailable(String),
    /// The key is not taken (401, 403): for the operator.
    #[error("Stripe does not take our key: {0}")]
    Key(String),
    /// The answer is not of the shape that this program knows.
    #[error("Stripe's answer cannot be read: {0}")]
    Unreadable(String),
}

pub type Answer<'a, T> = BoxFuture<'a, Result<T, Failure>>;

/// A Checkout Session to be made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NewCheckout {
    pub amount: Money,
    /// None: a one-off gift.
    pub interval: Option<Interval>,
    /// What the payment page and the card statement's details say the money is for.
    pub description: String,
    pub email: String,
    /// A language that Stripe's page knows, else its own choice.
    pub locale: String,
    /// `client_reference_id`: `donation:12`, `pledge:7`.
    pub reference: String,
    /// Goes on the session and on the PaymentIntent or the subscription.
    pub metadata: Metadata,
    pub success_url: String,
    pub cancel_url: String,
    /// 30 minutes to 24 hours from now.
    pub expires_at: At,
}

/// A refund to be made, of a PaymentIntent.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NewRefund {
    pub payment: String,
    pub amount_minor: i64,
    pub metadata: Metadata,
}

/// Which part of a list is asked for, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Only what was created then or later.
    pub since: Option<At>,
    /// The last id of the page before (`starting_after`).
    pub after: Option<String>,
    /// At most 100; Stripe's default is 10.
    pub limit: i64,
}

/// A page of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    pub items: Vec<T>,
    pub more: bool,
}

/// Each call is one request with a time-out. Keys are idempotency keys made of our own rows.
pub trait StripeApi: Send + Sync {
    /// The id of the account that our key belongs to (`acct_…`).
    fn account(&self) -> Answer<'_, String>;
    fn create_checkout<'a>(&'a self, new: &'a NewCheckout, key: &'a str) -> Answer<'a, Checkout>;
    fn expire_checkout<'a>(&'a self, id: &'a str, key: &'a str) -> Answer<'a, Checkout>;
    fn create_refund<'a>(&'a self, new: &'a NewRefund, key: &'a str) -> Answer<'a, Refund>;
    /// Ends it now; nothing is paid back.
    fn cancel_subscription<'a>(&'a self, id: &'a str, key: &'a str) -> Answer<'a, Subscription>;

    fn checkout<'a>(&'a self, id: &'a str) -> Answer<'a, Checkout>;
    /// With the newest charge and its balance transaction.
    fn payment<'a>(&'a self, id: &'a str) -> Answer<'a, Payment>;
    /// With its balance transactions.
    fn refund<'a>(&'a self, id: &'a str) -> Answer<'a, Refund>;
    fn subscription<'a>(&'a self, id: &'a str) -> Answer<'a, Subscription>;
    /// With its payments.
    fn invoice<'a>(&'a self, id: &'a str) -> Answer<'a, Invoice>;
    /// With its balance transactions, but without the lines that it took along.
    fn payout<'a>(&'a self, id: &'a str) -> Answer<'a, Payout>;
    /// What is on the balance now, available and pending together, one sum per currency.
    fn balance(&self) -> Answer<'_, Vec<Money>>;
    /// The refunds of one PaymentIntent (newest first, at most 100).
    fn refunds_of<'a>(&'a self, payment: &'a str) -> Answer<'a, Vec<Refund>>;
    /// The PaymentIntent of a charge, for events that name only the charge.
    fn payment_of_charge<'a>(&'a self, charge: &'a str) -> Answer<'a, Option<String>>;

    fn checkouts<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Checkout>>;
    fn payments<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Payment>>;
    fn refunds<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Refund>>;
    /// Whatever their state, ended ones too.
    fn subscriptions<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Subscription>>;
    fn invoices<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Invoice>>;
    fn payouts<'a>(&'a self, listing: &'a Listing) -> Answer<'a, Listed<Payout>>;
    /// The lines of the balance, or those that one automatic payout took along (its own among them). Stripe refuses the
    /// question for a manual payout.
    fn balance_transactions<'a>(
        &'a self,
        listing: &'a Listing,
        payout: Option<&'a str>,
    ) -> Answer<'a, Listed<BalanceTransaction>>;
    /// Of these kinds, of which Stripe takes twenty at most; it keeps events for 30 days.
    fn events<'a>(&'a self, kinds: &'static [&'static str], listing: &'a Listing) -> Answer<'a, Listed<EventHead>>;
}
