//! From Stripe's balance to the bank and the journal: what explains each balance transaction, which bank line has a
//! payout's money, and what the books say of it.

pub mod journal;
mod model;

pub use model::{
    AccountKind, AccountRole, BankAccount, BankLine, BankStatement, Explained, Explanation, JournalAccount, Leg, Match,
    PayoutRow,
};
