//! What one row means in the journal: pure functions of a row and the account map. Every entry adds up to 0; an amount
//! that does not fit is an error, never another number.

use chrono_tz::Tz;

use super::chart::Chart;
use super::store::rows::AtBank;
use super::{Entry, FundName, Line, Source};
use crate::error::Error;
use crate::finance::{AccountRole, Explained, Explanation, JournalAccount, Leg};
use crate::values::{Currency, Day, FundId, JournalAccountId, Money};

/// Why a row cannot be booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unbookable {
    #[error("amounts of the journal are too large to be added")]
    TooLarge,
    #[error("an account is missing in the account map")]
    NoAccount,
}

impl From<Unbookable> for Error {
    fn from(error: Unbookable) -> Self {
        Self::conflict(error.to_string())
    }
}

/// A balance transaction's amounts, or the sums of several that are booked alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amounts {
    pub amount: i64,
    pub fee: i64,
    pub net: i64,
}

/// Lines in the making: each account once.
#[derive(Default)]
struct Lines<'a>(Vec<(&'a JournalAccount, i128)>);

impl<'a> Lines<'a> {
    fn add(&mut self, account: Option<&'a JournalAccount>, minor: i128) -> Result<(), Unbookable> {
        let account = account.ok_or(Unbookable::NoAccount)?;
        match self.0.iter_mut().find(|(there, _)| there.id == account.id) {
            Some((_, sum)) => *sum += minor,
            None => self.0.push((account, minor)),
        }
        Ok(())
    }
    /// Without those that came to nothing.
    fn done(self) -> Result<Vec<Line>, Unbookable> {
        let line = |(account, minor): (&JournalAccount, i128)| {
            Ok(Line { account: account.clone(), amount_minor: fitting(minor)? })
        };
        self.0.into_iter().filter(|(_, minor)| *minor != 0).map(line).collect()
    }
}

/// As an amount whose opposite is an amount too: who writes a credit turns the sign.
pub(super) fn fitting(minor: i128) -> Result<i64, Unbookable> {
    i64::try_from(minor).ok().filter(|minor| *minor != i64::MIN).ok_or(Unbookable::TooLarge)
}

/// The lines of a balance transaction: the balance at Stripe changes by the net, the fee is a cost, and the gross is what
/// the explanation says. Nothing for one that is older than the books. If Stripe's own three numbers do not fit together,
/// the difference stands in suspense.
///
/// # Errors
/// Amounts that do not fit.
pub fn booked(
    chart: &Chart,
    explanation: Explanation,
    fund: Option<FundId>,
    chosen: Option<JournalAccountId>,
    amounts: Amounts,
) -> Result<Vec<Line>, Unbookable> {
    let suspense = chart.role(AccountRole::Suspense);
    let counter = match explanation {
        Explanation::Before => return Ok(Vec::new()),
        Explanation::Gift | Explanation::Refund | Explanation::RefundFailure => chart.income(fund),
        Explanation::Fee => chart.role(AccountRole::Fees),
        Explanation::Payout | Explanation::PayoutReturned => chart.role(AccountRole::Transit),
        Explanation::Staff => chosen.and_then(|id| chart.find(id)).or(suspense),
        Explanation::Unexplained => suspense,
    };
    let [amount, fee, net] = [amounts.amount, amounts.fee, amounts.net].map(i128::from);
    let mut lines = Lines::default();
    lines.add(chart.role(AccountRole::Stripe), net)?;
    lines.add(chart.role(AccountRole::Fees), fee)?;
    lines.add(counter, -amount)?;
    lines.add(suspense, amount - fee - net)?;
    lines.done()
}

/// The lines of money that came to a bank account (or left it): it is not on its way any more. `before`: it was on its way
/// when the books began, so that no entry of ours had put it there.
///
/// # Errors
/// Amounts that do not fit.
pub fn at_bank(
    chart: &Chart,
    bank: Option<&JournalAccount>,
    before: bool,
    minor: i128,
) -> Result<Vec<Line>, Unbookable> {
    let from = chart.role(if before { AccountRole::Opening } else { AccountRole::Transit });
    let mut lines = Lines::default();
    lines.add(bank, minor)?;
    lines.add(from, -minor)?;
    lines.done()
}

/// The lines of what was at Stripe when the books began.
///
/// # Errors
/// Amounts that do not fit.
pub fn opening(chart: &Chart, minor: i64) -> Result<Vec<Line>, Unbookable> {
    let mut lines = Lines::default();
    lines.add(chart.role(AccountRole::Stripe), minor.into())?;
    lines.add(chart.role(AccountRole::Opening), -i128::from(minor))?;
    lines.done()
}

