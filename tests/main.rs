//! The one integration binary: folders mirror the product's surfaces.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may panic"
)]
#![allow(clippy::allow_attributes, reason = "support code is not used by every test")]

mod browser;
mod cli;
mod db;
mod delivery;
mod faults;
mod finance;
mod gifts;
mod house;
mod licences;
mod platform;
mod public;
mod sandbox;
mod staff;
mod support;
