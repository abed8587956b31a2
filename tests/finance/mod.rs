//! From the balance at Stripe to the bank and the journal.

mod bank_pages;
mod checks;
mod explained;
mod journal_pages;
mod mirror;
mod money_pages;
mod payouts;
