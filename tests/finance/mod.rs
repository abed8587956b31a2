//! From the balance at Stripe to the bank and the journal.

mod bank_pages;
mod camt;
mod checks;
pub mod explained;
mod journal;
mod journal_pages;
mod matching;
mod mirror;
mod mirror_sandbox;
mod money_pages;
mod payouts;
mod statements;
