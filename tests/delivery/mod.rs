//! The delivery contract (design, section 6), judged by what the mail server saw.

mod blocks;
mod campaigns;
mod clocks;
mod dkim;
mod engine;
mod faults;
mod hours;
pub mod limits;
mod metrics;
mod mishaps;
mod nodes;
mod paths;
mod servers;
