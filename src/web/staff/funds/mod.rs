//! Funds: what a gift is for, in every language of the organisation, and what came for each.

mod form;
mod list;

pub use form::{close, create, edit, make_default, new, reopen, save};
pub use list::list;
