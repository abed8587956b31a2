//! From Stripe's balance to the bank and the journal: what explains each balance transaction, which bank line has a
//! payout's money, and what the books say of it.

pub mod balance;
pub mod checks;
pub mod explain;
pub mod figures;
pub mod journal;
mod model;
pub mod payouts;
mod store;

pub use model::{
    AccountKind, AccountRole, BankAccount, BankLine, BankStatement, Explained, Explanation, JournalAccount, Leg, Match,
    PayoutRow,
};

/// `a=1&b=2` of those that are set.
fn query(pairs: &[(&str, Option<String>)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    query.finish()
}
