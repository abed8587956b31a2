//! Stripe as the rest of the program knows it: a trait with our own types, signatures, the envelope of an event. No
//! tables, and no type of a Stripe library outside this folder.

mod api;
mod envelope;
mod live;
mod model;
pub mod signature;

pub use api::{Answer, Failure, Listed, Listing, NewCheckout, NewRefund, StripeApi};
pub use envelope::{Envelope, InvalidEnvelope};
pub use live::Live;
pub use model::{
    BalanceTransaction, Charge, Checkout, CheckoutStatus, EventHead, Interval, Invoice, InvoiceStatus, Metadata,
    ObjectKind, Payment, PaymentStatus, Refund, RefundStatus, Subscription, SubscriptionStatus,
};
pub use signature::InvalidSignature;

/// The version of Stripe's API that all our calls ask for and that webhook endpoints should be made with.
pub const API_VERSION: &str = "2026-09-30.endive";
