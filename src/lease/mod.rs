//! Leases: one implementation for jobs, outbox and (later) the payment inbox.
//!
//! A process that works registers as a **node** and leases rows under its node number. Numbers are never used twice, so
//! the number is the lease's token as well: whoever writes an outcome names it, and a stale one changes nothing.
//! A node is alive while its heartbeat counter moves. Others judge that by their own monotonic time and never compare
//! two machines' clocks; a node that slept judges itself by a clock that counts sleep, before it writes to the wire.
//! On SQLite only one process works at a time: it holds a lock file, which the system frees when the process ends.

mod keeper;
mod node;
mod store;
mod watch;

pub use keeper::{Gone, Heirs, Keeper};
pub use node::{Node, awake};
pub use store::all as nodes;
pub use watch::Watch;

use std::time::Duration;

/// How often a node's counter moves.
pub const HEARTBEAT: Duration = Duration::from_secs(5);
/// How long a counter may stand still before others take the node for dead.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How old a node's own last heartbeat may be for it to go on: well before others lose patience.
pub const TRUST: Duration = Duration::from_secs(20);
