//! The columns of the mirror, and where each comes from.

use diesel::prelude::*;

use crate::db::schema::{
    balance_transactions, stripe_charges, stripe_checkouts, stripe_invoices, stripe_payments, stripe_payouts,
    stripe_refunds, stripe_subscriptions,
};
use crate::stripe::{BalanceTransaction, Charge, Checkout, Invoice, Payment, Payout, Refund, Subscription};
use crate::values::{At, Day};

/// What every row says of how it came.
pub(super) struct Seen<'a> {
    pub account: &'a str,
    /// Of the key: lines of the balance do not say it.
    pub livemode: bool,
    pub now: At,
}

impl<'a> Seen<'a> {
    pub fn checkout(&self, o: &'a Checkout) -> CheckoutRow<'a> {
        CheckoutRow {
            id: &o.id,
            account: self.account,
            status: o.status.as_str(),
            paid: o.paid,
            amount_minor: o.total.as_ref().map(|total| total.minor),
            currency: o.total.as_ref().map(|total| total.currency.as_str()),
            payment: o.payment.as_deref(),
            subscription: o.subscription.as_deref(),
            customer: o.customer.as_deref(),
            reference: o.reference.as_deref(),
            livemode: o.livemode,
            expires_at: o.expires_at,
            created_at: o.created_at,
            mirrored_at: self.now,
        }
    }
    pub fn payment(&self, o: &'a Payment) -> PaymentRow<'a> {
        PaymentRow {
            id: &o.id,
            account: self.account,
            status: o.status.as_str(),
            amount_minor: o.amount.minor,
            received_minor: o.received_minor,
            currency: o.amount.currency.as_str(),
            customer: o.customer.as_deref(),
            charge: o.charge.as_ref().map(|charge| charge.id.as_str()),
            failure: o.failure.as_deref(),
            livemode: o.livemode,
            created_at: o.created_at,
            mirrored_at: self.now,
        }
    }
    pub fn charge(&self, o: &'a Charge, payment: &'a str) -> ChargeRow<'a> {
        ChargeRow {
            id: &o.id,
            account: self.account,
            payment,
            amount_minor: o.amount.minor,
            currency: o.amount.currency.as_str(),
            succeeded: o.succeeded,
            method: o.method.as_deref(),
            balance_transaction: o.balance.as_ref().map(|balance| balance.id.as_str()),
            created_at: o.created_at,
            mirrored_at: self.now,
        }
    }
    pub fn refund(&self, o: &'a Refund) -> RefundRow<'a> {
        RefundRow {
            id: &o.id,
            account: self.account,
            payment: o.payment.as_deref(),
            charge: o.charge.as_deref(),
            amount_minor: o.amount.minor,
            currency: o.amount.currency.as_str(),
            status: o.status.as_str(),
            failure: o.failure.as_deref(),
            balance_transaction: o.balance.as_ref().map(|balance| balance.id.as_str()),
            failure_balance_transaction: o.failure_balance.as_ref().map(|balance| balance.id.as_str()),
            created_at: o.created_at,
            mirrored_at: self.now,
        }
    }
    pub fn subscription(&self, o: &'a Subscription) -> SubscriptionRow<'a> {
        SubscriptionRow {
            id: &o.id,
            account: self.account,
            customer: o.customer.as_deref(),
            status: o.status.as_str(),
            amount_minor: o.amount.as_ref().map(|amount| amount.minor),
            currency: o.amount.as_ref().map(|amount| amount.currency.as_str()),
            period_ends_at: o.period_ends_at,
            ended_at: o.ended_at,
            livemode: o.livemode,
            created_at: o.created_at,
            mirrored_at: self.now,
        }
    }
    pub fn invoice(&self, o: &'a Invoice) -> InvoiceRow<'a> {
        InvoiceRow {
            id: &o.id,
            account: self.account,
            subscription: o.subscription.as_deref(),
            customer: o.customer.as_deref(),
            status: o.status.as_str(),
            paid_minor: o.paid.minor,
            due_minor: o.due_minor,
            currency: o.paid.currency.as_str(),
            payment: o.payment.as_deref(),
            attempts: o.attempts,
            next_attempt_at: o.next_attempt_at,
            paid_at: o.paid_at,
            livemode: o.livemode,
            created_at: o.created_at,
            mirrored_at: self.now,
        }
    }
    pub fn balance(&self, o: &'a BalanceTransaction) -> BalanceRow<'a> {
        BalanceRow {
            id: &o.id,
            account: self.account,
            livemode: self.livemode,
            status: &o.status,
            currency: o.currency.as_str(),
            amount_minor: o.amount_minor,
            fee_minor: o.fee_minor,
            net_minor: o.net_minor,
            fee_details: serde_json::to_string(&o.fee_details).unwrap_or_default(),
            exchange_rate: o.exchange_rate.as_deref(),
            kind: &o.kind,
            reporting_category: &o.reporting_category,
            description: o.description.as_deref(),
            source: o.source.as_deref(),
            available_on: o.available_on,
            created_at: o.created_at,
            mirrored_at: self.now,
        }
    }
    pub fn payout(&self, o: &'a Payout) -> PayoutRow<'a> {
        PayoutRow {
            id: &o.id,
            account: self.account,
            livemode: o.livemode,
            status: o.status.as_str(),
            amount_minor: o.amount.minor,
            currency: o.amount.currency.as_str(),
            automatic: o.automatic,
            reconciliation: o.reconciliation.as_str(),
            arrives_on: o.arrives_on,
            trace: o.trace.as_deref(),
            descriptor: o.descriptor.as_deref(),
            failure: o.failure.as_deref(),
            balance_transaction: o.balance.as_ref().map(|line| line.id.as_str()),
            failure_balance_transaction: o.failure_balance.as_ref().map(|line| line.id.as_str()),
            original: o.original.as_deref(),
            reversed_by: o.reversed_by.as_deref(),
            created_at: o.created_at,
            mirrored_at: self.now,
        }
    }
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = stripe_checkouts, treat_none_as_null = true)]
pub(super) struct CheckoutRow<'a> {
    id: &'a str,
    account: &'a str,
    status: &'a str,
    paid: bool,
    amount_minor: Option<i64>,
    currency: Option<&'a str>,
    payment: Option<&'a str>,
    subscription: Option<&'a str>,
    customer: Option<&'a str>,
    reference: Option<&'a str>,
    livemode: bool,
    expires_at: At,
    created_at: At,
    mirrored_at: At,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = stripe_payments, treat_none_as_null = true)]
pub(super) struct PaymentRow<'a> {
    id: &'a str,
    account: &'a str,
    status: &'a str,
    amount_minor: i64,
    received_minor: i64,
    currency: &'a str,
    customer: Option<&'a str>,
    charge: Option<&'a str>,
    failure: Option<&'a str>,
    livemode: bool,
    created_at: At,
    mirrored_at: At,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = stripe_charges, treat_none_as_null = true)]
pub(super) struct ChargeRow<'a> {
    id: &'a str,
    account: &'a str,
    payment: &'a str,
    amount_minor: i64,
    currency: &'a str,
    succeeded: bool,
    method: Option<&'a str>,
    balance_transaction: Option<&'a str>,
    created_at: At,
    mirrored_at: At,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = stripe_refunds, treat_none_as_null = true)]
