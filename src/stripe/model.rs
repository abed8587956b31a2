//! Stripe's objects, as far as the books need them. Amounts are in minor units of the object's currency.

use std::collections::BTreeMap;

use crate::text_enum;
use crate::values::{At, Currency, Day, Money};

/// What we wrote on an object at Stripe: ids only (`donation`, `pledge`, `refund`), never personal data.
pub type Metadata = BTreeMap<String, String>;

text_enum! {
    /// The kinds of objects that we look at.
    pub enum ObjectKind {
        Checkout => "checkout.session",
        Payment => "payment_intent",
        Refund => "refund",
        Subscription => "subscription",
        Invoice => "invoice",
        Payout => "payout",
    }
}

text_enum! {
    /// How often a gift is repeated. (Stripe knows more; the pages offer these.)
    pub enum Interval {
        Month => "month",
        Year => "year",
    }
}

text_enum! {
    pub enum CheckoutStatus {
        Open => "open",
        Complete => "complete",
        Expired => "expired",
        /// A word that is newer than this program; kept, never guessed at. The same in each enum below.
        Unknown => "unknown",
    }
}

text_enum! {
    pub enum PaymentStatus {
        RequiresPaymentMethod => "requires_payment_method",
        RequiresConfirmation => "requires_confirmation",
        RequiresAction => "requires_action",
        RequiresCapture => "requires_capture",
        Processing => "processing",
        Succeeded => "succeeded",
        Canceled => "canceled",
        Unknown => "unknown",
    }
}

text_enum! {
    pub enum RefundStatus {
        Pending => "pending",
        RequiresAction => "requires_action",
        Succeeded => "succeeded",
        Failed => "failed",
        Canceled => "canceled",
        Unknown => "unknown",
    }
}

text_enum! {
    pub enum SubscriptionStatus {
        Incomplete => "incomplete",
        IncompleteExpired => "incomplete_expired",
        Trialing => "trialing",
        Active => "active",
        PastDue => "past_due",
        Paused => "paused",
        Canceled => "canceled",
        Unpaid => "unpaid",
        Unknown => "unknown",
    }
}

text_enum! {
    pub enum InvoiceStatus {
        Draft => "draft",
        Open => "open",
        Paid => "paid",
        Void => "void",
        Uncollectible => "uncollectible",
        Unknown => "unknown",
    }
}

text_enum! {
    pub enum PayoutStatus {
        Pending => "pending",
        InTransit => "in_transit",
        /// At the bank, Stripe believes: it may still become `failed` within days.
        Paid => "paid",
        Failed => "failed",
        Canceled => "canceled",
        Unknown => "unknown",
    }
}

text_enum! {
    /// Whether Stripe has said which lines of the balance a payout took along.
    pub enum Reconciliation {
        Completed => "completed",
        InProgress => "in_progress",
        /// A manual payout: Stripe never says it.
        NotApplicable => "not_applicable",
        Unknown => "unknown",
    }
}

/// A Checkout Session: one visit to Stripe's payment page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// `cs_…`
    pub id: String,
    pub status: CheckoutStatus,
    /// Stripe's `payment_status` is `paid`: the money is there, not only promised.
    pub paid: bool,
    pub total: Option<Money>,
    /// A one-off gift's PaymentIntent, once there is one.
    pub payment: Option<String>,
    /// A repeated gift's subscription and its first invoice, once complete.
    pub subscription: Option<String>,
    pub invoice: Option<String>,
    pub customer: Option<String>,
    /// Our `client_reference_id`.
    pub reference: Option<String>,
    /// Where the visitor pays; only while open.
    pub url: Option<String>,
    pub expires_at: At,
    pub created_at: At,
    pub metadata: Metadata,
    pub livemode: bool,
}

/// A PaymentIntent with its newest charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// `pi_…`
    pub id: String,
    pub status: PaymentStatus,
    /// What was asked.
    pub amount: Money,
    /// What came, in the same currency.
    pub received_minor: i64,
    pub customer: Option<String>,
    pub charge: Option<Charge>,
    /// Why the last try failed, in Stripe's words; kept for staff.
    pub failure: Option<String>,
    pub created_at: At,
    pub metadata: Metadata,
    pub livemode: bool,
}

