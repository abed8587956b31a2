//! Balance transactions with what explains them, as finance staff look for them.

use chrono_tz::Tz;

use super::store::balance as store;
use super::{Explained, Explanation};
use crate::db::Db;
use crate::donations;
use crate::error::Error;
use crate::stripe::FeeDetail;
use crate::text_enum;
use crate::values::{At, Currency, Day, DonationId, Money, Page, PageRequest};

pub use store::Sum;

text_enum! {
    /// The rows behind a figure of finance's home. What is older than the books is in none of them.
    pub enum Group {
        /// The gross amount of gifts.
        Received => "received",
        /// What went back to givers, less refunds that failed.
        Refunded => "refunded",
        /// Fees on payments, and Stripe's own lines of fees.
        Fees => "fees",
        /// What staff explained, and what nobody did yet.
        Other => "other",
        /// Payouts, less those that came back.
        PaidOut => "paid_out",
    }
}

/// What staff look for. Nothing set means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub explanation: Option<Explanation>,
    /// The rows behind a figure.
    pub group: Option<Group>,
    /// Stripe's reporting category.
    pub category: Option<String>,
    /// The payout that took them along (`po_…`).
    pub payout: Option<String>,
    pub currency: Option<Currency>,
    /// First and last day, in the organisation's time zone.
    pub from: Option<Day>,
    pub to: Option<Day>,
    /// A whole id of Stripe (`txn_…`, `ch_…`, `re_…`, `po_…`, `pi_…`), or a donation's number.
    pub q: String,
}

impl Filter {
    /// As the query of a link: `explanation=unexplained&currency=EUR`.
    pub fn query(&self) -> String {
        let day = |day: Option<Day>| day.map(|day| day.to_string());
        let q = self.q.trim();
        super::query(&[
            ("explanation", self.explanation.map(|word| word.as_str().to_owned())),
            ("group", self.group.map(|word| word.as_str().to_owned())),
            ("category", self.category.clone()),
            ("payout", self.payout.clone()),
            ("currency", self.currency.as_ref().map(|currency| currency.as_str().to_owned())),
            ("from", day(self.from)),
            ("to", day(self.to)),
            ("q", (!q.is_empty()).then(|| q.to_owned())),
        ])
    }

    /// The moments that its days begin and end with.
    pub(super) fn bounds(&self, zone: Tz) -> (Option<At>, Option<At>) {
        (self.from.map(|day| day.begins(zone)), self.to.map(|day| day.plus(1).begins(zone)))
    }
}

/// Newest first.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    livemode: bool,
    filter: &Filter,
    zone: Tz,
    request: PageRequest,
) -> diesel::QueryResult<Page<Explained>> {
    store::list(db, livemode, filter, zone, request)
}

/// What the filter finds, added up: count, amount, fee and net per currency.
///
/// # Errors
/// The database's.
pub fn sums(db: &mut Db, livemode: bool, filter: &Filter, zone: Tz) -> diesel::QueryResult<Vec<Sum>> {
    store::sums(db, livemode, filter, zone)
}

/// # Errors
/// `NotFound`.
pub fn find(db: &mut Db, livemode: bool, id: &str) -> Result<Explained, Error> {
    store::find(db, livemode, id)?.ok_or(Error::NotFound("balance transaction"))
}

/// The charge, refunds and failed refunds of a donation, oldest first.
///
/// # Errors
/// The database's.
pub fn of_donation(db: &mut Db, livemode: bool, donation: DonationId) -> diesel::QueryResult<Vec<Explained>> {
    match donations::store::find(db, donation)?.and_then(|gift| gift.payment) {
        Some(payment) => store::of_payment(db, livemode, &payment),
        None => Ok(Vec::new()),
    }
}

