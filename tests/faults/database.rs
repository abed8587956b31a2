//! The database goes away, or its disk is full, while a campaign is sent.

use std::process::Command;
use std::time::Duration;

use crate::support::Backend;
use crate::support::campaign_stage::{CampaignStage, WINDOW};
use crate::support::program::free_port;
use crate::support::smtp_sink::Script;

const SOON: Duration = Duration::from_secs(90);

/// A PostgreSQL of its own, gone when dropped.
struct Cluster {
    port: String,
    folder: String,
}

impl Cluster {
    fn start() -> Self {
        let port = free_port().to_string();
        let cluster = Self { folder: format!("/tmp/pledgepost-pg-{port}"), port };
        cluster.script("start");
        cluster
    }
    fn url(&self) -> String {
        format!("postgres://pledgepost@127.0.0.1:{}/postgres", self.port)
    }
    fn script(&self, what: &str) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/postgres");
        let mut command = Command::new(script);
        command.arg(what).env("PLEDGEPOST_TEST_PG_PORT", &self.port).env("PLEDGEPOST_TEST_PG_FOLDER", &self.folder);
        assert!(command.stdout(std::process::Stdio::null()).status().unwrap().success(), "{what}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.script("stop");
    }
}

/// It crashes, and is back after some seconds. Outcomes wait in memory meanwhile, so nothing is in doubt.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_stops_and_starts_in_mid_campaign() {
    let cluster = Cluster::start();
    let script = Script::accept_all().delay(Duration::from_millis(3));
    let stage = CampaignStage::at(&cluster.url(), script, 4_000, |n| format!("reader{n}@example.org"));
    // The cluster of the tests answers before it wrote anything down, which no real one does.
    stage.sql("ALTER DATABASE postgres SET synchronous_commit = on");
    stage.send();
    let mut worker = stage.worker();
    for part in [600, 1_800] {
        stage.sink.wait_for(part, SOON).await;
        cluster.script("crash");
        tokio::time::sleep(Duration::from_secs(2)).await;
        let stopped = stage.sink.accepted_count();
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(stage.sink.accepted_count(), stopped, "without a database nothing leaves");
        assert!(worker.is_running());
        cluster.script("again");
    }
    stage.until_sent(SOON).await;
    worker.signal("TERM");
    assert_eq!(worker.wait(), Some(0));
    let repeated = stage.repeated();
    println!("{repeated} repeated");
    assert_eq!(repeated, 0, "the outcomes were kept until they could be recorded");
    stage.everybody_and_the_tables_know();
}

/// No file of the process can grow or be written: what a full disk does, without a disk to fill.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_sending_and_room_lets_it_go_on() {
    let stage = CampaignStage::new(Backend::Sqlite, Script::accept_all().delay(Duration::from_millis(3)), 2_000);
    stage.send();
    let mut worker = stage.program.start_that_may_run_full(&["worker"]);
    for part in [300, 900] {
        stage.sink.wait_for(part, SOON).await;
        worker.limit_files(Some(0));
        let full = stage.sink.accepted_count();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let stopped = stage.sink.accepted_count();
        assert!(stopped <= full + 2 * WINDOW, "{} left after the disk was full", stopped - full);
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(stage.sink.accepted_count(), stopped, "it has stopped");
        assert!(worker.is_running(), "it waits for room");
        let status = stage.status();
        assert_eq!(status["state"], "sending", "{status}");
        assert!(status["sent"].as_u64().unwrap() <= stopped as u64, "{status}");
        assert_eq!((&status["failed"], &status["unknown"]), (&0.into(), &0.into()), "{status}");
        worker.limit_files(None);
    }
    stage.until_sent(SOON).await;
    worker.signal("TERM");
    assert_eq!(worker.wait(), Some(0));
    stage.everybody_once();
}
