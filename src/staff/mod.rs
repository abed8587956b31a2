//! Staff: who may do what, and how they prove who they are.

mod emails;
pub mod links;
pub mod log_in;
pub mod members;
mod model;
pub mod password;
mod permission;
mod purge;
pub mod store;

pub use links::first_link;
pub use members::{add, reset};
pub use model::Member;
pub use password::Password;
pub use permission::{Permission, Role};
pub use purge::purge;
