//! Two processes on one PostgreSQL.

use std::time::Duration;

use crate::support::Backend;
use crate::support::campaign_stage::{CampaignStage, WINDOW};
use crate::support::smtp_sink::Script;

/// Its lease is over when it wakes: others have sent what it had.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_frozen_past_its_lease_doubles_at_most_its_window() {
    let stage = CampaignStage::new(Backend::Postgres, Script::accept_all().delay(Duration::from_millis(5)), 4_000);
    stage.send();
    let (mut first, mut second) = (stage.worker(), stage.worker());
    let both = |sink: &crate::support::smtp_sink::SmtpSink| sink.accepted_count() >= 800 && sink.connections() >= 15;
    stage.sink.wait_until(Duration::from_secs(60), "both are at work", both).await;
    first.signal("STOP");
    stage.until_sent(Duration::from_secs(120)).await;
    let while_frozen = stage.repeated();
    first.signal("CONT");
    tokio::time::sleep(Duration::from_secs(4)).await;
    let repeated = stage.repeated();
    println!("{while_frozen} repeated while it was frozen, {repeated} after it woke");
    assert!(repeated <= WINDOW, "{repeated} repeated");
    stage.everybody_and_the_tables_know();
    for worker in [&mut first, &mut second] {
        worker.signal("TERM");
        assert_eq!(worker.wait(), Some(0));
    }
}

/// Nobody is frozen, nobody dies: nothing is doubled, and both work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_nodes_share_a_campaign_without_a_duplicate() {
    let stage = CampaignStage::new(Backend::Postgres, Script::accept_all().delay(Duration::from_millis(2)), 4_000);
    stage.send();
    let mut workers = [stage.worker(), stage.worker(), stage.worker(), stage.worker()];
    stage.until_sent(Duration::from_secs(120)).await;
    for worker in &mut workers {
        worker.signal("TERM");
        assert_eq!(worker.wait(), Some(0));
    }
    stage.everybody_once();
    assert!(stage.sink.most_open() > 10, "more than one process sent: {} connections", stage.sink.most_open());
}
