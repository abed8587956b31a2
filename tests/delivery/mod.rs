//! The delivery contract (design, section 6), judged by what the mail server saw.

mod campaigns;
mod engine;
mod faults;
