//! Which currencies and amounts are taken, and what is suggested.

use crate::organisation::Organisation;
use crate::stripe::Interval;
use crate::values::{Currency, InvalidAmount, Money};

/// The currencies that the form offers: those of the organisation that we have limits for, in its order; EUR when there is
/// none.
pub fn offered(organisation: &Organisation) -> Vec<Currency> {
    let mut own: Vec<Currency> = Vec::new();
    for currency in organisation.currencies.split(',').filter_map(|code| Currency::parse(code).ok()) {
        if KNOWN.iter().any(|known| known.code == currency.as_str()) && !own.contains(&currency) {
            own.push(currency);
        }
    }
    if own.is_empty() {
        own.push(Currency::eur());
    }
    own
}

/// What the form suggests, in minor units, smallest first.
pub fn suggested(currency: &Currency, every: Option<Interval>) -> &'static [i64] {
    let known = known(currency);
    match every {
        None => known.once,
        Some(Interval::Month) => known.monthly,
        Some(Interval::Year) => known.yearly,
    }
}

/// The least and the most that is taken at once, in minor units.
pub fn limits(currency: &Currency) -> (i64, i64) {
    let known = known(currency);
    (known.least, known.most)
}

struct Known {
    code: &'static str,
    /// Not lower: who tries stolen cards tries them with the smallest amount that is taken.
    least: i64,
    /// Higher gifts are arranged in person, and a slip of the finger is seen before it is paid.
    most: i64,
    once: &'static [i64],
    monthly: &'static [i64],
    yearly: &'static [i64],
}

/// In cents.
const fn with_cents(code: &'static str) -> Known {
    Known {
        code,
        least: 200,
        most: 2_000_000,
        once: &[2500, 5000, 10_000, 25_000],
        monthly: &[500, 1000, 2500, 5000],
        yearly: &[5000, 10_000, 25_000, 50_000],
    }
}

const KNOWN: [Known; 4] = [
    with_cents("EUR"),
    with_cents("USD"),
    with_cents("GBP"),
    Known {
        code: "JPY",
        least: 300,
        most: 3_000_000,
        once: &[3_000, 5_000, 10_000, 30_000],
        monthly: &[1_000, 2_000, 3_000, 5_000],
        yearly: &[5_000, 10_000, 30_000, 50_000],
    },
];

fn known(currency: &Currency) -> &'static Known {
    let [eur, ..] = &KNOWN;
    KNOWN.iter().find(|known| known.code == currency.as_str()).unwrap_or(eur)
}

/// What is wrong with an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGift {
    #[error(transparent)]
    Typed(#[from] InvalidAmount),
    #[error("the smallest amount that we take is {0}")]
    TooSmall(Money),
    #[error("the largest amount that we take here is {0}; for a larger gift, please write to us")]
    TooLarge(Money),
}

/// Reads what a giver typed.
///
/// # Errors
/// What is wrong with it, with the limit that it breaks.
pub fn read(typed: &str, currency: &Currency) -> Result<Money, InvalidGift> {
    let (least, most) = limits(currency);
    let too_large = || InvalidGift::TooLarge(Money::new(most, currency.clone()));
    // A minus sign is an amount, not a misspelling.
    if typed.trim().strip_prefix(['-', '\u{2212}']).is_some_and(|rest| Money::parse(rest, currency.clone()).is_ok()) {
        return Err(InvalidGift::TooSmall(Money::new(least, currency.clone())));
    }
    match Money::parse(typed, currency.clone()) {
        Ok(money) if money.minor < least => Err(InvalidGift::TooSmall(Money::new(least, currency.clone()))),
        Ok(money) if money.minor > most => Err(too_large()),
        Ok(money) => Ok(money),
        Err(InvalidAmount::TooLarge) => Err(too_large()),
        Err(error) => Err(error.into()),
    }
}

/// The chosen currency, if the organisation takes it.
///
/// # Errors
/// Names those that are taken.
pub fn read_currency(typed: &str, organisation: &Organisation) -> Result<Currency, String> {
    let taken = offered(organisation);
    Currency::parse(typed).ok().filter(|currency| taken.contains(currency)).ok_or_else(|| {
        let codes: Vec<&str> = taken.iter().map(Currency::as_str).collect();
        format!("we take gifts in {}", codes.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::At;

    fn said(typed: &str, code: &str) -> String {
        read(typed, &Currency::parse(code).unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn every_wrong_amount_is_told_why() {
        for (typed, code, words) in [
            ("0", "EUR", "the smallest amount that we take is 2.00 EUR"),
            ("-5", "EUR", "the smallest amount that we take is 2.00 EUR"),
            ("1.99", "GBP", "the smallest amount that we take is 2.00 GBP"),
            (
                "1000000000",
                "EUR",
                "the largest amount that we take here is 20000.00 EUR; for a larger gift, please write to us",
            ),
            (
                "99999999999999999999",
                "USD",
                "the largest amount that we take here is 20000.00 USD; for a larger gift, please write to us",
            ),
            ("1e9", "EUR", "write the amount in digits, such as 25 or 12.50"),
            ("ten", "EUR", "write the amount in digits, such as 25 or 12.50"),
            ("", "EUR", "an amount is needed"),
            ("0.5", "JPY", "this currency has no decimals: write a whole number"),
            ("299", "JPY", "the smallest amount that we take is 300 JPY"),
        ] {
            assert_eq!(said(typed, code), words, "{typed} {code}");
        }
        assert!(said("12.345", "EUR").contains("2 decimals"));
        assert_eq!(read("2", &Currency::eur()).unwrap().minor, 200);
        assert_eq!(read("20000", &Currency::eur()).unwrap().minor, 2_000_000);
    }

    #[test]
    fn currencies_come_in_the_order_of_the_organisation() {
        let mut organisation = Organisation::fresh(At::from_micros(0));
        organisation.currencies = "JPY, chf,EUR,JPY".into();
        assert_eq!(offered(&organisation).iter().map(Currency::as_str).collect::<Vec<_>>(), ["JPY", "EUR"]);
        assert_eq!(read_currency("usd", &organisation).unwrap_err(), "we take gifts in JPY, EUR");
        assert_eq!(read_currency("eur", &organisation).unwrap(), Currency::eur());
        organisation.currencies = "CHF".into();
        assert_eq!(offered(&organisation), [Currency::eur()]);
    }

    #[test]
    fn what_is_suggested_is_taken() {
        for code in ["EUR", "USD", "GBP", "JPY"] {
            let currency = Currency::parse(code).unwrap();
            let (least, most) = limits(&currency);
            for every in [None, Some(Interval::Month), Some(Interval::Year)] {
                let list = suggested(&currency, every);
                assert!(
                    list.len() > 2 && list.is_sorted() && list.iter().all(|amount| (least..=most).contains(amount))
                );
            }
        }
    }
}
