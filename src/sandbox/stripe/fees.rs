//! What a payment costs and in which currency it arrives, in whole minor units.

use crate::values::Currency;

/// Currencies that the sandbox's account has a balance in. Everything else is exchanged to euros.
const SETTLED: [&str; 4] = ["EUR", "USD", "GBP", "JPY"];

/// Millionths of a euro for one unit of other currencies: fixed, so that tests and the demo can be checked by hand.
const RATES: [(&str, i64); 9] = [
    ("AUD", 600_000),
    ("CAD", 660_000),
    ("CHF", 1_050_000),
    ("CZK", 40_000),
    ("DKK", 134_000),
    ("KRW", 660),
    ("KWD", 2_980_000),
    ("NOK", 86_000),
    ("SEK", 88_000),
];
const OTHER_RATE: i64 = 500_000;
const MILLION: i128 = 1_000_000;

/// An amount as it arrives on the account's balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub currency: Currency,
    pub minor: i64,
    /// Millionths of the settlement currency's unit for one unit of the other; none when nothing was exchanged.
    pub rate: Option<i64>,
}

/// Exchanges what has to be exchanged, rounding half up.
pub fn settle(minor: i64, currency: &Currency) -> Settled {
    if SETTLED.contains(&currency.as_str()) {
        return Settled { currency: currency.clone(), minor, rate: None };
    }
    let rate = RATES.iter().find(|(code, _)| *code == currency.as_str()).map_or(OTHER_RATE, |(_, rate)| *rate);
    let divisor = MILLION * 10_i128.pow(currency.exponent());
    let exact = i128::from(minor) * i128::from(rate) * 100;
    let rounded = (exact + divisor / 2).div_euclid(divisor);
    Settled { currency: Currency::eur(), minor: i64::try_from(rounded).unwrap_or(i64::MAX), rate: Some(rate) }
}

/// Stripe's fee for a charge that arrives as `settled`, by its payment method (`card`, `sepa_debit`): list prices of
/// European accounts, rounded half up to the minor unit.
pub fn fee(settled: &Settled, method: &str) -> i64 {
    let share = |per_mille_tenths: i64, fixed: i64| (settled.minor * per_mille_tenths + 5_000) / 10_000 + fixed;
    match (method, settled.currency.as_str(), settled.rate) {
        ("sepa_debit", _, _) => 35,
        (_, "JPY", _) => share(360, 0),
        (_, "EUR", None) => share(150, 25),
        _ => share(290, 30),
    }
}

/// The smallest amount that Stripe charges, in minor units (docs.stripe.com/currencies, minimum charge amounts).
pub fn smallest(currency: &Currency) -> i64 {
    match currency.as_str() {
        "JPY" => 50,
        "GBP" => 30,
        "KRW" => 500,
        "CZK" => 1500,
        "DKK" => 250,
        "NOK" | "SEK" => 300,
        "KWD" | "BHD" | "OMR" | "JOD" | "TND" => 500,
        _ => 50,
    }
}

/// The greatest amount: eight digits.
pub const GREATEST: i64 = 99_999_999;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(minor: i64, code: &str) -> (i64, i64, bool) {
        let settled = settle(minor, &Currency::parse(code).unwrap());
        let fee = fee(&settled, "card");
        (settled.minor, fee, settled.rate.is_some())
    }

    #[test]
    fn fees_by_hand() {
        assert_eq!(of(2500, "EUR"), (2500, 63, false), "1.5 % is 37.5, rounded up, and 25");
        assert_eq!(of(2500, "USD"), (2500, 103, false), "2.9 % is 72.5, rounded up, and 30");
        assert_eq!(of(3000, "JPY"), (3000, 108, false));
        assert_eq!(of(10_000, "CHF"), (10_500, 335, true));
        assert_eq!(of(5120, "KWD"), (1526, 74, true), "5.120 KWD at 2.98 are 15.2576 EUR");
        assert_eq!(fee(&settle(2500, &Currency::eur()), "sepa_debit"), 35);
    }
}
