//! The lines of a timeline as people say them: they are stored as `25.00 EUR` and with the codes of Stripe.

use chrono_tz::Tz;

use super::gift_words::{money, refund_failure};
use super::moment;
use crate::donations::GiftEventKind;
use crate::values::{At, Currency, Money};

/// What a line says beside its title.
pub(crate) fn detail(kind: GiftEventKind, stored: &str, zone: Tz) -> String {
    use GiftEventKind as K;
    match kind {
        K::Initiated | K::Paid | K::RefundRequested | K::RefundPending | K::RefundSucceeded | K::RefundFailed => {
            with_money(stored)
        }
        K::Declined | K::Failed => declined(stored),
        K::Question | K::Answered => with_amounts(stored),
        K::PledgePastDue => with_moment(stored, zone),
        _ => stored.to_owned(),
    }
}

/// An amount at the beginning as money is written elsewhere, and Stripe's word for a refund that failed in words.
fn with_money(stored: &str) -> String {
    let (head, rest) = stored.split_once(": ").map_or((stored, None), |(head, rest)| (head, Some(rest)));
    let (amount, every) = head.split_once(" every ").map_or((head, None), |(amount, every)| (amount, Some(every)));
    let Some(amount) = amount.split_once(' ').and_then(|(decimal, code)| amount_of(decimal, code)) else {
        return stored.to_owned();
    };
    let every = every.map(|every| format!(" every {every}")).unwrap_or_default();
    let rest =
        rest.map(|rest| refund_failure(rest).map_or_else(|| rest.to_owned(), |words| format!("{words} ({rest})")));
    let rest = rest.map(|rest| format!(": {rest}")).unwrap_or_default();
    format!("{}{every}{rest}", money(&amount))
}

/// `30.00` and `EUR`; nothing else is taken for an amount.
fn amount_of(decimal: &str, code: &str) -> Option<Money> {
    let digits = decimal.starts_with(|first: char| first.is_ascii_digit());
    let upper = code.chars().all(|letter| letter.is_ascii_uppercase());
    let currency = Currency::parse(code).ok().filter(|_| digits && upper)?;
    Money::parse(decimal, currency).ok()
}

/// A sentence with each amount in it as money is written elsewhere.
pub(crate) fn with_amounts(stored: &str) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut words = stored.split(' ').peekable();
    while let Some(word) = words.next() {
        let amount = words.peek().and_then(|next| {
            let code = next.trim_end_matches(['.', ',', ':', ';']);
            Some(format!("{}{}", money(&amount_of(word, code)?), next.strip_prefix(code)?))
        });
        match amount {
            Some(amount) => {
                words.next();
                said.push(amount);
            }
            None => said.push(word.to_owned()),
        }
    }
    said.join(" ")
}

/// Stripe speaks to who pays (*Your card was declined*) and adds its codes, the exactest last.
pub(crate) fn declined(stored: &str) -> String {
    let codes = stored.strip_suffix(')').and_then(|text| text.rsplit_once('(')).map_or(stored, |(_, codes)| codes);
    match codes.rsplit(", ").find_map(|code| decline(code).map(|words| (words, code))) {
        Some((words, code)) => format!("{words} ({code})."),
        None => stored.to_owned(),
    }
}

/// What the codes mean that come often (docs.stripe.com/declines/codes).
fn decline(code: &str) -> Option<&'static str> {
    Some(match code {
        "generic_decline" | "card_declined" | "do_not_honor" | "call_issuer" | "transaction_not_allowed" => {
            "The bank declined the card and does not say why"
        }
        "insufficient_funds" => "There was not enough money on the account",
        "expired_card" => "The card has expired",
        "incorrect_cvc" | "invalid_cvc" => "The security code was wrong",
        "incorrect_number" | "invalid_number" => "The card number was wrong",
        "lost_card" | "stolen_card" | "pickup_card" => "The card was reported lost or stolen",
        "fraudulent" | "merchant_blacklist" => "Stripe took it for fraud",
        "authentication_required" | "payment_intent_authentication_failure" => {
            "The bank asked the giver to confirm the payment, and nobody did"
        }
        "card_velocity_exceeded" | "withdrawal_count_limit_exceeded" => "The card is over its limit",
        "currency_not_supported" => "The card does not pay in this currency",
        "processing_error" | "try_again_later" | "issuer_not_available" => "The bank could not be reached",
        "bank_account_closed" | "debit_not_authorized" => "The bank did not let the account be debited",
        _ => return None,
    })
}

/// `; Stripe tries again at …` with the time as people here read it.
fn with_moment(stored: &str, zone: Tz) -> String {
    let found = stored.rsplit_once("tries again at ").and_then(|(said, at)| {
        let at = chrono::DateTime::parse_from_rfc3339(at).ok()?;
        Some(format!("{said}tries again on {}", moment(At(at.to_utc()), zone)))
    });
    found.unwrap_or_else(|| stored.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_people_say_them() {
        let said = |kind, stored| detail(kind, stored, chrono_tz::Europe::Berlin);
        use GiftEventKind as K;
        assert_eq!(said(K::Paid, "1250.00 EUR"), "€1,250.00");
        assert_eq!(said(K::Initiated, "2000 JPY every month"), "¥2,000 every month");
        assert_eq!(said(K::RefundRequested, "10.00 EUR: asked by mail: twice"), "€10.00: asked by mail: twice");
        assert_eq!(
            said(K::RefundFailed, "5.00 EUR: expired_or_canceled_card"),
            "€5.00: The card has expired or was cancelled (expired_or_canceled_card)"
        );
        assert_eq!(
            said(K::Declined, "Your card was declined. (card_declined, insufficient_funds)"),
            "There was not enough money on the account (insufficient_funds)."
        );
        assert_eq!(
            said(K::Declined, "Your card was declined. (card_declined, brand_new)"),
            "The bank declined the card and does not say why (card_declined)."
        );
        assert_eq!(
            said(K::Question, "30.00 EUR was asked, 20.00 EUR came. Nothing is booked yet, 2 USD."),
            "€30.00 was asked, €20.00 came. Nothing is booked yet, $2.00."
        );
        assert_eq!(said(K::Failed, "Something else."), "Something else.");
        assert_eq!(said(K::Paid, "as somebody wrote it"), "as somebody wrote it");
        assert_eq!(
            said(K::PledgePastDue, "in_1 was not paid; Stripe tries again at 2026-03-04T09:00:00.000000Z"),
            "in_1 was not paid; Stripe tries again on 4 March 2026, 10:00"
        );
        assert_eq!(
            said(K::PledgePastDue, "in_1 was not paid; Stripe does not try again"),
            "in_1 was not paid; Stripe does not try again"
        );
    }
}
