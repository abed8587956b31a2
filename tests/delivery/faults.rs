//! Mail servers that refuse, stall, drop and greylist.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use pledgepost::error::Error;
use pledgepost::outbox::{DeliveryState, servers};

use crate::on_both;
use crate::support::engine::TestEngine;
use crate::support::smtp_sink::{Act, Phase, Script, SmtpSink, Which};
use crate::support::{Backend, TestDb};

fn setup(backend: Backend, script: Script, readers: usize) -> (SmtpSink, TestEngine) {
    let (sink, engine) = (SmtpSink::start(script), TestEngine::new(Arc::new(TestDb::new(backend)), false));
    engine.add_rows("reader", readers);
    (sink, engine)
}

fn all_once(sink: &SmtpSink, count: usize) {
    let got = sink.accepted_recipients();
    assert_eq!(got.iter().collect::<HashSet<_>>().len(), count, "everybody");
    assert_eq!(got.len(), count, "once");
}

/// Why the server is paused, in the words that staff see.
fn fault(engine: &TestEngine) -> Option<String> {
    let rows = engine.db.read_here(|db| -> Result<_, Error> { Ok(servers::failing(db)?) }).unwrap();
    rows.into_iter().next().and_then(|row| row.reason)
}

const SECOND: Option<chrono::Duration> = Some(chrono::Duration::seconds(5));

