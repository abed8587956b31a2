//! What the pages of money at Stripe share: addresses, days, what explains a transaction, where a payout stands.

use serde::Serialize;

use crate::db::Db;
use crate::donations;
use crate::error::Error as FeatureError;
use crate::finance::payouts::{InBank, Sum};
use crate::finance::{Explained, Explanation, JournalAccount};
use crate::i18n::Texts;
use crate::stripe::PayoutStatus;
use crate::values::{Currency, Day, DonationId, Language, Money};
use crate::web::staff::campaigns::number;
use crate::web::staff::gift_words::{donation_path, money};

pub(crate) const HOME: &str = "/staff/finance";
pub(crate) const PAYOUTS: &str = "/staff/finance/payouts";
pub(crate) const TRANSACTIONS: &str = "/staff/finance/transactions";

pub(crate) fn payout_path(id: &str) -> String {
    format!("{PAYOUTS}/{id}")
}

pub(crate) fn transaction_path(id: &str) -> String {
    format!("{TRANSACTIONS}/{id}")
}

/// `path?query`, or the path alone.
pub(super) fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// `3 June 2026`
pub(crate) fn day(day: Day) -> String {
    Texts::get().date(&Language::english(), day.0)
}

/// `1 payout`, `1,204 payouts`.
pub(crate) fn count(n: i64, one: &str, many: &str) -> String {
    match n {
        1 => format!("1 {one}"),
        n => format!("{} {many}", number(n)),
    }
}

pub(super) fn amount(minor: i64, currency: &Currency) -> String {
    money(&Money::new(minor, currency.clone()))
}

/// An id of Stripe from an address; whatever cannot be one is not found.
pub(super) fn stripe_id(text: &str, what: &'static str) -> Result<String, FeatureError> {
    let fits = !text.is_empty() && text.len() <= 255 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if fits { Ok(text.to_owned()) } else { Err(FeatureError::NotFound(what)) }
}

/// As somebody typed it, without what no database keeps.
pub(super) fn typed(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(200).collect::<String>().trim().to_owned()
}

/// Word and kind of the badge.
pub(super) fn explanation_badge(explanation: Explanation) -> (&'static str, &'static str) {
    match explanation {
        Explanation::Gift => ("Gift", "ok"),
        Explanation::Refund => ("Refund", "info"),
        Explanation::RefundFailure => ("Failed refund", "warn"),
        Explanation::Fee => ("Fee", "neutral"),
        Explanation::Payout => ("Payout", "neutral"),
        Explanation::PayoutReturned => ("Returned payout", "warn"),
        Explanation::Staff => ("By staff", "accent"),
        Explanation::Before => ("Older than the books", "neutral"),
        Explanation::Unexplained => ("Unexplained", "danger"),
    }
}

/// Stripe's reporting categories in words (docs.stripe.com/reports/reporting-categories); new ones as Stripe writes them.
pub(super) fn category(word: &str) -> String {
    let words = match word {
        "charge" => "Payment",
        "charge_failure" => "Payment called back",
        "refund" => "Refund",
        "refund_failure" => "Refund that failed",
        "partial_capture_reversal" => "Part of a payment not taken",
        "dispute" => "Dispute",
        "dispute_reversal" => "Dispute won",
        "fee" => "Stripe\u{2019}s fee",
        "payout" => "Payout",
        "payout_reversal" => "Payout that came back",
        "other_adjustment" => "Adjustment by Stripe",
        "topup" => "Money paid in",
        "topup_reversal" => "Money paid in, taken back",
        other => {
            let mut letters = other.chars();
            let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
            return format!("{first}{}", letters.as_str().replace('_', " "));
        }
    };
    words.to_owned()
}

/// What a transaction is, in words, and where that is to be seen.
#[derive(Debug, Default, Serialize)]
pub(super) struct Why {
    pub text: String,
    pub href: Option<String>,
    pub note: Option<String>,
}

