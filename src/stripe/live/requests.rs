//! The requests that take more than an id.

use std::collections::{BTreeMap, HashMap};

use stripe::StripeRequest;
use stripe_billing::subscription::{ListSubscription, ListSubscriptionStatus};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionLineItemsPriceDataRecurring, CreateCheckoutSessionLineItemsPriceDataRecurringInterval,
    CreateCheckoutSessionPaymentIntentData, CreateCheckoutSessionSubscriptionData, ProductData,
};
use stripe_client_core::{RequestBuilder, StripeMethod};
use stripe_core::event::ListEvent;
use stripe_core::refund::CreateRefund;
use stripe_shared::{CheckoutSessionLocale, CheckoutSessionMode, CheckoutSessionSubmitType};
use stripe_types::List;

use super::super::api::{Failure, Listing, NewCheckout, NewRefund};
use super::super::convert;
use super::super::model::{EventHead, Interval, Metadata};
use crate::values::{Currency, Money};

/// What is asked for as objects instead of ids.
pub(super) const PAYMENT: [&str; 1] = ["latest_charge.balance_transaction"];
pub(super) const REFUND: [&str; 2] = ["balance_transaction", "failure_balance_transaction"];

pub(super) const PAYOUT: [&str; 2] = ["balance_transaction", "failure_balance_transaction"];

pub(super) fn fields(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|&path| path.to_owned()).collect()
}

pub(super) fn in_list(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| format!("data.{path}")).collect()
}

/// The same three parameters of every list.
macro_rules! page {
    ($request:expr, $listing:expr) => {{
        let listing: &Listing = $listing;
        let mut request = $request.limit(listing.limit);
        if let Some(since) = listing.since {
            request = request.created(stripe_types::RangeQueryTs::gte(since.0.timestamp()));
        }
        if let Some(after) = &listing.after {
            request = request.starting_after(after.as_str());
        }
        request
    }};
}
pub(super) use page;

/// An id that can be part of a path. Ids come from webhooks and from our rows; with anything else in them they would ask
/// for something else than they name.
pub(super) fn known(id: &str) -> Result<&str, Failure> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    match !id.is_empty() && id.len() <= 255 && id.bytes().all(fits) {
        true => Ok(id),
        false => Err(Failure::NotFound("an id that Stripe cannot have made".into())),
    }
}

pub(super) fn new_checkout(new: &NewCheckout) -> CreateCheckoutSession {
    let Ok(currency) = new.amount.currency.stripe_code().parse::<stripe_types::Currency>();
    let mut price = CreateCheckoutSessionLineItemsPriceData::new(currency);
    price.unit_amount = Some(new.amount.minor);
    price.product_data = Some(ProductData::new(&new.description));
    price.recurring = new.interval.map(|interval| {
        CreateCheckoutSessionLineItemsPriceDataRecurring::new(match interval {
            Interval::Month => CreateCheckoutSessionLineItemsPriceDataRecurringInterval::Month,
            Interval::Year => CreateCheckoutSessionLineItemsPriceDataRecurringInterval::Year,
        })
    });
    let mut item = CreateCheckoutSessionLineItems::new();
    item.price_data = Some(price);
    item.quantity = Some(1);
    let request = CreateCheckoutSession::new()
        .line_items(vec![item])
        .client_reference_id(&new.reference)
        .customer_email(&new.email)
        .locale(locale(&new.locale))
        .expires_at(new.expires_at.0.timestamp())
        .success_url(&new.success_url)
        .cancel_url(&new.cancel_url)
        .metadata(map(&new.metadata));
    // The session's metadata go no further by themselves. No `receipt_email`: the receipt is ours to send.
    match new.interval {
        None => {
            let mut data = CreateCheckoutSessionPaymentIntentData::new();
            data.metadata = Some(map(&new.metadata));
            data.description = Some(new.description.clone());
            let request = request.mode(CheckoutSessionMode::Payment).submit_type(CheckoutSessionSubmitType::Donate);
            request.payment_intent_data(data)
        }
        Some(_) => {
            let mut data = CreateCheckoutSessionSubscriptionData::new();
            data.metadata = Some(map(&new.metadata));
            data.description = Some(new.description.clone());
            request.mode(CheckoutSessionMode::Subscription).subscription_data(data)
        }
    }
}

