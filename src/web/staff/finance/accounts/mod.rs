//! The account map: which account of the organisation's own chart the journal books to, and where the books begin.

mod beginning;
mod form;
mod list;
mod words;

pub use beginning::set as set_beginning;
pub use form::{create, edit, new, remove, save};
pub use list::list;

const ACCOUNTS: &str = "/staff/finance/accounts";
