//! What the tests stand on.

pub mod analyses;
pub mod app;
pub mod bank;
pub mod browser;
pub mod campaign_stage;
pub mod campaigns;
pub mod camt;
pub mod db;
pub mod engine;
pub mod gifts;
pub mod hook;
pub mod kill_stage;
pub mod money;
pub mod money_rows;
pub mod program;
pub mod proxy;
pub mod readers;
pub mod sandbox_stripe;
pub mod scripted;
pub mod site;
pub mod smtp_sink;
pub mod stripe;
pub mod stripe_objects;

pub use db::{Backend, TestDb};
pub use site::Site;

/// The Python with the packages that judge the program: `scripts/test` makes it and says where.
pub fn python() -> std::path::PathBuf {
    let made = concat!(env!("CARGO_MANIFEST_DIR"), "/target/python/bin/python");
    std::env::var_os("PLEDGEPOST_TEST_PYTHON").unwrap_or_else(|| made.into()).into()
}
