//! Which bank line is which payout: by amount, currency and day. Banks cut and change the words, so words only help to
//! choose (docs.stripe.com/payouts/statement-descriptors).

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::QueryResult;

use super::days::business_days;
use super::model::Suggestion;
use super::store::{self, NewMatch};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::finance::{BankLine, Leg, Match, PayoutRow};
use crate::stripe::PayoutStatus;
use crate::values::{At, BankLineId, Currency, Day};

/// The bank may book a payout one business day before Stripe's day and up to five after it.
const EARLY: i64 = -1;
const LATE: i64 = 5;
/// A payout that failed after it was paid: Stripe says so within five business days of its day, the bank's line of it may
/// take as long again.
const RETURNED: i64 = 10;
/// Payouts within this many days are suggested though the day does not fit.
const NEAR: i64 = 45;
const MOST_SUGGESTIONS: usize = 12;

/// A payout as the rule sees it: which of its ways has no bank line yet.
struct Open {
    payout: PayoutRow,
    leg: Leg,
    /// The days on which its line may be booked.
    days: (Day, Day),
}

impl Open {
    /// What its bank line amounts to; none when it is no number.
    fn amount(&self) -> Option<i64> {
        amount(&self.payout, self.leg)
    }
    fn fits(&self, line: &BankLine) -> bool {
        self.payout.currency == line.currency
            && line.amount_minor != 0
            && self.amount() == Some(line.amount_minor)
            && (self.days.0..=self.days.1).contains(&line.booked_on)
    }
}

/// What the bank line of this way of a payout amounts to.
pub(super) fn amount(payout: &PayoutRow, leg: Leg) -> Option<i64> {
    match leg {
        Leg::Paid => Some(payout.amount_minor),
        Leg::Returned => payout.amount_minor.checked_neg(),
    }
}

/// The ways of these payouts that wait for a bank line. Of a payout that failed the way back is expected once the way there
/// was seen at the bank: what never arrived does not come back.
fn waiting(db: &mut Db, payouts: Vec<PayoutRow>) -> QueryResult<Vec<Open>> {
    let ids: Vec<String> = payouts.iter().map(|payout| payout.id.clone()).collect();
    let mut matched: HashMap<String, Vec<Match>> = HashMap::new();
    for each in store::of_payouts(db, &ids)? {
        matched.entry(each.payout.clone()).or_default().push(each);
    }
    let lines: HashMap<BankLineId, Day> = store::booked_days(db, &matched)?;
    let mut waiting = Vec::new();
    for payout in payouts {
        let matches = matched.remove(&payout.id).unwrap_or_default();
        let of = |leg: Leg| matches.iter().find(|each| each.leg == leg);
        match (of(Leg::Paid), of(Leg::Returned)) {
            (None, _) if payout.status != PayoutStatus::Canceled => {
                let days = (business_days(payout.arrives_on, EARLY), business_days(payout.arrives_on, LATE));
                waiting.push(Open { payout, leg: Leg::Paid, days });
            }
            (Some(paid), None) if payout.status == PayoutStatus::Failed => {
                let from = lines.get(&paid.bank_line_id).copied().unwrap_or(payout.arrives_on);
                let days = (from, business_days(from.max(payout.arrives_on), RETURNED));
                waiting.push(Open { payout, leg: Leg::Returned, days });
            }
            _ => {}
        }
    }
    Ok(waiting)
}

/// Why this payout may be what the line shows, in words; empty when nothing speaks for it.
fn reasons(open: &Open, line: &BankLine) -> Vec<String> {
    let mut reasons = Vec::new();
    let payout = &open.payout;
    if open.amount() == Some(line.amount_minor) {
        reasons.push("the same amount".to_owned());
    }
    let days = (line.booked_on.0 - payout.arrives_on.0).num_days();
    reasons.push(match (open.leg, days) {
        (Leg::Returned, _) => "the payout failed after it was at the bank, so its money goes back".to_owned(),
        (Leg::Paid, 0) => "booked on the day on which it should arrive".to_owned(),
        (Leg::Paid, 1) => "booked a day after it should arrive".to_owned(),
        (Leg::Paid, -1) => "booked a day before it should arrive".to_owned(),
        (Leg::Paid, days @ 1..) => format!("booked {days} days after it should arrive"),
        (Leg::Paid, days) => format!("booked {} days before it should arrive", -days),
    });
    reasons.extend(named(payout, line));
    reasons
}

/// What of the payout stands in the line's words.
fn named(payout: &PayoutRow, line: &BankLine) -> Option<String> {
    let said = format!("{} {} {}", line.counterparty, line.words, line.bank_reference.as_deref().unwrap_or_default());
    let said = said.to_lowercase();
    let has = |text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|text| text.len() >= 4 && said.contains(&text.to_lowercase())).is_some()
    };
    if has(&payout.trace) {
        return Some("the words have its trace id".into());
    }
    if said.contains(&payout.id.to_lowercase()) {
        return Some("the words have its id".into());
    }
    if has(&payout.descriptor) {
        return Some("the words have its descriptor".into());
    }
    said.contains("stripe").then(|| "the words name Stripe".into())
}

