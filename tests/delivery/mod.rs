//! The delivery contract (design, section 6), judged by what the mail server saw.

mod engine;
mod faults;
