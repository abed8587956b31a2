//! Dates and numbers as the reader's language writes them. The patterns stand in `locales/<language>/formats.ftl`.

use chrono::{Datelike, NaiveDate};

use super::{Texts, Value};
use crate::values::{At, Language, Money};

impl Texts {
    /// `29 April 2024`, `29 апреля 2024 г.`
    pub fn date(&self, language: &Language, date: NaiveDate) -> String {
        let month = self.t(language, &format!("format-month-{}", date.month()), &[]);
        // As text: a year is not grouped like a number.
        let (day, year) = (date.day().to_string(), date.year().to_string());
        let args: [(&str, Value<'_>); 3] = [("day", day.into()), ("month", month.into()), ("year", year.into())];
        self.t(language, "format-date", &args)
    }

    /// `29 April 2024, 14:05 (Europe/Berlin)`: the zone is named, because readers of one page sit in several.
    pub fn date_time(&self, language: &Language, at: At, zone: chrono_tz::Tz) -> String {
        let local = at.0.with_timezone(&zone);
        let date = self.date(language, local.date_naive());
        let zone = zone.name().replace('_', " ");
        let time = local.format("%H:%M").to_string();
        self.t(language, "format-date-time", &[("date", date.into()), ("time", time.into()), ("zone", zone.into())])
    }

    /// `1,204`, `1 204` (with a no-break space).
    pub fn number(&self, language: &Language, number: i64) -> String {
        grouped(number, &self.t(language, "format-thousands", &[]))
    }

    /// `€25.00`, `25,00 €`; `JP¥3,000`, `3 000 ¥`: with the currency's own decimals (Stripe's table).
    pub fn money(&self, language: &Language, money: &Money) -> String {
        let (whole, decimals) = money.parts();
        let mut amount = grouped(whole.saturating_abs(), &self.t(language, "format-thousands", &[]));
        if !decimals.is_empty() {
            amount.push_str(&self.t(language, "format-decimal", &[]));
            amount.push_str(&decimals);
        }
        let symbol = self.try_t(language, &format!("format-symbol-{}", money.currency.stripe_code()), &[]).ok();
        let pattern = if symbol.is_some() { "format-money" } else { "format-money-code" };
        let symbol = symbol.unwrap_or_else(|| money.currency.to_string());
        let text = self.t(language, pattern, &[("symbol", symbol.into()), ("amount", amount.into())]);
        if money.minor < 0 { format!("\u{2212}{text}") } else { text }
    }
}

/// The digits in groups of three.
pub(super) fn grouped(number: i64, separator: &str) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::from(if number < 0 { "\u{2212}" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push_str(separator);
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_as_each_language_writes_it() {
        let texts = Texts::get();
        let (en, ru) = (Language::english(), Language::parse("ru").unwrap());
        let money = |minor, currency: &str| Money::new(minor, crate::values::Currency::parse(currency).unwrap());
        for (minor, currency, english, russian) in [
            (2500, "EUR", "€25.00", "25,00\u{a0}€"),
            (123_456_700, "USD", "US$1,234,567.00", "1\u{a0}234\u{a0}567,00\u{a0}$"),
            (1005, "GBP", "£10.05", "10,05\u{a0}£"),
            (3000, "JPY", "¥3,000", "3\u{a0}000\u{a0}¥"),
            (5120, "KWD", "KWD\u{a0}5.120", "5,120\u{a0}KWD"),
            (-5, "EUR", "\u{2212}€0.05", "\u{2212}0,05\u{a0}€"),
        ] {
            assert_eq!(texts.money(&en, &money(minor, currency)), english);
            assert_eq!(texts.money(&ru, &money(minor, currency)), russian);
        }
    }

    #[test]
    fn as_each_language_writes_them() {
        let texts = Texts::get();
        let (en, ru) = (Language::english(), Language::parse("ru").unwrap());
        let day = NaiveDate::from_ymd_opt(2024, 4, 29).unwrap();
        assert_eq!(texts.date(&en, day), "29 April 2024");
        assert_eq!(texts.date(&ru, day), "29 апреля 2024\u{a0}г.");
        assert_eq!(texts.number(&en, 1_204), "1,204");
        assert_eq!(texts.number(&ru, 1_204_000), "1\u{a0}204\u{a0}000");
        assert_eq!(texts.number(&en, -999), "\u{2212}999");
        let at = At::from_micros(1_714_392_300_000_000);
        assert_eq!(texts.date_time(&en, at, chrono_tz::Europe::Berlin), "29 April 2024, 14:05 (Europe/Berlin)");
        assert_eq!(texts.date_time(&ru, at, chrono_tz::Asia::Almaty), "29 апреля 2024\u{a0}г., 17:05 (Asia/Almaty)");
    }
}
