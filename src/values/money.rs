//! Money: whole minor units and a currency. Never a float.

use std::fmt;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;

use super::text_value::text_value;

/// A currency by its three letters (ISO 4217), with Stripe's number of decimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Currency(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a currency is written as three letters, such as EUR")]
pub struct InvalidCurrency;

/// Currencies that Stripe's API counts in whole units (docs.stripe.com/currencies, read from a copy of 2026).
const WITHOUT_DECIMALS: [&str; 15] =
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"];
/// Currencies that Stripe's API counts in thousandths, of which the last digit is 0.
const WITH_THREE_DECIMALS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];

impl Currency {
    /// Takes small letters too, as Stripe writes them.
    ///
    /// # Errors
    /// When the text is not three ASCII letters.
    pub fn parse(input: &str) -> Result<Self, InvalidCurrency> {
        let text = input.trim();
        match text.len() == 3 && text.bytes().all(|b| b.is_ascii_alphabetic()) {
            true => Ok(Self(text.to_ascii_uppercase())),
            false => Err(InvalidCurrency),
        }
    }
    pub fn eur() -> Self {
        Self("EUR".into())
    }
    /// In capitals, as people and ISO write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// In small letters, as Stripe's API writes it.
    pub fn stripe_code(&self) -> String {
        self.0.to_ascii_lowercase()
    }
    /// How many decimal digits the minor unit stands for: by Stripe's table, not ISO's (UGX and ISK have two there).
    pub fn exponent(&self) -> u32 {
        match self.0.as_str() {
            code if WITHOUT_DECIMALS.contains(&code) => 0,
            code if WITH_THREE_DECIMALS.contains(&code) => 3,
            _ => 2,
        }
    }
}

text_value!(Currency, InvalidCurrency);

/// An amount in minor units: `Money { minor: 2500, EUR }` is 25.00 EUR, `Money { minor: 3000, JPY }` is 3,000 JPY.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

/// What is wrong with an amount that somebody typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAmount {
    #[error("an amount is needed")]
    Empty,
    #[error("write the amount in digits, such as 25 or 12.50")]
    NotDigits,
    #[error("this currency has no decimals: write a whole number")]
    NoDecimals,
    #[error("this currency has {0} decimals: write for example 12.50 (and 1000 without a separator)")]
    Decimals(u32),
    #[error("this amount is too large")]
    TooLarge,
}

impl Money {
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads what a person typed: `25`, `12.50`, `12,5`, `1 000.00`, `3,000` yen. A point or a comma is the decimal sign
    /// of currencies that have decimals; what could be meant in two ways is refused instead of guessed.
    ///
    /// # Errors
    /// Says what is wrong, in words for the field.
    pub fn parse(input: &str, currency: Currency) -> Result<Self, InvalidAmount> {
        let text: String = input.trim().replace(['\u{a0}', '\u{202f}', '\u{2009}'], " ");
        if text.is_empty() {
            return Err(InvalidAmount::Empty);
        }
        let exponent = currency.exponent();
        let (whole, decimals) = match (exponent, text.rsplit_once(['.', ','])) {
            (_, None) => (text.as_str(), ""),
            // 3,000 and 3.000 yen can only mean three thousand.
            (0, Some(_)) => (text.as_str(), ""),
            (_, Some(pair)) => pair,
        };
        let separators: &[char] = if exponent == 0 { &[' ', '.', ',', '\''] } else { &[' ', '\''] };
        let whole = match ungrouped(whole, separators) {
            Some(whole) => whole,
            None if exponent == 0 && text.chars().all(|c| c.is_ascii_digit() || separators.contains(&c)) => {
                return Err(InvalidAmount::NoDecimals);
            }
            None => return Err(InvalidAmount::NotDigits),
        };
        if !decimals.bytes().all(|b| b.is_ascii_digit()) || (decimals.is_empty() && text.ends_with(['.', ','])) {
            return Err(InvalidAmount::NotDigits);
        }
        let given = u32::try_from(decimals.len()).map_err(|_| InvalidAmount::Decimals(exponent))?;
        // A third digit of a three-decimal currency must be 0 at Stripe; two are all that anybody writes.
        if given > exponent.min(2) {
            return Err(InvalidAmount::Decimals(exponent.min(2)));
        }
        let padding = 10_i64.pow(exponent - given);
        format!("{whole}{decimals}")
            .parse::<i64>()
            .ok()
            .and_then(|number| number.checked_mul(padding))
            .map(|minor| Self { minor, currency })
            .ok_or(InvalidAmount::TooLarge)
    }

