//! Stripe as the rest of the program knows it: a trait with our own types, signatures, the envelope of an event. No
//! tables, and no type of a Stripe library outside this folder.

mod api;
mod convert;
mod envelope;
mod live;
mod model;
pub mod signature;

pub use api::{Answer, Failure, Listed, Listing, NewCheckout, NewRefund, StripeApi};
pub use envelope::{Envelope, InvalidEnvelope};
pub use live::Live;
pub use model::{
    BalanceTransaction, Charge, Checkout, CheckoutStatus, EventHead, FeeDetail, Interval, Invoice, InvoiceStatus,
    Metadata, ObjectKind, Payment, PaymentStatus, Payout, PayoutStatus, Reconciliation, Refund, RefundStatus,
    Subscription, SubscriptionStatus,
};
pub use signature::InvalidSignature;

/// The version of Stripe's API that all our calls ask for and that webhook endpoints should be made with.
pub const API_VERSION: &str = "2026-09-30.endive";

/// The types of events about gifts that we act on: a webhook endpoint should be set up with these and with those about
/// payouts. Twenty are as many as Stripe lists in one call; each fact comes with at least one of them.
pub const EVENT_KINDS: [&str; 20] = [
    "charge.updated",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.updated",
    "invoice.finalization_failed",
    "invoice.marked_uncollectible",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.voided",
    "payment_intent.payment_failed",
    "payment_intent.succeeded",
    "refund.created",
    "refund.failed",
    "refund.updated",
];

/// The types of events about payouts that we act on: all that there are. Listed by a call of their own.
pub const PAYOUT_EVENT_KINDS: [&str; 6] = [
    "payout.canceled",
    "payout.created",
    "payout.failed",
    "payout.paid",
    "payout.reconciliation_completed",
    "payout.updated",
];
