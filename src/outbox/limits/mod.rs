//! How fast mail may leave: token buckets that hold over all nodes (design, section 6, point 8).
//!
//! A bucket is a row of `send_buckets`, filled by the database's clock, which is one for all nodes. A node takes a block
//! from it in a short transaction and spends it from memory; a block that lies unspent loses its worth. What has no limit
//! has no bucket and costs nothing.
//!
//! Over any stretch of time, all nodes together send at most what the rate gives in that time and one second's worth
//! more: half of it may lie in the bucket, half in the hands of nodes.

mod allowances;
mod bucket;
pub mod domains;
mod report;
mod store;
mod warmup;

use std::fmt;

pub use allowances::Allowances;
pub use domains::{DomainLimit, domain_of};
pub use report::{ServerReport, ServerState, WarmupReport, servers};
pub use store::sweep;
pub use warmup::Warmup;

use crate::values::CampaignId;

/// What is limited.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Everything (`PLEDGEPOST_SEND_RATE`).
    All,
    Campaign(CampaignId),
    /// A recipient domain, as [`domain_of`] answers it.
    Domain(String),
    /// A mail server, by its name.
    Server(String),
    /// What a new mail server may send in a day, by its name.
    Warmup(String),
}

/// The bucket's name in the database.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::All => f.write_str("all"),
            Key::Campaign(id) => write!(f, "campaign:{id}"),
            Key::Domain(name) => write!(f, "domain:{name}"),
            Key::Server(name) => write!(f, "server:{name}"),
            Key::Warmup(name) => write!(f, "warmup:{name}"),
        }
    }
}

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Mails a minute, at least 1.
    PerMinute(i64),
    Warmup(Warmup),
}

/// At most so many mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    pub key: Key,
    pub amount: Amount,
}

impl Limit {
    /// `per_minute` mails a minute over all nodes.
    pub fn new(key: Key, per_minute: i64) -> Self {
        Self { key, amount: Amount::PerMinute(per_minute) }
    }
    /// `PLEDGEPOST_SEND_RATE`: mails a second over all nodes; 0 is no limit.
    pub fn all(per_second: u32) -> Option<Self> {
        (per_second > 0).then(|| Self::new(Key::All, i64::from(per_second) * 60))
    }
    /// A campaign's own limit.
    pub fn campaign(campaign: CampaignId, per_minute: Option<i64>) -> Option<Self> {
        per_minute.filter(|n| *n > 0).map(|n| Self::new(Key::Campaign(campaign), n))
    }
}
