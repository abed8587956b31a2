//! What the pages of the bank share: addresses, states, how a payout and a line are called.

use serde::Serialize;

use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::finance::bank::{LineRow, LineState, store};
use crate::finance::{BankLine, Leg, Match, PayoutRow};
use crate::staff::store as members;
use crate::values::{BankLineId, BankStatementId, Day, StaffId};
use crate::web::staff::gift_words::money;

pub(in crate::web::staff::finance) use super::super::words::{day, payout_path};

pub(super) const BANK: &str = "/staff/finance/bank";

pub(in crate::web::staff::finance) fn line_path(id: BankLineId) -> String {
    format!("{BANK}/lines/{id}")
}

pub(super) fn statement_path(id: BankStatementId) -> String {
    format!("{BANK}/statements/{id}")
}

/// `3 June 2026`, or `1 to 30 June 2026` in full words when it is more than a day.
pub(super) fn days(from: Day, to: Day) -> String {
    if from == to { day(from) } else { format!("{} to {}", day(from), day(to)) }
}

/// Word and kind of the badge.
pub(super) fn state_badge(state: LineState) -> (&'static str, &'static str) {
    match state {
        LineState::Open => ("Open", "warn"),
        LineState::Matched => ("Matched", "ok"),
        LineState::SetAside => ("Set aside", "neutral"),
    }
}

/// `payout of 3 June 2026, €97.52`; of the way back: `return of the payout of …`.
pub(super) fn payout_words(payout: &PayoutRow, leg: Leg) -> String {
    let back = match leg {
        Leg::Paid => "",
        Leg::Returned => "return of the ",
    };
    format!("{back}payout of {}, {}", day(payout.arrives_on), money(&payout.amount()))
}

/// The first letter large.
pub(in crate::web::staff::finance) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What a line is called on other pages: its day and its amount.
pub(super) fn line_words(line: &BankLine) -> String {
    format!("{} of {}", money(&line.amount()), day(line.booked_on))
}

/// Who did it: an address, or the words for nobody.
pub(super) fn who(db: &mut Db, staff: Option<StaffId>, nobody: &str) -> Result<String, FeatureError> {
    let Some(id) = staff else { return Ok(nobody.into()) };
    Ok(members::find(db, id)?.map_or_else(|| "Staff".into(), |member| member.email.to_string()))
}

/// A payout behind a line.
#[derive(Debug, Serialize)]
pub(super) struct PayoutLink {
    pub href: String,
    pub what: String,
}

/// The payouts that a line is matched with.
pub(super) fn payout_links(db: &mut Db, livemode: bool, matches: &[Match]) -> Result<Vec<PayoutLink>, FeatureError> {
    let ids: Vec<String> = matches.iter().map(|each| each.payout.clone()).collect();
    let payouts = if ids.is_empty() { Vec::new() } else { store::payouts_by_id(db, livemode, &ids)? };
    let link = |each: &Match| {
        let payout = payouts.iter().find(|payout| payout.id == each.payout);
        let what = payout.map_or_else(|| each.payout.clone(), |payout| sentence(&payout_words(payout, each.leg)));
        PayoutLink { href: payout_path(&each.payout), what }
    };
    Ok(matches.iter().map(link).collect())
}

/// A line in a table.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub id: BankLineId,
    pub href: String,
    pub day: String,
    pub counterparty: String,
    pub words: String,
    pub amount: String,
    pub is_open: bool,
    pub state: &'static str,
    pub kind: &'static str,
    pub payouts: Vec<PayoutLink>,
    /// Why it was set aside.
    pub note: Option<String>,
}

impl Row {
    pub fn new(db: &mut Db, livemode: bool, row: &LineRow) -> Result<Self, FeatureError> {
        let (state, line) = (row.state(), &row.line);
        let (word, kind) = state_badge(state);
        Ok(Self {
            id: line.id,
            href: line_path(line.id),
            day: day(line.booked_on),
            counterparty: line.counterparty.clone(),
            words: line.words.clone(),
            amount: money(&line.amount()),
            is_open: state == LineState::Open,
            state: word,
            kind,
            payouts: payout_links(db, livemode, &row.matches)?,
            note: (state == LineState::SetAside).then(|| line.set_aside_note.clone()),
        })
    }
}
