//! A month as text for beancount 3: the balances before it, its entries, and the balances after it, which come from sums
//! of the database and not from the entries. `bean-check` adds up for itself: an independent referee.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::{self, Write};

use unicode_normalization::char::is_combining_mark;

use crate::db::Db;
use crate::error::Error;
use crate::finance::journal::month::{Balances, balances};
use crate::finance::journal::store::sums;
use crate::finance::journal::{Bounds, Chart, Entry, MonthView, rules};
use crate::finance::{AccountKind, AccountRole, Explanation, JournalAccount};
use crate::values::{Currency, JournalAccountId, Money};

/// What stands on each account at the end of the month, without a look at its entries. The balance at Stripe is the sum of
/// Stripe's own lines.
///
/// # Errors
/// The database's; sums that do not fit.
pub fn closing(db: &mut Db, livemode: bool, chart: &Chart, month: &Bounds) -> Result<Balances, Error> {
    let mut closing = balances(db, livemode, chart, month.to, month.last.plus(1))?;
    let begins = super::super::store::rows::begins_at(db)?;
    let Some(stripe) = chart.role(AccountRole::Stripe) else { return Ok(closing) };
    // Before the books begin, nothing of what is at Stripe is in them.
    if begins.is_none_or(|begins| begins < month.to) {
        closing.retain(|(id, _), _| *id != stripe.id);
        for (currency, minor) in sums::balance(db, livemode, month.to)? {
            closing.insert((stripe.id, currency), minor.into());
        }
        // Staff may have explained something by that account itself.
        for group in sums::transactions(db, livemode, month.to)? {
            if group.explanation == Explanation::Staff && group.chosen == Some(stripe.id) {
                *closing.entry((stripe.id, group.currency)).or_default() -= i128::from(group.sums.amount);
            }
        }
        closing.retain(|_, minor| *minor != 0);
    }
    Ok(closing)
}

/// Whether the entries lead to these balances.
pub fn agrees(view: &MonthView, closing: &Balances) -> bool {
    let mut own = Balances::new();
    for row in view.accounts.iter().filter(|row| row.closing != 0) {
        own.insert((row.account.id, row.currency.clone()), row.closing.into());
    }
    own == *closing
}

/// # Errors
/// Amounts that do not fit.
pub fn write(chart: &Chart, view: &MonthView, closing: &Balances) -> Result<Vec<u8>, Error> {
    let names = names(chart.all());
    let mut text = String::new();
    render(&mut text, view, closing, &names)?.map_err(Error::internal)?;
    Ok(text.into_bytes())
}

type Names = HashMap<JournalAccountId, String>;

/// The outer error is an amount that does not fit, the inner one writing into memory, which does not fail.
fn render(out: &mut String, view: &MonthView, closing: &Balances, names: &Names) -> Result<fmt::Result, Error> {
    let month = view.month;
    let (first, after) = (month.first(), month.last().plus(1));
    let mut checked = Vec::new();
    // Every account of the month is checked, also one that has come to nothing.
    let mut keys: BTreeSet<(JournalAccountId, Currency)> = closing.keys().cloned().collect();
    keys.extend(view.accounts.iter().map(|row| (row.account.id, row.currency.clone())));
    for key in keys {
        let minor = rules::fitting(closing.get(&key).copied().unwrap_or(0))?;
        checked.push((names.get(&key.0).cloned().unwrap_or_default(), Money::new(minor, key.1)));
    }
    checked.sort_by(|a, b| (&a.0, &a.1.currency).cmp(&(&b.0, &b.1.currency)));
    let written = || -> fmt::Result {
        writeln!(out, ";; The journal of {month}. Check it with: bean-check FILE")?;
        writeln!(out, "option \"title\" \"Journal of {month}\"")?;
        let currencies: BTreeSet<&Currency> = checked.iter().map(|(_, money)| &money.currency).collect();
        for currency in currencies {
            writeln!(out, "option \"operating_currency\" \"{currency}\"")?;
        }
        writeln!(out)?;
        let accounts: BTreeSet<&String> = checked.iter().map(|(name, _)| name).collect();
        for name in accounts {
            writeln!(out, "{first} open {name}")?;
        }
        opening(out, view, names)?;
        for entry in &view.entries {
            transaction(out, entry, names)?;
        }
        writeln!(out)?;
        for (name, money) in &checked {
            writeln!(out, "{after} balance {name}  {} ~ 0 {}", money.decimal(), money.currency)?;
        }
        Ok(())
    };
    let mut written = written;
    Ok(written())
}

