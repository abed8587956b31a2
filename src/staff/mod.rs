//! Staff: who may do what, and how they prove who they are.

mod model;
mod permission;
pub mod store;

pub use model::Member;
pub use permission::{Permission, Role};
