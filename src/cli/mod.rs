//! One file per command.

pub mod subscribers;
pub mod topic;
