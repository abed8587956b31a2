//! Time. Everything that people see is stamped by an injected clock; leases never compare two clocks (see `lease`).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;

use crate::db::types::Instant;

/// An instant in UTC, in whole microseconds (what both databases keep).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    AsExpression,
    FromSqlRow,
    serde::Serialize,
    serde::Deserialize,
)]
#[diesel(sql_type = Instant)]
#[serde(transparent)]
pub struct At(pub DateTime<Utc>);

impl At {
    /// The instant that many microseconds after 1970-01-01T00:00:00Z; out of range gives the epoch.
    pub fn from_micros(micros: i64) -> Self {
        Self(DateTime::from_timestamp_micros(micros).unwrap_or_default())
    }
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }
    /// RFC 3339 in UTC with seconds, as exports and the API write it.
    pub fn rfc3339(self) -> String {
        self.0.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }
}

impl std::ops::Add<Duration> for At {
    type Output = At;
    fn add(self, by: Duration) -> At {
        At(self.0 + by)
    }
}
impl std::ops::Sub<Duration> for At {
    type Output = At;
    fn sub(self, by: Duration) -> At {
        At(self.0 - by)
    }
}
impl std::ops::Sub<At> for At {
    type Output = Duration;
    fn sub(self, other: At) -> Duration {
        self.0 - other.0
    }
}

/// Where "now" comes from: the system, or a hand that tests move.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    #[default]
    System,
    /// Microseconds since the epoch.
    Fake(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still at `at` until it is moved.
    pub fn fake(at: At) -> Self {
        Clock::Fake(Arc::new(AtomicI64::new(at.micros())))
    }
    pub fn now(&self) -> At {
        match self {
            Clock::System => At::from_micros(Utc::now().timestamp_micros()),
            Clock::Fake(micros) => At::from_micros(micros.load(Ordering::SeqCst)),
        }
    }
    /// Moves a fake clock; the system's clock stays as it is.
    pub fn advance(&self, by: Duration) {
        if let Clock::Fake(micros) = self {
            micros.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }
}
