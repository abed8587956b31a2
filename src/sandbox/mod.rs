//! What stands in for the world outside on a machine without it: see section 3 of the design.

pub mod mailbox;
pub mod stripe;