    /// Whole units and the digits behind the decimal sign: `(25, "00")`; the sign of a negative amount is on the whole.
    pub fn parts(&self) -> (i64, String) {
        let exponent = self.currency.exponent();
        let unit = 10_i64.pow(exponent);
        match exponent {
            0 => (self.minor, String::new()),
            _ => (self.minor / unit, format!("{:0width$}", (self.minor % unit).abs(), width = exponent as usize)),
        }
    }

    /// As machines write it: `25.00`, `3000`, `-0.05`.
    pub fn decimal(&self) -> String {
        let (whole, decimals) = self.parts();
        let sign = if self.minor < 0 && whole == 0 { "-" } else { "" };
        match decimals.is_empty() {
            true => format!("{sign}{whole}"),
            false => format!("{sign}{whole}.{decimals}"),
        }
    }
}

/// As logs and the command line write it: `25.00 EUR`. Pages use `Texts::money`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

/// The digits of a whole number; separators only where groups of three begin.
fn ungrouped(text: &str, separators: &[char]) -> Option<String> {
    let mut groups = text.split(|c| separators.contains(&c));
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let digits = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    let grouped = rest.is_empty() || first.len() <= 3;
    (digits(first) && grouped && rest.iter().all(|group| group.len() == 3 && digits(group)))
        .then(|| format!("{first}{}", rest.concat()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str, currency: &str) -> Result<i64, InvalidAmount> {
        Money::parse(text, Currency::parse(currency).unwrap()).map(|money| money.minor)
    }

    #[test]
    fn what_people_type() {
        for (text, currency, minor) in [
            ("25", "EUR", 2500),
            (" 12.50 ", "EUR", 1250),
            ("12,5", "EUR", 1250),
            ("1 000.00", "USD", 100_000),
            ("1\u{a0}000", "EUR", 100_000),
            ("3000", "JPY", 3000),
            ("3,000", "JPY", 3000),
            ("3.000", "JPY", 3000),
            ("5.12", "KWD", 5120),
            ("0", "EUR", 0),
        ] {
            assert_eq!(parse(text, currency), Ok(minor), "{text} {currency}");
        }
    }

    #[test]
    fn what_could_be_meant_otherwise_is_refused() {
        use InvalidAmount as I;
        for (text, currency, error) in [
            ("", "EUR", I::Empty),
            ("ten", "EUR", I::NotDigits),
            ("-5", "EUR", I::NotDigits),
            ("1e9", "EUR", I::NotDigits),
            ("12.345", "EUR", I::Decimals(2)),
            ("1,000", "EUR", I::Decimals(2)),
            ("12.", "EUR", I::NotDigits),
            (".5", "EUR", I::NotDigits),
            ("1 00", "EUR", I::NotDigits),
            ("0.5", "JPY", I::NoDecimals),
            ("5.124", "KWD", I::Decimals(2)),
            ("99999999999999999999", "EUR", I::TooLarge),
            ("9223372036854775807", "EUR", I::TooLarge),
            ("²5", "EUR", I::NotDigits),
            ("25€", "EUR", I::NotDigits),
        ] {
            assert_eq!(parse(text, currency), Err(error), "{text:?} {currency}");
        }
    }

    #[test]
    fn literal_amounts_of_the_api() {
        for (minor, currency, shown) in [
            (2500, "eur", "25.00 EUR"),
            (3000, "jpy", "3000 JPY"),
            (5120, "kwd", "5.120 KWD"),
            (-5, "usd", "-0.05 USD"),
        ] {
            assert_eq!(Money::new(minor, Currency::parse(currency).unwrap()).to_string(), shown);
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,20}|[-0-9., ']{0,25}", currency in "EUR|JPY|KWD") {
            let _ = parse(&text, &currency);
        }
        #[test]
        fn goes_round(minor in 0_i64..1_000_000_000_000, currency in "EUR|JPY|USD") {
            let money = Money::new(minor, Currency::parse(&currency).unwrap());
            prop_assert_eq!(parse(&money.decimal(), &currency), Ok(minor));
        }
    }
}