pub(super) fn new_refund(new: &NewRefund) -> CreateRefund {
    CreateRefund::new()
        .payment_intent(&new.payment)
        .amount(new.amount_minor)
        .metadata(map(&new.metadata))
        .expand(fields(&REFUND))
}

/// Without the status, Stripe leaves out those that have ended.
pub(super) fn all_subscriptions() -> ListSubscription {
    ListSubscription::new().status(ListSubscriptionStatus::All)
}

/// What Stripe's page does not speak, it chooses by the browser.
fn locale(language: &str) -> CheckoutSessionLocale {
    match language.parse() {
        Ok(CheckoutSessionLocale::Unknown(_)) | Err(_) => CheckoutSessionLocale::Auto,
        Ok(locale) => locale,
    }
}

fn map(metadata: &Metadata) -> HashMap<String, String> {
    metadata.clone().into_iter().collect()
}

/// A call that the library has in a crate of its own, or whose answer it reads into more than we need.
pub(super) struct Small<T> {
    request: Box<dyn Fn() -> RequestBuilder + Send + Sync>,
    answer: std::marker::PhantomData<fn() -> T>,
}

impl<T> Small<T> {
    fn new(request: impl Fn() -> RequestBuilder + Send + Sync + 'static) -> Self {
        Self { request: Box::new(request), answer: std::marker::PhantomData }
    }
}

impl<T> StripeRequest for Small<T> {
    type Output = T;
    fn build(&self) -> RequestBuilder {
        (self.request)()
    }
}

#[derive(miniserde::Deserialize)]
pub(super) struct Account {
    pub(super) id: String,
}

/// The account that the key belongs to.
pub(super) fn account() -> Small<Account> {
    Small::new(|| RequestBuilder::new(StripeMethod::Get, "/account"))
}

#[derive(miniserde::Deserialize)]
pub(super) struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    created: i64,
    livemode: bool,
    data: EventData,
}
#[derive(miniserde::Deserialize)]
struct EventData {
    object: EventObject,
}
/// Some objects have no id, such as the balance.
#[derive(miniserde::Deserialize)]
struct EventObject {
    object: Option<String>,
    id: Option<String>,
}

pub(super) fn events(kinds: &[&str], listing: &Listing) -> Small<List<Event>> {
    let request = page!(ListEvent::new().types(fields(kinds)), listing);
    Small::new(move || request.build())
}

pub(super) fn event_head(event: Event) -> Result<EventHead, Failure> {
    Ok(EventHead {
        id: event.id,
        kind: event.kind,
        object_kind: event.data.object.object.unwrap_or_default(),
        object_id: event.data.object.id.unwrap_or_default(),
        livemode: event.livemode,
        created_at: convert::at(event.created)?,
    })
}

#[derive(miniserde::Deserialize)]
pub(super) struct Balance {
    available: Vec<BalanceAmount>,
    pending: Vec<BalanceAmount>,
}
#[derive(miniserde::Deserialize)]
struct BalanceAmount {
    amount: i64,
    currency: String,
}

pub(super) fn balance() -> Small<Balance> {
    Small::new(|| RequestBuilder::new(StripeMethod::Get, "/balance"))
}

/// Available and pending together, by currency.
pub(super) fn balance_sums(balance: Balance) -> Result<Vec<Money>, Failure> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for part in balance.available.into_iter().chain(balance.pending) {
        let sum = sums.entry(part.currency).or_default();
        *sum = sum.checked_add(part.amount).ok_or_else(|| convert::unreadable("a balance beyond all numbers"))?;
    }
    let money = |(code, minor): (String, i64)| {
        let currency =
            Currency::parse(&code).map_err(|_| convert::unreadable("a currency that is not three letters"))?;
        Ok(Money::new(minor, currency))
    };
    sums.into_iter().map(money).collect()
}

#[cfg(test)]
mod tests;
