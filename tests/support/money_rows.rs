//! What the [`Till`](super::money::Till) takes: a line of the balance, a payout; each with what differs from the usual.

use pledgepost::values::{At, Day};

/// A line of the balance. `Line::of("txn_1", "charge", 2500)` and what differs.
#[derive(Clone)]
pub struct Line {
    pub id: String,
    pub category: String,
    pub amount: i64,
    pub fee: i64,
    /// None: `amount - fee`.
    pub net: Option<i64>,
    /// None: one part, the whole fee.
    pub fee_details: Option<String>,
    pub currency: String,
    pub source: Option<String>,
    pub payout: Option<String>,
    pub description: Option<String>,
    pub at: Option<At>,
    pub livemode: bool,
}

impl Line {
    pub fn of(id: &str, category: &str, amount: i64) -> Self {
        Self {
            id: id.into(),
            category: category.into(),
            amount,
            fee: 0,
            net: None,
            fee_details: None,
            currency: "EUR".into(),
            source: None,
            payout: None,
            description: None,
            at: None,
            livemode: false,
        }
    }
    pub fn fee(self, fee: i64) -> Self {
        Self { fee, ..self }
    }
    pub fn source(self, source: &str) -> Self {
        Self { source: Some(source.into()), ..self }
    }
    pub fn at(self, at: At) -> Self {
        Self { at: Some(at), ..self }
    }
    pub fn currency(self, currency: &str) -> Self {
        Self { currency: currency.into(), ..self }
    }
    pub fn says(self, description: &str) -> Self {
        Self { description: Some(description.into()), ..self }
    }
}

/// A payout. `Payout::of("po_1", 2438)` is automatic, reconciled and paid.
#[derive(Clone)]
pub struct Payout {
    pub id: String,
    pub amount: i64,
    pub currency: String,
    pub status: String,
    pub automatic: bool,
    pub reconciliation: String,
    pub arrives_on: Day,
    pub trace: Option<String>,
    pub descriptor: Option<String>,
    pub failure: Option<String>,
    /// Its own line is `txn_` and its id; None: made when it is inserted. `Some(false)`: it has none.
    pub own_line: bool,
    /// Its failure's line, `txn_back_` and its id.
    pub came_back: bool,
    pub at: Option<At>,
}

impl Payout {
    pub fn of(id: &str, amount: i64) -> Self {
        Self {
            id: id.into(),
            amount,
            currency: "EUR".into(),
            status: "paid".into(),
            automatic: true,
            reconciliation: "completed".into(),
            arrives_on: Day::parse("2026-11-26").unwrap(),
            trace: None,
            descriptor: Some("PLEDGEPOST".into()),
            failure: None,
            own_line: true,
            came_back: false,
            at: None,
        }
    }
    pub fn arrives(self, day: &str) -> Self {
        Self { arrives_on: Day::parse(day).unwrap(), ..self }
    }
    pub fn manual(self) -> Self {
        Self { automatic: false, reconciliation: "not_applicable".into(), ..self }
    }
    pub fn in_progress(self) -> Self {
        Self { reconciliation: "in_progress".into(), status: "in_transit".into(), ..self }
    }
    /// It failed, and its money is on the balance again.
    pub fn failed(self) -> Self {
        Self { status: "failed".into(), failure: Some("The bank account is closed".into()), came_back: true, ..self }
    }
}
