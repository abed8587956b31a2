//! From the balance at Stripe to the bank and the journal.

mod camt;
mod matching;
mod statements;