on_both! {
    async fn greylisting_is_outwaited(backend) {
        let (sink, mut engine) = setup(backend, Script::accept_all().rcpt(Which::FirstAttempts(1), "451 4.7.1 Greylisted, try again"), 60);
        engine.start(&sink).await;
        engine.until("all are deferred", None, |e| e.count(DeliveryState::Deferred) == 60).await;
        let row = &engine.rows(DeliveryState::Deferred)[0];
        assert_eq!((row.attempts, row.code), (1, Some(451)));
        assert!(row.next_at.unwrap() > engine.clock.now());
        engine.until_finished(SECOND).await;
        all_once(&sink, 60);
        engine.stop().await;
    }

    async fn temporary_refusals_lose_nobody(backend) {
        let (sink, mut engine) = setup(backend, Script::accept_all().rcpt(Which::Every(20), "451 4.3.0 Try later"), 400);
        engine.start(&sink).await;
        engine.until_finished(SECOND).await;
        all_once(&sink, 400);
        engine.stop().await;
    }

    async fn unknown_mailboxes_fail_with_the_reply_and_nobody_else(backend) {
        let script = Script::accept_all().rcpt(Which::Containing("9@".into()), "550 5.1.1 No such user here");
        let (sink, mut engine) = setup(backend, script, 200);
        engine.start(&sink).await;
        engine.until_finished(None).await;
        let failed = engine.rows(DeliveryState::Failed);
        assert_eq!(failed.len(), 20);
        assert!(failed.iter().all(|row| row.code == Some(550) && row.reply.as_deref().unwrap().contains("No such user")));
        all_once(&sink, 180);
        engine.stop().await;
    }

    async fn a_wrong_password_bounces_nobody_and_says_so(backend) {
        let script = Script::accept_all().offer_auth().at(Phase::Auth, Act::reply("535 5.7.8 Authentication failed"));
        let (sink, mut engine) = setup(backend, script, 50);
        engine.start_to(&format!("smtp://user:wrong@{}?tls=opportunistic", sink.addr())).await;
        engine.until("staff are told", None, |e| fault(e).is_some()).await;
        engine.until("all went back", None, |e| e.count(DeliveryState::Queued) == 50).await;
        let reason = fault(&engine).unwrap();
        assert!(reason.contains("535") && reason.contains("password"), "{reason}");
        assert!(engine.rows(DeliveryState::Queued).iter().all(|row| row.attempts == 0), "no attempt is charged to a reader");
        assert!(sink.connections() <= 10, "the server is not run down: {} connections", sink.connections());
        sink.set(Script::accept_all().offer_auth());
        engine.until_finished(SECOND).await;
        all_once(&sink, 50);
        assert_eq!(fault(&engine), None, "what is over is not shown");
        engine.stop().await;
    }

    async fn a_busy_greeting_and_a_refused_sender_belong_to_the_server(backend) {
        for (phase, reply) in [(Phase::Greeting, "421 4.3.2 Busy"), (Phase::Mail, "554 5.7.1 Sender refused")] {
            let (sink, mut engine) = setup(backend, Script::accept_all().at(phase, Act::reply(reply)), 30);
            engine.start(&sink).await;
            engine.until("staff are told", None, |e| fault(e).is_some()).await;
            engine.until("all went back", None, |e| e.count(DeliveryState::Queued) == 30).await;
            assert!(fault(&engine).unwrap().contains(&reply[..3]));
            sink.set(Script::accept_all());
            engine.until_finished(SECOND).await;
            all_once(&sink, 30);
            engine.stop().await;
        }
    }

    async fn refused_content_stops_the_campaign_and_fails_nobody(backend) {
        let (sink, mut engine) = setup(backend, Script::accept_all().at(Phase::Dot, Act::reply("554 5.6.0 Message content rejected")), 30);
        engine.start(&sink).await;
        engine.until("the campaign is stopped", None, |e| e.lanes.stopped.lock().unwrap().is_some()).await;
        engine.until("all went back", None, |e| e.leased() == 0).await;
        // Two may be a filter's whim about two readers; the third in a row is not.
        assert!(engine.count(DeliveryState::Queued) >= 28 && engine.count(DeliveryState::Failed) == 0, "{:?}", engine.states());
        let reason = engine.lanes.stopped.lock().unwrap().clone().unwrap();
        assert!(reason.contains("content rejected"), "{reason}");
        assert_eq!(sink.accepted_count(), 0);
        engine.stop().await;
    }

    async fn a_raised_failure_rate_stops_the_campaign(backend) {
        let (sink, mut engine) = setup(backend, Script::accept_all().rcpt(Which::Every(2), "550 5.1.1 No such user"), 1000);
        engine.start(&sink).await;
        engine.until("the campaign is stopped", None, |e| e.lanes.stopped.lock().unwrap().is_some()).await;
        engine.until("nothing is leased", None, |e| e.leased() == 0).await;
        assert!(engine.count(DeliveryState::Failed) < 300, "{:?}", engine.states());
        engine.stop().await;
    }

    async fn a_line_cut_in_mid_mail_is_tried_again(backend) {
        let script = Script::accept_all().at_times(Phase::Body, Act::Drop, 10, 5);
        let (sink, mut engine) = setup(backend, script, 60);
        engine.start(&sink).await;
        engine.until_finished(SECOND).await;
        all_once(&sink, 60);
        engine.stop().await;
    }

    async fn a_server_that_closes_after_ten_mails_is_no_fault(backend) {
        let (sink, mut engine) = setup(backend, Script::accept_all().close_after(10), 200);
        engine.start(&sink).await;
        engine.until_finished(None).await;
        all_once(&sink, 200);
        assert_eq!(fault(&engine), None);
        assert!(engine.rows(DeliveryState::Sent).iter().all(|row| row.attempts == 1));
        engine.stop().await;
    }

    async fn a_notice_from_before_a_restart_goes_when_the_server_works(backend) {
        let (sink, mut engine) = setup(backend, Script::accept_all().at(Phase::Mail, Act::reply("554 5.7.1 Sender refused")), 5);
        engine.start(&sink).await;
        engine.until("staff are told", None, |e| fault(e).is_some()).await;
        engine.stop().await;
        sink.set(Script::accept_all());
        engine.clock.advance(chrono::Duration::minutes(10));
        engine.start(&sink).await;
        engine.until_finished(SECOND).await;
        all_once(&sink, 5);
        assert_eq!(fault(&engine), None);
        engine.stop().await;
    }

    async fn an_outage_loses_nobody(backend) {
        let (sink, mut engine) = setup(backend, Script::accept_all(), 500);
        engine.start(&sink).await;
        engine.until("some are sent", None, |_| sink.accepted_count() > 100).await;
        sink.set(Script::accept_all().at(Phase::Greeting, Act::Drop).at(Phase::Rcpt, Act::Drop));
        engine.until("staff are told", None, |e| fault(e).is_some()).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        sink.set(Script::accept_all());
        engine.until_finished(SECOND).await;
        // Where the line broke between a mail and its answer there is doubt: at most one for each connection.
        let got = sink.accepted_recipients();
        assert_eq!(got.iter().collect::<HashSet<_>>().len(), 500);
        assert!(got.len() <= 504, "{:?}", sink.duplicates());
        assert!(sink.duplicates().values().all(|ids| ids.iter().all(|id| *id == ids[0])));
        engine.stop().await;
    }
}
