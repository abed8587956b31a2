//! This process as a node: its number, and whether it may still act under it.

use std::sync::Mutex;
use std::time::Duration;

use super::TRUST;
use crate::values::NodeId;

/// Time since the machine started, sleep included: what a node judges its own lease by.
pub fn awake() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// Shared by everything in the process that leases rows.
#[derive(Debug, Default)]
pub struct Node {
    state: Mutex<Option<(NodeId, Duration)>>,
}

impl Node {
    /// The number to lease under; none while not registered or when the last heartbeat is too old to be trusted.
    pub fn id(&self) -> Option<NodeId> {
        let (id, beat) = (*self.lock())?;
        (awake().saturating_sub(beat) < TRUST).then_some(id)
    }
    /// Whether that number still holds: asked before each batch is written to the wire.
    pub fn holds(&self, id: NodeId) -> bool {
        self.id() == Some(id)
    }
    /// The number last registered, trusted or not.
    pub(super) fn registered(&self) -> Option<NodeId> {
        self.lock().map(|(id, _)| id)
    }
    /// Notes a heartbeat that began at `begun` (of [`awake`]): the time before it was written, not after.
    pub fn beat(&self, id: NodeId, begun: Duration) {
        *self.lock() = Some((id, begun));
    }
    /// Others took the node for dead, or it ended: its number is void.
    pub fn forget(&self) {
        *self.lock() = None;
    }
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(NodeId, Duration)>> {
        // A panic while the lock is held cannot leave half a pair behind.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_heartbeat_is_not_trusted() {
        let node = Node::default();
        assert_eq!(node.id(), None);
        node.beat(NodeId(7), awake());
        assert!(node.holds(NodeId(7)) && !node.holds(NodeId(8)));
        node.beat(NodeId(7), awake().saturating_sub(TRUST));
        assert_eq!(node.id(), None);
        assert_eq!(node.registered(), Some(NodeId(7)));
    }
}
