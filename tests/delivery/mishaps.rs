//! What once went wrong, or might: one reader's mail that is refused, answers that never come, rows lost on their way.

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use pledgepost::db::schema::deliveries;
use pledgepost::error::Error;
use pledgepost::lease;
use pledgepost::mail::Timeouts;
use pledgepost::outbox::{DeliveryState, servers};

use crate::on_both;
use crate::support::engine::TestEngine;
use crate::support::smtp_sink::{Act, Phase, Script, SmtpSink};
use crate::support::{Backend, TestDb};

const MINUTE: Option<chrono::Duration> = Some(chrono::Duration::seconds(60));

fn setup(backend: Backend, script: Script, readers: usize) -> (SmtpSink, TestEngine) {
    let (sink, engine) = (SmtpSink::start(script), TestEngine::new(Arc::new(TestDb::new(backend)), false));
    engine.add_rows("reader", readers);
    (sink, engine)
}

fn failing(engine: &TestEngine) -> Vec<String> {
    let rows = engine.db.read_here(|db| -> Result<_, Error> { Ok(servers::failing(db)?) }).unwrap();
    rows.into_iter().filter_map(|server| server.reason).collect()
}

fn stopped(engine: &TestEngine) -> Option<String> {
    engine.lanes.stopped.lock().unwrap().clone()
}

on_both! {
    async fn a_filter_that_dislikes_one_readers_mail_holds_up_nobody(backend) {
        for reply in ["554 5.6.0 Message content rejected", "550 5.7.1 This message looks like spam"] {
            let script = Script::accept_all().at_times(Phase::Dot, Act::reply(reply), 20, 1);
            let (sink, mut engine) = setup(backend, script, 60);
            engine.start(&sink).await;
            engine.until("the others are sent", None, |e| e.count(DeliveryState::Sent) == 59).await;
            let waits = engine.rows(DeliveryState::Deferred);
            assert_eq!(waits.iter().map(|row| (row.attempts, row.code)).collect::<Vec<_>>(), [(1, reply[..3].parse().ok())]);
            engine.until_finished(MINUTE).await;
            assert_eq!((engine.count(DeliveryState::Sent), sink.accepted_count()), (60, 60));
            assert_eq!((stopped(&engine), failing(&engine)), (None, vec![]));
            engine.stop().await;
        }
    }

    async fn a_policy_that_refuses_all_content_pauses_the_server_and_bounces_nobody(backend) {
        let script = Script::accept_all().at(Phase::Dot, Act::reply("550 5.7.1 Your address is on our blocklist"));
        let (sink, mut engine) = setup(backend, script, 60);
        engine.start(&sink).await;
        engine.until("staff are told", None, |e| !failing(e).is_empty()).await;
        engine.until("all went back", None, |e| e.leased() == 0).await;
        assert!(failing(&engine)[0].contains("blocklist"), "{:?}", failing(&engine));
        let waits = engine.rows(DeliveryState::Deferred).len();
        assert!(waits <= 2, "{waits} were taken for a reader's own fault");
        assert_eq!((engine.count(DeliveryState::Failed), stopped(&engine)), (0, None));
        sink.set(Script::accept_all());
        engine.until_finished(MINUTE).await;
        assert_eq!((engine.count(DeliveryState::Sent), sink.duplicates().len()), (60, 0));
        assert_eq!(failing(&engine), Vec::<String>::new());
        engine.stop().await;
    }

    /// It takes every mail and cuts the line before it says so: without a brake everybody would get it many times.
    async fn a_server_that_never_answers_a_mail_does_not_get_the_whole_audience(backend) {
        let (sink, mut engine) = setup(backend, Script::accept_all().at(Phase::Dot, Act::Drop), 600);
        engine.start(&sink).await;
        engine.until("the campaign is stopped", None, |e| stopped(e).is_some()).await;
        engine.until("nothing is leased", None, |e| e.leased() == 0).await;
        let left = sink.reached(Phase::Dot);
        assert!(left < 200, "{left} mails left");
        assert!(stopped(&engine).unwrap().contains("got no answer"));
        assert_eq!(engine.count(DeliveryState::Failed), 0);
        engine.stop().await;
    }

    async fn a_server_that_takes_fewer_connections_is_not_paused(backend) {
        let script = Script::accept_all().delay(Duration::from_millis(10)).at_most(2);
        let (sink, mut engine) = setup(backend, script, 400);
        engine.connections = 6;
        engine.start(&sink).await;
        engine.until("it runs", None, |_| sink.accepted_count() > 50).await;
        engine.until_finished(None).await;
        assert_eq!((engine.count(DeliveryState::Sent), sink.accepted_count()), (400, 400));
        assert!(engine.rows(DeliveryState::Sent).iter().all(|row| row.attempts == 1));
        engine.stop().await;
    }

    /// A claim was committed and its answer lost: the node lives on, so nobody else would give the rows back.
    async fn rows_that_were_lost_on_their_way_to_us_are_found(backend) {
        let (sink, mut engine) = setup(backend, Script::accept_all(), 20);
        engine.start(&sink).await;
        engine.until_finished(None).await;
        *engine.lanes.finished.lock().unwrap() = false;
        engine.add_rows("lost", 3);
        engine.db.write_here(|db| -> Result<_, Error> {
            let node = lease::nodes(db)?.first().unwrap().0;
            let lost = deliveries::table.filter(deliveries::address.like("lost%"));
            Ok(diesel::update(lost)
                .set((deliveries::state.eq(DeliveryState::Sending), deliveries::lease.eq(Some(node.0))))
                .execute(db)?)
        }).unwrap();
        engine.until_finished(None).await;
        assert_eq!((engine.count(DeliveryState::Sent), sink.accepted_count()), (23, 23));
        assert!(engine.rows(DeliveryState::Sent).iter().all(|row| row.attempts == 1), "they never left");
        engine.stop().await;
    }

    /// Three system mails at once take the place of a campaign's last one; it must not be forgotten in the queue.
    async fn system_mails_near_the_end_leave_nobody_behind(backend) {
        for _ in 0..3 {
            let script = Script::accept_all().delay(Duration::from_millis(5));
            let (sink, mut engine) = setup(backend, script, 40);
            engine.timeouts = Timeouts::all(Duration::from_secs(20));
            engine.start(&sink).await;
            for n in 0..10 {
                engine.add_system_mail(&format!("system{n}@example.org"));
                engine.bell.notify_one();
                tokio::time::sleep(Duration::from_millis(4)).await;
            }
            engine.until_finished(None).await;
            engine.until("the system mails too", None, |_| sink.accepted_count() == 50).await;
            engine.stop().await;
        }
    }
}