/// A match's amount as the bank account sees it.
pub fn signed(leg: Leg, minor: i64) -> i128 {
    match leg {
        Leg::Paid => minor.into(),
        Leg::Returned => -i128::from(minor),
    }
}

/// The entry of a balance transaction; none when it moves nothing. `gave`: what was given or given back, if that was in
/// another currency than what Stripe settled.
///
/// # Errors
/// Amounts that do not fit.
pub fn of_transaction(
    chart: &Chart,
    row: &Explained,
    gave: Option<&Money>,
    fund: Option<FundName>,
    zone: Tz,
) -> Result<Option<Entry>, Unbookable> {
    let amounts = Amounts { amount: row.amount_minor, fee: row.fee_minor, net: row.net_minor };
    let lines = booked(chart, row.explanation, row.fund_id, row.journal_account_id, amounts)?;
    let gift = matches!(row.explanation, Explanation::Gift | Explanation::Refund | Explanation::RefundFailure);
    Ok(Some(Entry {
        day: Day::of(row.created_at, zone),
        source: Source::Transaction(row.id.clone()),
        narration: narration(row, gave),
        currency: row.currency.clone(),
        lines,
        donation: row.donation_id.filter(|_| gift),
        fund: fund.filter(|_| gift),
        payout: row.source_payout.clone().or_else(|| row.payout.clone()),
        bank_line: None,
        stripe: row.source.clone(),
    })
    .filter(|entry| !entry.lines.is_empty()))
}

/// Words of our own and numbers, and the note of staff; never Stripe's description, in which a donor may be named.
fn narration(row: &Explained, gave: Option<&Money>) -> String {
    let gift = row.donation_id.map(|id| format!("gift {id}")).unwrap_or_else(|| "a gift".into());
    let payout = row.source_payout.as_deref().unwrap_or_default();
    let words = match row.explanation {
        Explanation::Gift => format!("Gift {}", row.donation_id.map(|id| id.to_string()).unwrap_or_default()),
        Explanation::Refund => format!("Refund of {gift}"),
        Explanation::RefundFailure => format!("Refund of {gift} came back"),
        Explanation::Fee => "Fee of Stripe".into(),
        Explanation::Payout => format!("Payout {payout} left Stripe"),
        Explanation::PayoutReturned => format!("Payout {payout} came back to Stripe"),
        Explanation::Staff => row.note.clone().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" "),
        Explanation::Before => "From before the books began".into(),
        Explanation::Unexplained => format!("Not explained yet: {}", row.reporting_category.replace('_', " ")),
    };
    let words = if words.is_empty() { format!("Explained by staff: {}", row.reporting_category) } else { words };
    match gave {
        Some(money) => format!("{words} ({money})"),
        None => words,
    }
}

/// The entry of a payout at the bank; none when it moves nothing.
///
/// # Errors
/// Amounts that do not fit.
pub fn of_match(chart: &Chart, row: &AtBank, before: bool) -> Result<Option<Entry>, Unbookable> {
    let words = match row.leg {
        Leg::Paid => "is at the bank",
        Leg::Returned => "was sent back by the bank",
    };
    let lines = at_bank(chart, chart.bank(row.bank_account_id), before, signed(row.leg, row.amount_minor))?;
    Ok(Some(Entry {
        day: row.booked_on,
        source: Source::Match(row.id),
        narration: format!("Payout {} {words}", row.payout),
        currency: row.currency.clone(),
        lines,
        donation: None,
        fund: None,
        payout: Some(row.payout.clone()),
        bank_line: Some(row.bank_line_id),
        stripe: None,
    })
    .filter(|entry| !entry.lines.is_empty()))
}

