//! Nodes whose clocks differ by minutes share a campaign (design, section 6, point 4): on one PostgreSQL, each with a clock and
//! a mail server of its own. Nobody compares two clocks, so nothing is sent twice, nothing is forgotten and what was deferred is tried
//! again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pledgepost::outbox::DeliveryState;
use pledgepost::values::{At, Clock};

use crate::support::engine::TestEngine;
use crate::support::smtp_sink::{Script, SmtpSink};
use crate::support::{Backend, TestDb};

/// 2026-09-21, as the middle one has it.
const NOW: i64 = 1_790_000_000_000_000;
const MINUTE: i64 = 60_000_000;
const READERS: usize = 2000;

/// Every tenth reader is put off once.
fn script() -> Script {
    Script::accept_all().delay(Duration::from_millis(2)).rcpt_by(|asked| {
        let tenth = asked.address.contains("0@");
        (tenth && asked.attempt == 1).then(|| "451 4.7.1 Not now".to_owned())
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clocks_that_differ_by_minutes_double_nobody_and_forget_nobody() {
    let test = Arc::new(TestDb::new(Backend::Postgres));
    let (mut engines, mut sinks) = (Vec::new(), Vec::new());
    for minutes in [-10, 0, 10] {
        let mut engine = TestEngine::new(test.clone(), false);
        engine.clock = Clock::fake(At::from_micros(NOW + minutes * MINUTE));
        engines.push(engine);
        sinks.push(SmtpSink::start(script()));
    }
    engines[1].add_rows("reader", READERS);
    for (engine, sink) in engines.iter_mut().zip(&sinks) {
        engine.start(sink).await;
    }
    let count = || sinks.iter().map(SmtpSink::accepted_count).sum::<usize>();
    let end = Instant::now() + Duration::from_secs(60);
    while engines[1].count(DeliveryState::Sent) < READERS as i64 {
        assert!(Instant::now() < end, "{} mails, rows: {:?}", count(), engines[1].states());
        for engine in &engines {
            // Each clock goes on as fast as the others, and stays as wrong as it is.
            engine.clock.advance(chrono::Duration::seconds(2));
            engine.bell.notify_one();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for engine in &mut engines {
        engine.stop().await;
    }
    let (mut times, mut tried) = (HashMap::<String, usize>::new(), HashMap::<String, usize>::new());
    for asked in sinks.iter().flat_map(SmtpSink::log) {
        *tried.entry(asked.rcpt.clone()).or_default() += 1;
        if asked.accepted {
            *times.entry(asked.rcpt).or_default() += 1;
        }
    }
    assert_eq!((times.len(), times.values().sum::<usize>()), (READERS, READERS), "each exactly once");
    let put_off: HashSet<_> = tried.iter().filter(|(_, tries)| **tries > 1).map(|(rcpt, _)| rcpt.as_str()).collect();
    assert_eq!(put_off.len(), READERS / 10, "each tenth was tried again");
    assert!(put_off.iter().all(|rcpt| rcpt.contains("0@")));
    let shares: Vec<_> = sinks.iter().map(SmtpSink::accepted_count).collect();
    assert!(shares.iter().all(|sent| *sent > 0), "each node has a part in it: {shares:?}");
}
