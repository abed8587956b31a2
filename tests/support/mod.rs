//! What the tests stand on.

pub mod analyses;
pub mod app;
pub mod db;
pub mod engine;
pub mod smtp_sink;

pub use db::{Backend, TestDb};
