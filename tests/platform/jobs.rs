//! Jobs: exactly once when they work, again when they fail, never forgotten.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::Duration;
use pledgepost::db::Database;
use pledgepost::error::Error;
use pledgepost::jobs::{self, Jobs, Recurring};
use pledgepost::lease::{Node, awake};
use pledgepost::values::{At, Clock, NodeId};
use tokio::sync::Notify;

use crate::on_both;
use crate::support::TestDb;

struct Bench {
    db: Database,
    clock: Clock,
    node: Node,
    jobs: Jobs,
    ran: Arc<AtomicUsize>,
    ticks: Arc<AtomicUsize>,
    _test: TestDb,
}

fn bench(test: TestDb) -> Bench {
    let (ran, ticks) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counter, ticker) = (ran.clone(), ticks.clone());
    let mut handlers: HashMap<&'static str, jobs::Handler> = HashMap::new();
    handlers.insert(
        "count",
        Arc::new(move |_, payload, _| {
            let by: usize = serde_json::from_str(payload)?;
            counter.fetch_add(by, Ordering::SeqCst);
            Ok(())
        }),
    );
    handlers.insert("fail", Arc::new(|_, _, _| anyhow::bail!("not today")));
    let recurring = vec![Recurring {
        name: "tick",
        every: Duration::hours(1),
        run: Arc::new(move |_, _| {
            ticker.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }),
    }];
    let node = Node::default();
    node.beat(NodeId(1), awake());
    let clock = Clock::fake(At::from_micros(1_790_000_000_000_000));
    Bench {
        db: test.connect(),
        clock,
        node,
        jobs: Jobs { handlers, recurring, bell: Notify::new() },
        ran,
        ticks,
        _test: test,
    }
}

impl Bench {
    fn enqueue(&self, kind: &str, by: usize, wait: Duration, key: Option<&str>) {
        let now = self.clock.now();
        self.db
            .write_here(|db| -> Result<_, Error> { Ok(jobs::enqueue(db, kind, &by, now + wait, key, now)?) })
            .unwrap();
    }
    fn pass(&self) -> usize {
        self.jobs.pass(&self.db, &self.clock, &self.node).unwrap()
    }
    fn failed(&self) -> usize {
        self.db.read_here(|db| -> Result<_, Error> { Ok(jobs::failed(db)?.len()) }).unwrap()
    }
}

on_both! {
    async fn a_job_runs_once_when_it_is_due(backend) {
        let bench = bench(TestDb::new(backend));
        bench.enqueue("count", 2, Duration::zero(), None);
        bench.enqueue("count", 40, Duration::minutes(5), Some("once"));
        bench.enqueue("count", 99, Duration::minutes(5), Some("once"));
        assert_eq!((bench.pass(), bench.ran.load(Ordering::SeqCst)), (1, 2));
        bench.clock.advance(Duration::minutes(5));
        assert_eq!((bench.pass(), bench.ran.load(Ordering::SeqCst)), (1, 42), "the second one with the key never was");
        assert_eq!(bench.pass(), 0);
    }

    async fn a_failing_job_waits_longer_each_time_and_is_left_for_people(backend) {
        let bench = bench(TestDb::new(backend));
        bench.enqueue("fail", 1, Duration::zero(), None);
        let mut passes = 0;
        while bench.failed() == 0 {
            assert_eq!(bench.pass(), 0);
            bench.clock.advance(Duration::seconds(5));
            passes += 1;
            assert!(passes < 10_000, "it is given up one day");
        }
        bench.clock.advance(Duration::days(1));
        bench.pass();
        assert_eq!(bench.failed(), 1, "kept, with its error, until someone looks");
    }

    async fn a_recurring_task_runs_once_per_period(backend) {
        let bench = bench(TestDb::new(backend));
        bench.pass();
        bench.pass();
        assert_eq!(bench.ticks.load(Ordering::SeqCst), 1);
        bench.clock.advance(Duration::minutes(61));
        bench.pass();
        assert_eq!(bench.ticks.load(Ordering::SeqCst), 2);
    }

    async fn a_node_that_is_not_registered_runs_nothing(backend) {
        let bench = bench(TestDb::new(backend));
        bench.enqueue("count", 1, Duration::zero(), None);
        bench.node.forget();
        assert_eq!((bench.pass(), bench.ran.load(Ordering::SeqCst)), (0, 0));
    }
}
