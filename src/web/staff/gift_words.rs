//! The words that pages about gifts share: amounts, states, timelines.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::moment;
use super::timeline_words::detail;
use crate::campaigns;
use crate::db::Db;
use crate::donations::store::sums::Sum;
use crate::donations::totals::Total;
use crate::donations::{DonationState, GiftEvent, GiftEventKind, PledgeState, RefundState};
use crate::error::Error as FeatureError;
use crate::i18n::Texts;
use crate::stripe::Interval;
use crate::values::{CampaignId, DonationId, Language, Money, PledgeId};

/// An option of a list.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Choice {
    pub value: String,
    pub label: String,
}

impl Choice {
    pub fn new(value: impl ToString, label: impl Into<String>) -> Self {
        Self { value: value.to_string(), label: label.into() }
    }
}

/// A key figure.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    pub label: String,
    pub number: String,
    pub change: Option<String>,
    pub href: Option<String>,
}

pub(crate) fn donation_path(id: DonationId) -> String {
    format!("/staff/donations/{id}")
}

pub(crate) fn pledge_path(id: PledgeId) -> String {
    format!("/staff/pledges/{id}")
}

pub(crate) fn money(money: &Money) -> String {
    Texts::get().money(&Language::english(), money)
}

/// `1 gift`, `1,204 gifts`.
pub(crate) fn gifts(n: i64) -> String {
    match n {
        1 => "1 gift".into(),
        n => format!("{} gifts", Texts::get().number(&Language::english(), n)),
    }
}

/// Word and kind of the badge.
pub(crate) fn donation_badge(state: DonationState) -> (&'static str, &'static str) {
    match state {
        DonationState::Initiated => ("Begun", "neutral"),
        DonationState::Processing => ("Processing", "info"),
        DonationState::Paid => ("Paid", "ok"),
        DonationState::Failed => ("Failed", "danger"),
        DonationState::Cancelled => ("Cancelled", "neutral"),
    }
}

pub(crate) fn pledge_badge(state: PledgeState) -> (&'static str, &'static str) {
    match state {
        PledgeState::Incomplete => ("Begun", "neutral"),
        PledgeState::Active => ("Active", "ok"),
        PledgeState::PastDue => ("Past due", "warn"),
        PledgeState::Paused => ("Paused", "info"),
        PledgeState::Ended => ("Ended", "neutral"),
    }
}

pub(crate) fn refund_badge(state: RefundState) -> (&'static str, &'static str) {
    match state {
        RefundState::Requested => ("Asked for", "info"),
        RefundState::Pending => ("On its way", "info"),
        RefundState::Succeeded => ("Given back", "ok"),
        RefundState::Failed => ("Failed", "danger"),
        RefundState::Cancelled => ("Cancelled", "neutral"),
    }
}

/// What Stripe's words for a refund that failed mean (docs.stripe.com/refunds#failed-refunds); None for words that are
/// a sentence already, or new.
pub(crate) fn refund_failure(word: &str) -> Option<&'static str> {
    Some(match word {
        "charge_for_pending_refund_disputed" => "The donor disputes the payment, so the bank decides",
        "declined" => "The bank declined it",
        "expired_or_canceled_card" => "The card has expired or was cancelled",
        "insufficient_funds" => "There is not enough on the balance at Stripe",
        "lost_or_stolen_card" => "The card was reported lost or stolen",
        "merchant_request" => "It was cancelled in Stripe\u{2019}s dashboard",
        "unknown" => "Stripe does not know why",
        _ => return None,
    })
}

/// `Once`, `Monthly`, `Yearly`.
pub(crate) fn rhythm(every: Option<Interval>) -> &'static str {
    match every {
        None => "Once",
        Some(Interval::Month) => "Monthly",
        Some(Interval::Year) => "Yearly",
    }
}

/// `a month`, `a year`.
pub(crate) fn per(every: Interval) -> &'static str {
    match every {
        Interval::Month => "a month",
        Interval::Year => "a year",
    }
}

