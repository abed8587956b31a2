//! What the tests stand on.

pub mod db;
pub mod smtp_sink;

pub use db::{Backend, TestDb};
