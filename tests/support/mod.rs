//! What the tests stand on.

pub mod analyses;
pub mod app;
pub mod bank;
pub mod browser;
pub mod campaigns;
pub mod camt;
pub mod db;
pub mod engine;
pub mod gifts;
pub mod hook;
pub mod kill_stage;
pub mod program;
pub mod proxy;
pub mod readers;
pub mod sandbox_stripe;
pub mod scripted;
pub mod site;
pub mod smtp_sink;
pub mod stripe;

pub use db::{Backend, TestDb};
pub use site::Site;