/// What the fee of a transaction is made of.
///
/// # Errors
/// The database's.
pub fn fee_details(db: &mut Db, id: &str) -> diesel::QueryResult<Vec<FeeDetail>> {
    let text = store::fee_details(db, id)?.unwrap_or_default();
    // What the mirror wrote itself; check 1 sees it when it is not readable.
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// The reporting categories that there are, for a choice.
///
/// # Errors
/// The database's.
pub fn categories(db: &mut Db, livemode: bool) -> diesel::QueryResult<Vec<String>> {
    store::categories(db, livemode)
}

/// For staff: what is known of a transaction that nothing explains, and what to do.
///
/// # Errors
/// The database's.
pub fn why_unexplained(db: &mut Db, line: &Explained) -> diesel::QueryResult<String> {
    let gift = match line.donation_id {
        Some(id) => Some(id),
        None => mentioned(db, line)?,
    };
    let gift = match gift {
        Some(id) => donations::store::find(db, id)?,
        None => None,
    };
    Ok(words(line, gift.as_ref()))
}

/// The donation of a charge that the words of the transaction name, as Stripe writes for disputes ("Chargeback withdrawal
/// for ch_…") and for bank debits that were called back.
fn mentioned(db: &mut Db, line: &Explained) -> diesel::QueryResult<Option<DonationId>> {
    let text = line.description.as_deref().unwrap_or_default();
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let charge = parts.into_iter().find(|word| ["ch_", "py_", "pi_"].iter().any(|start| word.starts_with(start)));
    match charge {
        Some(charge) => store::donation_of(db, charge),
        None => Ok(None),
    }
}

fn words(line: &Explained, gift: Option<&donations::Donation>) -> String {
    let account = "Explain it with the journal account that it belongs to, and a note";
    let (named, of) = match gift {
        Some(gift) => (format!("donation #{}", gift.id), format!(" of donation #{}", gift.id)),
        None => ("a payment that is not a donation here".to_owned(), String::new()),
    };
    let amount = Money::new(line.amount_minor.saturating_abs(), line.currency.clone());
    match line.reporting_category.as_str() {
        "charge" => match gift {
            Some(gift) if gift.question.is_some() => format!(
                "The payment of {named}, which has an open question: {}. Answer the question on the donation's page; then it is a gift.",
                gift.question.as_deref().unwrap_or_default().trim_end_matches('.')
            ),
            Some(gift) => format!(
                "The payment of {named}, which is {} here. If the money is a gift, `pledgepost stripe sync` books it; else give it back at Stripe.",
                gift.state
            ),
            None => format!(
                "A payment of {amount} that did not come through the donation page: a payment link, an invoice, or one made by hand at Stripe. {account}."
            ),
        },
        "refund" | "refund_failure" => {
            let what = if line.reporting_category == "refund" {
                "was given back"
            } else {
                "came back from a refund that failed"
            };
            match gift {
                Some(gift) => format!(
                    "{amount} of {named} {what}, but the donation is {} here, so its income was never booked. {account}: the same as for its payment.",
                    gift.state
                ),
                None => format!("{amount} {what}, of {named}. {account}: the same as for its payment."),
            }
        }
        "charge_failure" => format!(
            "A bank debit{of} was called back by the bank after it had been paid: {amount} went back. {account}: the income account of the fund, so that its income is less by it."
        ),
        "dispute" => format!(
            "A giver's bank disputes the payment{of}: {amount} is held back, and Stripe takes a fee. Answer the dispute at Stripe; if it is won, the money comes back as a line of its own. {account}: the income account of the fund."
        ),
        "dispute_reversal" => format!(
            "A dispute{of} was won, or withdrawn: {amount} came back. {account}: the one that was chosen for the dispute."
        ),
        "payout" | "payout_reversal" => {
            "A payout that is not here yet. `pledgepost stripe sync` brings it; nothing is to be explained by hand."
                .to_owned()
        }
        "topup" | "topup_reversal" => format!(
            "{amount} was moved between the organisation's bank and the balance at Stripe. {account}: that of the bank account."
        ),
        other => format!("Stripe calls it \"{other}\", which no rule here knows. {account}."),
    }
}
