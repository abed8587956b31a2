//! Judges other nodes by whether their counters move, in this process's own monotonic time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::values::NodeId;

/// What was last seen of each other node.
#[derive(Debug, Default)]
pub struct Watch {
    seen: HashMap<NodeId, (i64, Instant)>,
}

impl Watch {
    /// Takes the counters as they stand now; answers those that stood still for `patience` or longer.
    pub fn dead(
        &mut self,
        own: NodeId,
        nodes: &[(NodeId, i64)],
        patience: Duration,
        now: Instant,
    ) -> Vec<(NodeId, i64)> {
        self.seen.retain(|id, _| nodes.iter().any(|(node, _)| node == id));
        let mut dead = Vec::new();
        for &(id, counter) in nodes.iter().filter(|(id, _)| *id != own) {
            let (last, since) = self.seen.entry(id).or_insert((counter, now));
            if *last != counter {
                (*last, *since) = (counter, now);
            } else if now.duration_since(*since) >= patience {
                dead.push((id, counter));
            }
        }
        dead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_counter_that_stands_still_is_dead() {
        let (mut watch, start) = (Watch::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let patience = Duration::from_secs(30);
        let own = NodeId(1);
        assert!(watch.dead(own, &[(own, 5), (NodeId(2), 9), (NodeId(3), 1)], patience, at(0)).is_empty());
        assert!(watch.dead(own, &[(own, 5), (NodeId(2), 10), (NodeId(3), 1)], patience, at(29)).is_empty());
        assert_eq!(watch.dead(own, &[(own, 5), (NodeId(2), 10), (NodeId(3), 1)], patience, at(31)), [(NodeId(3), 1)]);
        // One that came back to life is watched anew.
        assert!(watch.dead(own, &[(NodeId(3), 2)], patience, at(32)).is_empty());
        assert!(watch.dead(own, &[(NodeId(3), 2)], patience, at(61)).is_empty());
    }
}
