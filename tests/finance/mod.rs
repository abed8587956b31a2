//! From the balance at Stripe to the bank and the journal.
mod mirror;
