//! The rows that the journal reads, and the two tables that it writes: the account map and what was exported.

pub mod accounts;
pub mod exports;
pub mod rows;
pub mod sums;
