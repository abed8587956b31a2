//! Rows of `staff`, `staff_links`, `sessions` and `login_failures`.

pub mod failures;
pub mod links;
mod members;
pub mod sessions;

pub use members::*;
