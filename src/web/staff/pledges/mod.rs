//! Pledges: the list, a pledge's page, ending one.

mod list;
mod show;

pub use list::list;
pub(crate) use list::pledged;
pub use show::{end, show, sure_end};
