//! What the tests stand on.

pub mod app;
pub mod db;

pub use db::{Backend, TestDb};
