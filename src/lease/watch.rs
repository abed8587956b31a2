//! Judges other nodes by whether their counters move, in this process's own monotonic time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::values::NodeId;

/// What was last seen of each other node.
#[derive(Debug, Default)]
pub struct Watch {
    seen: HashMap<NodeId, (i64, Instant)>,
    looked: Option<Instant>,
}

/// After a gap like this the watch begins anew: while this node could not look (the database was away), the others could
/// not move their counters either.
const GAP: Duration = Duration::from_secs(15);

impl Watch {
    /// Takes the counters as they stand now; answers those that stood still for `patience` or longer.
    pub fn dead(
        &mut self,
        own: NodeId,
        nodes: &[(NodeId, i64)],
        patience: Duration,
        now: Instant,
    ) -> Vec<(NodeId, i64)> {
        if self.looked.replace(now).is_some_and(|last| now.duration_since(last) >= GAP) {
            self.seen.clear();
        }
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
        let mut looks = |from: u64, to: u64, nodes: &[(NodeId, i64)]| -> Vec<(NodeId, i64)> {
            (from..=to).step_by(5).map(|second| watch.dead(own, nodes, patience, at(second))).last().unwrap()
        };
        assert!(looks(0, 0, &[(own, 5), (NodeId(2), 9), (NodeId(3), 1)]).is_empty());
        assert!(looks(5, 25, &[(own, 5), (NodeId(2), 10), (NodeId(3), 1)]).is_empty());
        assert_eq!(looks(30, 30, &[(own, 5), (NodeId(2), 10), (NodeId(3), 1)]), [(NodeId(3), 1)]);
        // One that came back to life is watched anew.
        assert!(looks(35, 60, &[(NodeId(3), 2)]).is_empty());
        assert_eq!(looks(65, 65, &[(NodeId(3), 2)]), [(NodeId(3), 2)]);
        // Nobody could look for a minute: nobody could move either.
        assert!(looks(130, 155, &[(NodeId(3), 2)]).is_empty());
        assert_eq!(looks(160, 160, &[(NodeId(3), 2)]), [(NodeId(3), 2)]);
    }
}
