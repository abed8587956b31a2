//! Finance: from the balance at Stripe to the bank and the journal. Only for roles that may see who gave.

pub mod accounts;
pub mod bank;
pub mod checks;
pub mod home;
pub mod journal;
pub mod payouts;
pub mod transactions;
pub(crate) mod words;
