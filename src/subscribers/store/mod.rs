//! Rows of the subscribers' tables, one file per table.

pub mod topics;
