//! The delivery contract (design, section 6), judged by what the mail server saw.

mod campaigns;
mod clocks;
mod dkim;
mod engine;
mod faults;
mod hours;
mod nodes;
mod paths;
