//! What the tests stand on.

pub mod analyses;
pub mod db;

pub use db::{Backend, TestDb};