pub(super) struct RefundRow<'a> {
    id: &'a str,
    account: &'a str,
    payment: Option<&'a str>,
    charge: Option<&'a str>,
    amount_minor: i64,
    currency: &'a str,
    status: &'a str,
    failure: Option<&'a str>,
    balance_transaction: Option<&'a str>,
    failure_balance_transaction: Option<&'a str>,
    created_at: At,
    mirrored_at: At,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = stripe_subscriptions, treat_none_as_null = true)]
pub(super) struct SubscriptionRow<'a> {
    id: &'a str,
    account: &'a str,
    customer: Option<&'a str>,
    status: &'a str,
    amount_minor: Option<i64>,
    currency: Option<&'a str>,
    period_ends_at: Option<At>,
    ended_at: Option<At>,
    livemode: bool,
    created_at: At,
    mirrored_at: At,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = stripe_invoices, treat_none_as_null = true)]
pub(super) struct InvoiceRow<'a> {
    id: &'a str,
    account: &'a str,
    subscription: Option<&'a str>,
    customer: Option<&'a str>,
    status: &'a str,
    paid_minor: i64,
    due_minor: i64,
    currency: &'a str,
    payment: Option<&'a str>,
    attempts: i64,
    next_attempt_at: Option<At>,
    paid_at: Option<At>,
    livemode: bool,
    created_at: At,
    mirrored_at: At,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = balance_transactions, treat_none_as_null = true)]
pub(super) struct BalanceRow<'a> {
    id: &'a str,
    account: &'a str,
    livemode: bool,
    status: &'a str,
    currency: &'a str,
    amount_minor: i64,
    fee_minor: i64,
    net_minor: i64,
    fee_details: String,
    exchange_rate: Option<&'a str>,
    kind: &'a str,
    reporting_category: &'a str,
    description: Option<&'a str>,
    source: Option<&'a str>,
    available_on: At,
    created_at: At,
    mirrored_at: At,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = stripe_payouts, treat_none_as_null = true)]
pub(super) struct PayoutRow<'a> {
    id: &'a str,
    account: &'a str,
    livemode: bool,
    status: &'a str,
    amount_minor: i64,
    currency: &'a str,
    automatic: bool,
    reconciliation: &'a str,
    arrives_on: Day,
    trace: Option<&'a str>,
    descriptor: Option<&'a str>,
    failure: Option<&'a str>,
    balance_transaction: Option<&'a str>,
    failure_balance_transaction: Option<&'a str>,
    original: Option<&'a str>,
    reversed_by: Option<&'a str>,
    created_at: At,
    mirrored_at: At,
}
