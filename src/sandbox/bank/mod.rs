//! A stand-in for the organisation's bank: one account per currency, with what Stripe paid out, a rent and a donor's own
//! transfer, and statements in CAMT.053 ([`camt`]).
//!
//! It keeps nothing: `book` derives every booking from the sandbox Stripe's payouts and the calendar, so the same days
//! give the same statement; `camt` writes it, `xml` is the writer.

mod book;
mod camt;
mod xml;

use crate::values::Currency;

pub use book::{Booking, balance_before, bookings, currencies, opened};
pub use camt::camt;

/// The account in euros: the example of the registry of IBANs.
pub const IBAN: &str = "DE89370400440532013000";

/// Account numbers begin so: Germany's bank code and the first digits of the account.
const BBAN: &str = "370400440532";
/// `DE00` in digits: what check digits are computed over.
const COUNTRY: &str = "131400";

/// The account of a currency.
pub fn iban(currency: &Currency) -> String {
    if *currency == Currency::eur() {
        return IBAN.to_owned();
    }
    let letters = currency.as_str().bytes().map(|letter| format!("{:02}", letter.saturating_sub(b'A')));
    let bban = format!("{BBAN}{}", letters.collect::<String>());
    let rest = format!("{bban}{COUNTRY}").parse::<u128>().map_or(0, |number| number % 97);
    format!("DE{:02}{bban}", 98 - rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_right() {
        for code in ["EUR", "USD", "JPY", "AAA", "ZZZ"] {
            let iban = iban(&Currency::parse(code).unwrap());
            assert_eq!(iban.len(), 22);
            let (head, bban) = iban.split_at(4);
            let number: u128 = format!("{bban}1314{}", &head[2..]).parse().unwrap();
            assert_eq!(number % 97, 1, "{iban}");
        }
    }
}