/// What stood on the accounts before, so that the month stands alone. One transaction a currency.
fn opening(out: &mut String, view: &MonthView, names: &Names) -> fmt::Result {
    let mut per_currency: BTreeMap<&Currency, Vec<(&JournalAccount, i64)>> = BTreeMap::new();
    for row in view.accounts.iter().filter(|row| row.opening != 0) {
        per_currency.entry(&row.currency).or_default().push((&row.account, row.opening));
    }
    for (currency, lines) in per_currency {
        writeln!(out, "\n{} * \"Balances before {}\"", view.month.first(), view.month)?;
        for (account, minor) in lines {
            posting(out, names, account, Money::new(minor, currency.clone()))?;
        }
    }
    Ok(())
}

fn transaction(out: &mut String, entry: &Entry, names: &Names) -> fmt::Result {
    writeln!(out, "\n{} * {}", entry.day, quoted(&entry.narration))?;
    let source = entry.source.to_string();
    let (donation, bank_line) = (entry.donation.map(|id| id.to_string()), entry.bank_line.map(|id| id.to_string()));
    for (key, value) in [
        ("entry", Some(source.as_str())),
        ("donation", donation.as_deref()),
        ("fund", entry.fund.as_ref().map(|fund| fund.name.as_str())),
        ("transaction", entry.transaction()),
        ("stripe", entry.stripe.as_deref()),
        ("payout", entry.payout.as_deref()),
        ("bank_line", bank_line.as_deref()),
    ] {
        if let Some(value) = value {
            writeln!(out, "  {key}: {}", quoted(value))?;
        }
    }
    for line in &entry.lines {
        posting(out, names, &line.account, Money::new(line.amount_minor, entry.currency.clone()))?;
    }
    Ok(())
}

fn posting(out: &mut String, names: &Names, account: &JournalAccount, money: Money) -> fmt::Result {
    let name = names.get(&account.id).map(String::as_str).unwrap_or_default();
    writeln!(out, "  {name}  {} {}", money.decimal(), money.currency)
}

/// As a string of beancount. A line end would be taken, but it would surprise whoever reads the file line by line.
fn quoted(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The accounts' names: `Assets:1210-Stripe-balance`. Letters of any script stay. No two are the same.
fn names(accounts: &[JournalAccount]) -> Names {
    let mut taken = BTreeSet::new();
    let mut names = Names::new();
    for account in accounts {
        let root = match account.kind {
            AccountKind::Assets => "Assets",
            AccountKind::Liabilities => "Liabilities",
            AccountKind::Equity => "Equity",
            AccountKind::Income => "Income",
            AccountKind::Expenses => "Expenses",
        };
        let name = format!("{root}:{}", component(&format!("{}-{}", account.code, account.name)));
        let others = (2..).map(|n| format!("{name}-{n}"));
        let free = std::iter::once(name.clone()).chain(others).find(|name| !taken.contains(name));
        let name = free.unwrap_or(name);
        taken.insert(name.clone());
        names.insert(account.id, name);
    }
    names
}

/// What beancount takes as a part of an account's name: a capital letter or a digit, then letters, digits and hyphens
/// (`beancount/core/account.py`).
fn component(text: &str) -> String {
    let kept = text.chars().map(|c| if is_letter_or_digit(c) { c } else { '-' }).collect::<String>();
    let parts: Vec<&str> = kept.split('-').filter(|part| !part.is_empty()).collect();
    let joined = parts.join("-");
    let mut letters = joined.chars();
    match letters.next() {
        Some(first) if first.is_ascii_lowercase() => format!("{}{}", first.to_ascii_uppercase(), letters.as_str()),
        Some(first) if first.is_ascii_alphanumeric() => joined,
        _ => format!("X{joined}"),
    }
}

/// Unicode's categories L* and, of digits, those of ASCII. Rust's `is_alphabetic` holds more: marks that stand on letters,
/// Roman numerals, letters in circles.
fn is_letter_or_digit(c: char) -> bool {
    let looks_like_a_letter = matches!(u32::from(c), 0x16EE..=0x16F0 | 0x2150..=0x218F | 0x2460..=0x24FF | 0x3007
        | 0x3021..=0x3029 | 0x3038..=0x303A | 0xA6E6..=0xA6EF | 0x0345);
    c.is_ascii_alphanumeric()
        || (c.is_alphabetic() && u32::from(c) < 0x1_0000 && !looks_like_a_letter && !is_combining_mark(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_language() {
        for (text, name) in [
            ("1210-Stripe balance", "1210-Stripe-balance"),
            ("4010.1-Помощь \"сейчас\"", "4010-1-Помощь-сейчас"),
            ("a1-Ⅷ ⓐ !", "A1"),
            ("4000-हिन्दी", "4000-ह-न-द"),
            ("7--- ", "7"),
            ("", "X"),
        ] {
            assert_eq!(component(text), name, "{text}");
        }
    }

    #[test]
    fn strings_end_where_they_should() {
        assert_eq!(quoted("a \"b\" \\ c\nd"), "\"a \\\"b\\\" \\\\ c d\"");
    }
}
