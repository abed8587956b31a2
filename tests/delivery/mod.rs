//! The delivery contract (design, section 6), judged by what the mail server saw.

mod campaigns;
mod clocks;
mod dkim;
mod engine;
mod faults;
pub mod limits;
mod nodes;
mod paths;
mod servers;
