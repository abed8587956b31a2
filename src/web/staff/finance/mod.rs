//! Finance: from the balance at Stripe to the bank and the journal.

pub mod accounts;
pub mod bank;
pub mod journal;
