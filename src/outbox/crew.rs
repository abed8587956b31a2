//! The senders of a process: so many for each mail server, and some for system mails alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::domains::Domains;
use super::engine::Outbox;
use super::queue::Item;
use super::recorder::{Recorder, Watched};
use super::refusals::Refusals;
use super::routes::Routes;
use super::sender::{Hands, Sender};
use super::verdict::Report;
use super::window::Window;

/// How long what is on the wire may take to finish after SIGTERM.
const GRACE: Duration = Duration::from_secs(8);
/// From so many connections to a server on, one of them is for system mails alone, and opened when there are some. Where all
/// are of one kind, system mails still go first.
const ENOUGH: usize = 3;

pub struct Crew {
    senders: JoinSet<()>,
    hands: Vec<Arc<Mutex<Hands>>>,
}

/// What the senders left behind.
pub struct Leftover {
    /// Mails whose content did not leave.
    pub back: Vec<Item>,
    /// Mails that left and have no reply. They stay leased until the keeper gives them back.
    pub in_doubt: Vec<Item>,
}

impl Crew {
    pub fn hire(
        outbox: &Outbox,
        routes: &Routes,
        domains: &Arc<Domains>,
        reports: &mpsc::UnboundedSender<Report>,
    ) -> Self {
        let mut crew = Self { senders: JoinSet::new(), hands: Vec::new() };
        for (place, route) in routes.list.iter().enumerate() {
            let connections = usize::try_from(route.server.connections).unwrap_or(1);
            let for_campaigns = if connections >= ENOUGH { connections - 1 } else { connections };
            for number in 0..connections {
                let hands = Arc::<Mutex<Hands>>::default();
                crew.hands.push(hands.clone());
                let sender = Sender {
                    queue: route.queue.clone(),
                    node: outbox.node.clone(),
                    server: route.server.clone(),
                    place,
                    only_system: number >= for_campaigns,
                    halt: route.halt.clone(),
                    hello: outbox.hello.clone(),
                    signer: outbox.signer.clone(),
                    timeouts: outbox.timeouts,
                    domains: domains.clone(),
                    accepted: outbox.accepted.clone(),
                    reports: reports.clone(),
                    hands,
                };
                crew.senders.spawn(sender.run());
            }
        }
        crew
    }

    /// Waits for what is on the wire, after the queues were closed; ends those that got no answer in time.
    pub async fn dismiss(mut self) -> Leftover {
        let all = async { while self.senders.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, all).await.is_err() {
            tracing::warn!("the mail server did not answer in time; what is on the wire is in doubt");
            self.senders.abort_all();
            while self.senders.join_next().await.is_some() {}
        }
        let mut leftover = Leftover { back: Vec::new(), in_doubt: Vec::new() };
        for hands in &self.hands {
            let mut hands = hands.lock().unwrap_or_else(PoisonError::into_inner);
            leftover.back.extend(hands.next.take());
            let list = if hands.left { &mut leftover.in_doubt } else { &mut leftover.back };
            list.extend(hands.current.take());
        }
        leftover
    }
}

/// The recorder of the same process.
pub fn recorder(
    outbox: &Outbox,
    routes: &Routes,
    window: &Arc<Window>,
    reports: mpsc::UnboundedReceiver<Report>,
) -> Recorder {
    let watched = routes.list.iter().map(|route| Watched {
        name: route.server.name.clone(),
        halt: route.halt.clone(),
        failures: 0,
        proved: false,
    });
    Recorder {
        db: outbox.db.clone(),
        clock: outbox.clock.clone(),
        lanes: outbox.lanes.clone(),
        servers: watched.collect(),
        reports,
        window: window.clone(),
        accepted: outbox.accepted.clone(),
        rates: HashMap::new(),
        refusals: Refusals::default(),
        notices: Vec::new(),
    }
}
