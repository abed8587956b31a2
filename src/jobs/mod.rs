//! Work that must happen: a row, written in the transaction that decided it, run by any node, tried again when it fails.
//!
//! One-off jobs are enqueued; recurring ones have a row in `schedules`, moved on by whichever node takes it.

mod runner;
mod store;

pub use runner::{Handler, Jobs, Recurring, Task};
pub use store::{enqueue, failed, give_back, leases, leave_schedule_to};