/// One movement of money from a card or account to Stripe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// `ch_…` or `py_…`
    pub id: String,
    pub amount: Money,
    pub succeeded: bool,
    /// The kind of payment method (`card`, `sepa_debit`).
    pub method: Option<String>,
    /// Null for a while after success (`capture_method` automatic_async): it arrives with `charge.updated`.
    pub balance: Option<BalanceTransaction>,
    pub created_at: At,
}

/// A line of the Stripe account's balance. `net = amount - fee`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceTransaction {
    /// `txn_…`
    pub id: String,
    /// Of the settlement, which may differ from the charge's.
    pub currency: Currency,
    pub amount_minor: i64,
    pub fee_minor: i64,
    pub net_minor: i64,
    /// What the fee is made of.
    pub fee_details: Vec<FeeDetail>,
    /// `pending` until the money may be paid out, then `available`.
    pub status: String,
    /// Stripe's or staff's words, as on the payment.
    pub description: Option<String>,
    /// As the API wrote it; money is never computed from it.
    pub exchange_rate: Option<String>,
    /// Stripe's `type`.
    pub kind: String,
    pub reporting_category: String,
    /// What it is about (`ch_…`, `re_…`, `po_…`).
    pub source: Option<String>,
    pub available_on: At,
    pub created_at: At,
}

/// A part of a fee.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FeeDetail {
    /// `stripe_fee`, `application_fee`, `tax`, …
    pub kind: String,
    pub amount_minor: i64,
    pub currency: Currency,
    pub description: Option<String>,
}

/// Money that leaves the balance for a bank account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// `po_…`
    pub id: String,
    /// Negative when Stripe takes money from the bank, for a balance below zero.
    pub amount: Money,
    pub status: PayoutStatus,
    /// By Stripe's schedule; else somebody asked for it.
    pub automatic: bool,
    pub reconciliation: Reconciliation,
    /// The day on which it should be at the bank.
    pub arrives_on: Day,
    /// What banks call it; may come days later.
    pub trace: Option<String>,
    /// What the bank line should say. Banks change and cut it.
    pub descriptor: Option<String>,
    /// Why it failed, in Stripe's words.
    pub failure: Option<String>,
    pub balance: Option<BalanceTransaction>,
    /// The money that came back when it failed.
    pub failure_balance: Option<BalanceTransaction>,
    /// Of a reversal: the payout that it reverses; and the other way round.
    pub original: Option<String>,
    pub reversed_by: Option<String>,
    pub created_at: At,
    pub livemode: bool,
    /// The lines that it took along, itself left out: once Stripe has said so (`reconciliation` is completed).
    pub lines: Option<Vec<BalanceTransaction>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// `re_…`
    pub id: String,
    pub payment: Option<String>,
    pub charge: Option<String>,
    pub amount: Money,
    pub status: RefundStatus,
    pub failure: Option<String>,
    pub balance: Option<BalanceTransaction>,
    /// The money that came back when the refund failed.
    pub failure_balance: Option<BalanceTransaction>,
    pub created_at: At,
    pub metadata: Metadata,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// `sub_…`
    pub id: String,
    pub customer: Option<String>,
    pub status: SubscriptionStatus,
    /// Of its one item; none when somebody gave it several at Stripe.
    pub amount: Option<Money>,
    pub interval: Option<String>,
    pub cancel_at_period_end: bool,
    pub period_ends_at: Option<At>,
    pub ended_at: Option<At>,
    pub created_at: At,
    pub metadata: Metadata,
    pub livemode: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// `in_…`
    pub id: String,
    pub subscription: Option<String>,
    pub customer: Option<String>,
    pub status: InvoiceStatus,
    pub paid: Money,
    pub due_minor: i64,
    /// The PaymentIntent that paid it; none for zero and out-of-band invoices.
    pub payment: Option<String>,
    pub attempts: i64,
    /// Null after the last try: Stripe gave up.
    pub next_attempt_at: Option<At>,
    pub paid_at: Option<At>,
    pub created_at: At,
    /// The subscription's metadata as it was when the invoice was made final.
    pub metadata: Metadata,
    pub livemode: bool,
}

/// What a listed event says of itself; its object is fetched anew before anything is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventHead {
    /// `evt_…`
    pub id: String,
    /// `invoice.paid`
    pub kind: String,
    pub object_kind: String,
    pub object_id: String,
    pub livemode: bool,
    pub created_at: At,
}
