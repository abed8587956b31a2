//! Transactions of the balance at Stripe: the list, a transaction with what explains it, and explaining it by hand.

mod explain;
mod list;
mod show;

pub use explain::{explain, take_back};
pub use list::list;
pub(super) use list::row;
pub use show::show;
