//! Which currencies and amounts are taken, and what is suggested.

use crate::organisation::Organisation;
use crate::stripe::Interval;
use crate::values::{Currency, Language, Money};

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

const fn with_cents(code: &'static str) -> Known {
    Known {
        code,
        least: 2_00,
        most: 20_000_00,
        once: &[25_00, 50_00, 100_00, 250_00],
        monthly: &[5_00, 10_00, 25_00, 50_00],
        yearly: &[50_00, 100_00, 250_00, 500_00],
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

/// Reads what a giver typed.
///
/// # Errors
/// What is wrong, in the giver's language.
pub fn read(typed: &str, currency: &Currency, language: &Language) -> Result<Money, String> {
    let _ = language;
    Money::parse(typed, currency.clone()).map_err(|error| error.to_string())
}
