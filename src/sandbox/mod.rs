//! What stands in for the world outside on a machine without it: see section 3 of the design.

pub mod bank;
pub mod mailbox;
pub mod stripe;
