//! Payouts: the list, a payout with what it took along, and that as a file.

mod export;
mod list;
mod show;

pub use export::export;
pub use list::list;
pub use show::show;