/// The accounts are those of the whole chart.
pub(super) fn why(db: &mut Db, line: &Explained, chart: &[JournalAccount]) -> Result<Why, FeatureError> {
    let gift = line.donation_id;
    let payout = line.source_payout.as_deref().map(payout_path);
    Ok(match line.explanation {
        Explanation::Gift => of_gift(db, "Gift", gift)?,
        Explanation::Refund => of_gift(db, "Refund of gift", gift)?,
        Explanation::RefundFailure => of_gift(db, "Failed refund of gift", gift)?,
        Explanation::Fee => plain(line.description.as_deref().unwrap_or("Stripe\u{2019}s own fee")),
        Explanation::Payout => Why { text: "To the bank".into(), href: payout, note: line.source_payout.clone() },
        Explanation::PayoutReturned => {
            Why { text: "Back from the bank".into(), href: payout, note: line.source_payout.clone() }
        }
        Explanation::Staff => {
            let account = chart.iter().find(|account| Some(account.id) == line.journal_account_id);
            let text = account.map(|account| format!("{} {}", account.code, account.name));
            Why { text: text.unwrap_or_else(|| "By staff".into()), href: None, note: line.note.clone() }
        }
        Explanation::Before => plain("Part of the opening balance"),
        Explanation::Unexplained => {
            Why { text: "Explain it".into(), href: Some(transaction_path(&line.id)), note: line.description.clone() }
        }
    })
}

fn plain(text: &str) -> Why {
    Why { text: text.into(), ..Why::default() }
}

fn of_gift(db: &mut Db, what: &str, id: Option<DonationId>) -> Result<Why, FeatureError> {
    let Some(id) = id else { return Ok(plain(what)) };
    let donor = donations::store::find(db, id)?
        .map(|gift| if gift.name.is_empty() { gift.email.to_string() } else { gift.name });
    Ok(Why { text: format!("{what} {id}"), href: Some(donation_path(id)), note: donor.filter(|name| !name.is_empty()) })
}

/// Where the money of a payout is: word and kind of the badge.
pub(crate) fn in_bank_badge(in_bank: InBank) -> (String, &'static str) {
    let (word, kind) = match in_bank {
        InBank::NotYet => ("On its way", "info"),
        InBank::Late(days) => return (count(days, "day late", "days late"), "danger"),
        InBank::There => ("At the bank", "ok"),
        InBank::Failed => ("Failed", "danger"),
        InBank::Returning => ("Failed, return awaited", "danger"),
        InBank::Returned => ("Came back", "warn"),
        InBank::Cancelled => ("Cancelled", "neutral"),
    };
    (word.into(), kind)
}

/// What Stripe says of it.
pub(super) fn status_words(status: PayoutStatus) -> &'static str {
    match status {
        PayoutStatus::Pending => "Waiting to be sent",
        PayoutStatus::InTransit => "Sent to the bank",
        PayoutStatus::Paid => "Paid",
        PayoutStatus::Failed => "Failed",
        PayoutStatus::Canceled => "Cancelled",
        PayoutStatus::Unknown => "Not known here",
    }
}

/// Whether what it took along is its amount.
pub(super) fn sum_badge(sum: Sum) -> (&'static str, &'static str) {
    match sum {
        Sum::Fits => ("Adds up", "ok"),
        Sum::Differs(_) => ("Does not add up", "danger"),
        Sum::NotYet => ("Not told yet", "info"),
        Sum::NotAttributed => ("Manual", "neutral"),
    }
}

/// What Stripe's words for a payout that failed mean (docs.stripe.com/api/payouts/failures); None for words that are a
/// sentence already, or new.
pub(super) fn payout_failure(word: &str) -> Option<&'static str> {
    Some(match word {
        "account_closed" => "The bank account was closed",
        "account_frozen" => "The bank account is frozen",
        "bank_account_restricted" => "The bank account may not take such payments",
        "bank_ownership_changed" => "The bank account belongs to somebody else now",
        "could_not_process" => "The bank could not process it",
        "debit_not_authorized" => "The bank does not let Stripe take money from this account",
        "declined" => "The bank declined it",
        "incorrect_account_holder_name" => "The name of the account\u{2019}s holder is wrong at Stripe",
        "insufficient_funds" => "There was not enough on the balance",
        "invalid_account_number" => "The number of the bank account is wrong at Stripe",
        "invalid_currency" => "The bank account does not take this currency",
        "no_account" => "The bank finds no such account",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_stripe_and_nothing_else() {
        assert_eq!(stripe_id("po_1AbC", "payout").unwrap(), "po_1AbC");
        for bad in ["", "po 1", "po_1\0", "../po_1", "п", &"x".repeat(256)] {
            assert!(stripe_id(bad, "payout").is_err(), "{bad:?}");
        }
    }

    #[test]
    fn categories_that_nobody_knows_yet_are_readable() {
        assert_eq!(category("charge"), "Payment");
        assert_eq!(category("climate_order_purchase"), "Climate order purchase");
        assert_eq!(category(""), "");
    }
}
