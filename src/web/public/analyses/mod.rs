//! The analyses for readers: the list and one analysis.

mod list;
mod read;
pub mod view;

pub use list::list;
pub use read::read;