/// The entry with which the books begin; none for a balance of 0.
///
/// # Errors
/// Amounts that do not fit.
pub fn of_opening(chart: &Chart, day: Day, currency: Currency, minor: i64) -> Result<Option<Entry>, Unbookable> {
    let lines = opening(chart, minor)?;
    Ok(Some(Entry {
        day,
        source: Source::Opening(currency.clone()),
        narration: "Balance at Stripe when the books began".into(),
        currency,
        lines,
        donation: None,
        fund: None,
        payout: None,
        bank_line: None,
        stripe: None,
    })
    .filter(|entry| !entry.lines.is_empty()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::finance::AccountKind;

    fn account(id: i64, role: AccountRole, fund: Option<i64>) -> JournalAccount {
        JournalAccount {
            id: JournalAccountId(id),
            role,
            kind: AccountKind::Income,
            fund_id: fund.map(FundId),
            bank_account_id: None,
            code: format!("{id}"),
            name: String::new(),
        }
    }

    fn chart() -> Chart {
        Chart::of(vec![account(1, AccountRole::Other, None), account(2, AccountRole::Income, Some(7))])
    }

    fn codes(lines: &[Line]) -> Vec<(String, i64)> {
        lines.iter().map(|line| (line.account.code.clone(), line.amount_minor)).collect()
    }

    fn book(explanation: Explanation, fund: i64, [amount, fee, net]: [i64; 3]) -> Vec<(String, i64)> {
        let chosen = Some(JournalAccountId(1));
        codes(&booked(&chart(), explanation, Some(FundId(fund)), chosen, Amounts { amount, fee, net }).unwrap())
    }

    #[test]
    fn each_explanation_has_its_account() {
        use Explanation as E;
        let lines = |lines: &[(&str, i64)]| lines.iter().map(|(code, n)| ((*code).to_owned(), *n)).collect::<Vec<_>>();
        assert_eq!(book(E::Gift, 0, [2500, 100, 2400]), lines(&[("1210", 2400), ("6000", 100), ("4000", -2500)]));
        assert_eq!(book(E::Gift, 7, [2500, 0, 2500]), lines(&[("1210", 2500), ("2", -2500)]));
        assert_eq!(book(E::Refund, 7, [-2500, 0, -2500]), lines(&[("1210", -2500), ("2", 2500)]));
        assert_eq!(book(E::Fee, 0, [-300, 0, -300]), lines(&[("1210", -300), ("6000", 300)]));
        assert_eq!(book(E::Payout, 0, [-900, 0, -900]), lines(&[("1210", -900), ("1220", 900)]));
        assert_eq!(book(E::PayoutReturned, 0, [900, 0, 900]), lines(&[("1210", 900), ("1220", -900)]));
        assert_eq!(book(E::Staff, 0, [5, 0, 5]), lines(&[("1210", 5), ("1", -5)]));
        assert_eq!(book(E::Unexplained, 0, [5, 0, 5]), lines(&[("1210", 5), ("9990", -5)]));
        assert_eq!(book(E::Before, 0, [5, 0, 5]), []);
        // Stripe's numbers do not fit together.
        assert_eq!(book(E::Gift, 0, [10, 1, 8]), lines(&[("1210", 8), ("6000", 1), ("4000", -10), ("9990", 1)]));
    }

    proptest! {
        #[test]
        fn every_entry_adds_up_to_nothing(
            which in 0..Explanation::ALL.len(),
            fund in proptest::option::of(0_i64..9),
            chosen in proptest::option::of(-9_i64..4),
            amount in edges(), fee in edges(), net in edges(), fits in any::<bool>(),
        ) {
            let net = if fits { amount.saturating_sub(fee) } else { net };
            let explanation = Explanation::ALL[which];
            let amounts = Amounts { amount, fee, net };
            let lines = booked(&chart(), explanation, fund.map(FundId), chosen.map(JournalAccountId), amounts);
            if let Ok(lines) = lines {
                prop_assert_eq!(lines.iter().map(|line| i128::from(line.amount_minor)).sum::<i128>(), 0);
                prop_assert!(lines.len() != 1 && lines.iter().all(|line| line.amount_minor != 0));
                let mut ids: Vec<_> = lines.iter().map(|line| line.account.id).collect();
                ids.sort();
                ids.dedup();
                prop_assert_eq!(ids.len(), lines.len());
            } else {
                prop_assert!([amount, fee, net].iter().any(|minor| minor.unsigned_abs() > 1 << 61));
            }
        }

        #[test]
        fn money_at_the_bank_too(minor in edges(), before in any::<bool>(), returned in any::<bool>()) {
            let chart = chart();
            let leg = if returned { Leg::Returned } else { Leg::Paid };
            for lines in [
                at_bank(&chart, chart.role(AccountRole::Bank), before, signed(leg, minor)),
                opening(&chart, minor),
            ] {
                match lines {
                    Ok(lines) => prop_assert_eq!(lines.iter().map(|l| i128::from(l.amount_minor)).sum::<i128>(), 0),
                    Err(error) => prop_assert!(error == Unbookable::TooLarge && minor == i64::MIN),
                }
            }
        }
    }

    /// Amounts of every day, and those at which numbers end.
    fn edges() -> impl Strategy<Value = i64> {
        prop_oneof![-100_000_i64..100_000, any::<i64>(), Just(i64::MIN), Just(i64::MAX), Just(0)]
    }
}
