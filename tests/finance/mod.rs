//! From the balance at Stripe to the bank and the journal.

mod checks;
mod explained;
mod journal;
mod payouts;
