//! What the tests stand on.

pub mod analyses;
pub mod campaigns;
pub mod app;
pub mod db;
pub mod engine;
pub mod smtp_sink;
pub mod site;

pub use db::{Backend, TestDb};
pub use site::Site;
