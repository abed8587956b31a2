//! Amounts, days, directions and words, as CAMT writes them.

use unicode_normalization::UnicodeNormalization;

use super::Flaw;
use super::node::Node;
use crate::values::{Currency, Day};

/// An amount with its currency; never negative: its direction stands beside it.
///
/// # Errors
/// When it is not written as the standard says (`1234.56`), or has more decimals than its currency.
pub(super) fn amount(node: &Node) -> Result<(i64, Currency), Flaw> {
    let flaw = |words: String| Flaw::new(node.line(), words);
    let written = node.tag.currency.as_deref().ok_or_else(|| flaw("an amount has no currency (Ccy)".into()))?;
    let currency = Currency::parse(written).map_err(|_| flaw(format!("{:?} is no currency", short(written))))?;
    let text = node.text.as_str();
    let wrong = || flaw(format!("{:?} is no amount as statements write it, such as 1234.56", short(text)));
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(decimals) || text.ends_with('.') {
        return Err(wrong());
    }
    // Zeros behind the currency's last digit change nothing.
    let exponent = currency.exponent() as usize;
    let decimals = if decimals.len() > exponent { decimals.trim_end_matches('0') } else { decimals };
    if decimals.len() > exponent {
        return Err(flaw(format!("the amount {} has more decimals than {currency} has", short(text))));
    }
    let minor = format!("{whole}{decimals:0<exponent$}").parse::<i64>();
    let minor = minor.map_err(|_| flaw(format!("the amount {} is too large", short(text))))?;
    Ok((minor, currency))
}

/// `true` for money that came (`CRDT`), `false` for money that went (`DBIT`).
///
/// Of a reversed entry (`RvslInd`) this is the direction of the reversal itself, as the standard says: nothing is to be
/// turned round.
///
/// # Errors
/// When it is neither.
pub(super) fn came(of: &Node) -> Result<bool, Flaw> {
    match of.child("CdtDbtInd") {
        Some(node) if node.text == "CRDT" => Ok(true),
        Some(node) if node.text == "DBIT" => Ok(false),
        Some(node) => {
            let words = format!("{:?} is neither CRDT (money came) nor DBIT (money went)", short(&node.text));
            Err(Flaw::new(node.line(), words))
        }
        None => Err(Flaw::new(of.line(), "it is not said whether money came or went (CdtDbtInd is missing)")),
    }
}

/// The amount and direction of an entry or a balance.
pub(super) fn signed(of: &Node) -> Result<(i64, Currency), Flaw> {
    let node = of.child("Amt").ok_or_else(|| Flaw::new(of.line(), "the amount is missing (Amt)"))?;
    let (minor, currency) = amount(node)?;
    Ok((if came(of)? { minor } else { -minor }, currency))
}

/// A day under `name`, in one of its two spellings (`Dt`, `DtTm`). The day is the bank's: no time zone is applied.
///
/// # Errors
/// When it is there and is no day of the calendar.
pub(super) fn day(of: &Node, name: &str) -> Result<Option<Day>, Flaw> {
    let Some(node) = of.child(name) else { return Ok(None) };
    match node.child("Dt").or_else(|| node.child("DtTm")) {
        Some(written) => day_of(written).map(Some),
        None => Ok(None),
    }
}

/// `2026-11-24`, `2026-11-24+01:00`, `2026-11-24T23:59:59.999Z`.
pub(super) fn day_of(node: &Node) -> Result<Day, Flaw> {
    let text = node.text.as_str();
    let rest = text.get(10..).unwrap_or_default();
    let day = text.get(..10).filter(|_| rest.is_empty() || rest.starts_with(['T', 'Z', '+', '-']));
    day.and_then(|day| Day::parse(day).ok())
        .ok_or_else(|| Flaw::new(node.line(), format!("{:?} is no day of the calendar", short(text))))
}

/// One line of free text: control characters and what turns the direction of writing become blanks, blanks become one, and
/// what is longer than `max` letters is cut.
pub(super) fn words(text: &str, max: usize) -> String {
    let hidden =
        |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut line = String::new();
    let mut count = 0;
    for part in text.split(hidden).filter(|part| !part.is_empty()) {
        if count > 0 {
            line.push(' ');
            count += 1;
        }
        for letter in part.nfc() {
            if count >= max {
                line.truncate(line.trim_end().len());
                line.push('…');
                return line;
            }
            line.push(letter);
            count += 1;
        }
    }
    line
}

/// What is shown of something wrong.
pub(super) fn short(text: &str) -> String {
    words(text, 40)
}
