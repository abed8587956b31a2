//! SIGTERM in the middle of a campaign.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::on_both;
use crate::support::campaign_stage::CampaignStage;
use crate::support::program::Running;
use crate::support::smtp_sink::{Act, Phase, Script};

const LIMIT: Duration = Duration::from_secs(10);
const SOON: Duration = Duration::from_secs(60);

fn ends_in_time(mut worker: Running) {
    let begin = Instant::now();
    worker.signal("TERM");
    assert_eq!(worker.wait(), Some(0));
    assert!(begin.elapsed() < LIMIT, "it took {:?}", begin.elapsed());
}

on_both! {
    async fn asked_to_end_it_finishes_and_leaves_no_doubt(backend) {
        let stage = CampaignStage::new(backend, Script::accept_all().delay(Duration::from_millis(2)), 2_000);
        stage.hold();
        stage.send();
        for part in 1..=4 {
            let worker = stage.worker();
            stage.sink.wait_for(part * 300, SOON).await;
            ends_in_time(worker);
            assert_eq!(stage.leased(), BTreeSet::new(), "everything is recorded or given back");
            assert_eq!(stage.status()["sent"], stage.sink.accepted_count(), "the tables tell the truth");
        }
        assert!(stage.sink.accepted_count() < stage.readers, "it was in the middle");
        let worker = stage.worker();
        stage.until_sent(SOON).await;
        ends_in_time(worker);
        stage.everybody_once();
    }

    async fn what_had_no_answer_is_in_doubt_and_nothing_else(backend) {
        let script = Script::accept_all().at_times(Phase::Dot, Act::Stall, 200, usize::MAX);
        let stage = CampaignStage::new(backend, script, 600);
        stage.hold();
        stage.send();
        let worker = stage.worker();
        stage.sink.wait_until(SOON, "every connection is stuck", |sink| sink.reached(Phase::Dot) >= 209).await;
        ends_in_time(worker);
        let log = stage.sink.log();
        let of = |answered| -> BTreeSet<String> {
            log.iter().filter(|mail| mail.accepted && mail.answered == answered).map(|mail| mail.rcpt.clone()).collect()
        };
        assert_eq!(stage.in_state("unknown"), of(false));
        assert_eq!(stage.in_state("sent"), of(true));
        assert_eq!(stage.in_state("queued").len(), 600 - 209, "{}", stage.status());
        stage.sink.set(Script::accept_all());
        let worker = stage.worker();
        stage.until_sent(SOON).await;
        ends_in_time(worker);
        assert_eq!((stage.taken().len(), stage.repeated()), (600, 0));
        assert_eq!(stage.in_state("unknown"), of(false), "still for staff to decide");
    }

    async fn a_silent_server_that_has_no_mail_yet_leaves_no_doubt(backend) {
        let stage = CampaignStage::new(backend, Script::accept_all().at_times(Phase::Rcpt, Act::Stall, 100, usize::MAX), 300);
        stage.hold();
        stage.send();
        let worker = stage.worker();
        stage.sink.wait_until(SOON, "connections are stuck", |sink| sink.reached(Phase::Rcpt) >= 105).await;
        ends_in_time(worker);
        assert_eq!(stage.in_state("unknown"), BTreeSet::new(), "no content had left: {}", stage.status());
        assert_eq!(stage.status()["sent"], stage.sink.accepted_count());
        stage.sink.set(Script::accept_all());
        let worker = stage.worker();
        stage.until_sent(SOON).await;
        ends_in_time(worker);
        stage.everybody_once();
    }
}
