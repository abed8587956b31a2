//! Every page, on a desk and on a phone, in light and dark: saved as pictures to look at, and held to the rules that a
//! machine can check.

mod album;
pub mod campaigns;
mod finance;
mod finance_bank;
mod giving;
mod readers;
mod sandbox;
mod staff;