/// A figure per currency: `€1,250.00`, 12 gifts, what went back.
pub(crate) fn figures(sums: &[Sum], label: &str) -> Vec<Figure> {
    sums.iter().map(|sum| figure(label, sum.test, sum.count, &sum.amount, &sum.refunded)).collect()
}

/// The same of a campaign's totals.
pub(crate) fn total_figures(totals: &[Total], label: &str) -> Vec<Figure> {
    totals.iter().map(|total| figure(label, total.test, total.count, &total.sum, &total.refunded)).collect()
}

fn figure(label: &str, test: bool, count: i64, amount: &Money, refunded: &Money) -> Figure {
    let mark = if test { " (test)" } else { "" };
    let back = if refunded.minor > 0 { format!(", {} given back", money(refunded)) } else { String::new() };
    Figure {
        label: format!("{label} in {}{mark}", amount.currency),
        number: money(amount),
        change: Some(format!("{}{back}", gifts(count))),
        href: None,
    }
}

/// Names of these campaigns.
pub(crate) fn campaign_names(
    db: &mut Db,
    ids: impl IntoIterator<Item = CampaignId>,
) -> Result<HashMap<CampaignId, String>, FeatureError> {
    let mut names = HashMap::new();
    for id in ids {
        if names.contains_key(&id) {
            continue;
        }
        let name = match campaigns::store::find(db, id) {
            Ok(campaign) => campaign.name,
            Err(FeatureError::NotFound(_)) => format!("Campaign {id}, deleted"),
            Err(other) => return Err(other),
        };
        names.insert(id, name);
    }
    Ok(names)
}

/// Items of a timeline, newest first.
pub(crate) fn timeline(events: &[GiftEvent], zone: chrono_tz::Tz) -> Vec<Value> {
    let item = |event: &GiftEvent| {
        let (title, kind) = event_words(event.kind);
        json!({
            "title": title, "kind": kind, "text": (!event.detail.is_empty()).then(|| detail(event.kind, &event.detail, zone)),
            "time": format!("{}, {}", moment(event.at, zone), event.actor), "datetime": event.at.rfc3339(),
        })
    };
    events.iter().rev().map(item).collect()
}

fn event_words(kind: GiftEventKind) -> (&'static str, Option<&'static str>) {
    use GiftEventKind as K;
    match kind {
        K::Initiated => ("The form was sent", None),
        K::CheckoutOpened => ("Stripe’s payment page was opened", None),
        K::CheckoutFailed => ("Stripe’s payment page could not be opened", Some("danger")),
        K::Declined => ("A payment was declined; the payment page stays open", Some("warn")),
        K::Processing => ("Promised; the money is on its way", Some("info")),
        K::Paid => ("Paid", Some("ok")),
        K::Failed => ("The payment failed", Some("danger")),
        K::Cancelled => ("Cancelled", None),
        K::Question => ("A question for staff", Some("warn")),
        K::Answered => ("Staff answered the question", Some("ok")),
        K::ReceiptIssued => ("Receipt issued and mailed", Some("ok")),
        K::ReceiptSentAgain => ("Receipt mailed again", None),
        K::ReceiptVoided => ("Receipt voided", Some("warn")),
        K::RefundRequested => ("Staff asked for a refund", None),
        K::RefundPending => ("Stripe took the refund", Some("info")),
        K::RefundSucceeded => ("Money given back", Some("ok")),
        K::RefundFailed => ("The refund failed", Some("danger")),
        K::PledgeStarted => ("The pledge began", Some("ok")),
        K::PledgePastDue => ("A payment failed; Stripe tries again", Some("warn")),
        K::PledgePaused => ("Paused at Stripe", Some("info")),
        K::PledgeResumed => ("Goes on", Some("ok")),
        K::EndRequested => ("Asked to end it", None),
        K::PledgeEnded => ("Ended", None),
    }
}
