//! Rows of finance, a file per subject.

pub mod balance;
pub mod checks;
pub mod explain;
pub mod figures;
pub mod payouts;