/// Payouts that may be what a line shows, the likeliest first: those with its amount, and those around its day that its
/// words name or that may share the line with others.
///
/// # Errors
/// The database's.
pub fn suggestions(db: &mut Db, livemode: bool, line: &BankLine) -> QueryResult<Vec<Suggestion>> {
    let mut payouts = store::payouts_with_amounts(db, livemode, &line.currency, &[line.amount_minor])?;
    let (from, to) = (line.booked_on.plus(-NEAR), line.booked_on.plus(NEAR));
    payouts.retain(|payout| (from..=to).contains(&payout.arrives_on));
    let known: HashSet<String> = payouts.iter().map(|payout| payout.id.clone()).collect();
    let around = store::payouts_around(db, livemode, &line.currency, from, to, 200)?;
    payouts.extend(around.into_iter().filter(|payout| !known.contains(&payout.id)));
    let mut found: Vec<(i64, Suggestion)> = Vec::new();
    for open in waiting(db, payouts)? {
        let same = open.amount() == Some(line.amount_minor);
        let in_days = (open.days.0..=open.days.1).contains(&line.booked_on);
        let names = named(&open.payout, line);
        // Part of a line with several: the same direction and less, in the window of days, and Stripe in the words.
        let part = open.amount().is_some_and(|amount| {
            amount.signum() == line.amount_minor.signum() && amount.abs() < line.amount_minor.abs()
        });
        let could_be_part = in_days && part && names.is_some();
        if !(same || could_be_part) {
            continue;
        }
        let fits = open.fits(line);
        let away = (line.booked_on.0 - open.payout.arrives_on.0).num_days().abs();
        let score = [(same, 1000), (fits, 500), (names.is_some(), 200)];
        let score = score.iter().filter(|(holds, _)| *holds).map(|(_, points)| points).sum::<i64>() - away;
        let reasons = reasons(&open, line);
        found.push((score, Suggestion { payout: open.payout, leg: open.leg, reasons, fits }));
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.payout.id.cmp(&b.1.payout.id)));
    Ok(found.into_iter().take(MOST_SUGGESTIONS).map(|(_, suggestion)| suggestion).collect())
}

/// Lines for which the rule knows a payout, certain or not: the import does not set these aside.
pub(super) fn explainable(db: &mut Db, livemode: bool, lines: &[BankLine]) -> QueryResult<HashSet<BankLineId>> {
    let mut explained = HashSet::new();
    for (currency, lines) in by_currency(lines.to_vec()) {
        let amounts: Vec<i64> = lines.iter().map(|line| line.amount_minor).collect();
        let mut payouts = Vec::new();
        for amounts in amounts.chunks(400) {
            payouts.extend(store::payouts_with_amounts(db, livemode, &currency, amounts)?);
        }
        let open = waiting(db, payouts)?;
        explained.extend(lines.iter().filter(|line| open.iter().any(|open| open.fits(line))).map(|line| line.id));
    }
    Ok(explained)
}

fn by_currency(lines: Vec<BankLine>) -> BTreeMap<Currency, Vec<BankLine>> {
    let mut sorted: BTreeMap<Currency, Vec<BankLine>> = BTreeMap::new();
    for line in lines {
        sorted.entry(line.currency.clone()).or_default().push(line);
    }
    sorted
}

/// Matches what is certain: a line and a payout that fit each other and nothing else. What staff undid is not made again.
/// Answers how many matches were made.
///
/// # Errors
/// The database's.
pub fn match_by_rule(db: &mut Db, livemode: bool, now: At) -> QueryResult<usize> {
    store::hold_matches(db)?;
    let mut made = 0;
    // A payout that came back waits for its second line only once the first is matched.
    while let count @ 1.. = pass(db, livemode, now)? {
        made += count;
    }
    Ok(made)
}

fn pass(db: &mut Db, livemode: bool, now: At) -> QueryResult<usize> {
    let payouts = store::payouts_without_line(db, livemode)?;
    let open = waiting(db, payouts)?;
    let mut wanted: BTreeMap<Currency, Vec<i64>> = BTreeMap::new();
    for open in &open {
        wanted.entry(open.payout.currency.clone()).or_default().extend(open.amount());
    }
    let mut lines = Vec::new();
    for (currency, mut amounts) in wanted {
        amounts.sort_unstable();
        amounts.dedup();
        for amounts in amounts.chunks(400) {
            lines.extend(store::open_lines(db, &currency, amounts)?);
        }
    }
    let ids: Vec<BankLineId> = lines.iter().map(|line| line.id).collect();
    let undone: HashSet<(BankLineId, String, Leg)> = store::undone_pairs(db, &ids)?.into_iter().collect();
    let mut pairs: Vec<(&Open, &BankLine)> = Vec::new();
    for open in &open {
        let fitting = lines.iter().filter(|line| open.fits(line));
        pairs.extend(
            fitting
                .filter(|line| !undone.contains(&(line.id, open.payout.id.clone(), open.leg)))
                .map(|line| (open, line)),
        );
    }
    let mut of_line: HashMap<BankLineId, usize> = HashMap::new();
    let mut of_payout: HashMap<(&str, Leg), usize> = HashMap::new();
    for (open, line) in &pairs {
        *of_line.entry(line.id).or_default() += 1;
        *of_payout.entry((&open.payout.id, open.leg)).or_default() += 1;
    }
    let mut made = 0;
    for (open, line) in &pairs {
        let single =
            of_line.get(&line.id) == Some(&1) && of_payout.get(&(open.payout.id.as_str(), open.leg)) == Some(&1);
        // Whether a payout that failed was ever at the bank, the rule cannot know: it only sees it come back.
        if single && !(open.leg == Leg::Paid && open.payout.status == PayoutStatus::Failed) {
            make(db, open, line, now)?;
            made += 1;
        }
    }
    Ok(made)
}

fn make(db: &mut Db, open: &Open, line: &BankLine, now: At) -> QueryResult<()> {
    let reasons = reasons(open, line).join("; ");
    let payout = open.payout.id.as_str();
    store::insert_match(db, NewMatch { line: line.id, payout, leg: open.leg, staff: None, reasons: &reasons }, now)?;
    store::put_back(db, line.id)?;
    let detail = format!("{payout} ({}): {reasons}", open.leg);
    audit::record(db, &Actor::program(), "matched", "bank line", Some(line.id.0), &detail, now)
}
