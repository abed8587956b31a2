//! Claims, outcomes, doubt: the engine against a mail server that behaves.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use pledgepost::outbox::{DeliveryState, NewDelivery, enqueue};
use pledgepost::values::{EmailAddress, Language};

use crate::on_both;
use crate::support::TestDb;
use crate::support::engine::TestEngine;
use crate::support::smtp_sink::{Act, Phase, Script, SmtpSink};

fn each_once(sink: &SmtpSink, count: usize) {
    let got = sink.accepted_recipients();
    assert_eq!(got.len(), count);
    assert_eq!(got.iter().collect::<HashSet<_>>().len(), count, "nobody twice");
}

on_both! {
    async fn a_campaign_reaches_everybody_once(backend) {
        let (sink, mut engine) = (SmtpSink::start(Script::accept_all()), TestEngine::new(Arc::new(TestDb::new(backend)), false));
        engine.add_rows("reader", 1000);
        engine.add_rows("left", 10);
        engine.start(&sink).await;
        engine.until_finished(None).await;
        each_once(&sink, 1000);
        assert_eq!((engine.count(DeliveryState::Sent), engine.count(DeliveryState::Skipped)), (1000, 10));
        assert!(sink.most_open() <= 4, "no more connections than set");
        let row = &engine.rows(DeliveryState::Sent)[0];
        assert_eq!((row.attempts, row.code), (1, Some(250)));
        assert!(row.reply.as_deref().unwrap().contains("2.0.0") , "the reply is the proof: {:?}", row.reply);
        engine.stop().await;
    }

    async fn no_more_than_the_doubt_window_is_ever_leased(backend) {
        let script = Script::accept_all().delay(Duration::from_millis(2));
        let (sink, mut engine) = (SmtpSink::start(script), TestEngine::new(Arc::new(TestDb::new(backend)), false));
        engine.window = 20;
        engine.add_rows("reader", 300);
        engine.start(&sink).await;
        let most = std::sync::atomic::AtomicI64::new(0);
        engine.until("all sent", None, |e| { most.fetch_max(e.leased(), std::sync::atomic::Ordering::SeqCst); sink.accepted_count() == 300 }).await;
        let most = most.into_inner();
        assert!(most > 0 && most <= 20, "{most} leased at once");
        engine.stop().await;
    }

    async fn sigterm_loses_and_doubles_nothing(backend) {
        let script = Script::accept_all().delay(Duration::from_millis(1));
        let (sink, mut engine) = (SmtpSink::start(script), TestEngine::new(Arc::new(TestDb::new(backend)), false));
        engine.add_rows("reader", 1500);
        for _ in 0..5 {
            engine.start(&sink).await;
            let so_far = sink.accepted_count();
            engine.until("some more are sent", None, |_| sink.accepted_count() >= so_far + 150).await;
            assert!(engine.stop().await < Duration::from_secs(8));
            assert_eq!(engine.leased(), 0, "everything is recorded or given back");
            assert_eq!(engine.count(DeliveryState::Sent), i64::try_from(sink.accepted_count()).unwrap(), "the tables tell the truth");
        }
        engine.start(&sink).await;
        engine.until_finished(None).await;
        each_once(&sink, 1500);
        engine.stop().await;
    }

    async fn a_server_that_falls_silent_leaves_doubt_and_nothing_else(backend) {
        // 40 mails pass, then no final dot is answered any more.
        let script = Script::accept_all().at_times(Phase::Dot, Act::Stall, 40, usize::MAX);
        let (sink, mut engine) = (SmtpSink::start(script), TestEngine::new(Arc::new(TestDb::new(backend)), true));
        engine.add_rows("reader", 100);
        engine.timeouts = pledgepost::mail::Timeouts::all(Duration::from_secs(60));
        engine.start(&sink).await;
        engine.until("the server is silent", None, |_| sink.reached(Phase::Dot) >= 43).await;
        let took = engine.stop().await;
        assert!(took < Duration::from_secs(10), "{took:?}");
        assert_eq!(engine.count(DeliveryState::Sent), 40);
        // One of the four is for system mails.
        assert_eq!(engine.count(DeliveryState::Unknown), 3, "one per connection is in doubt: {:?}", engine.states());
        assert_eq!(engine.count(DeliveryState::Queued), 57);
        // With the policy `hold` nobody is mailed twice, whatever happens next.
        sink.set(Script::accept_all());
        engine.start(&sink).await;
        engine.until_finished(None).await;
        assert_eq!(engine.count(DeliveryState::Unknown), 3);
        assert!(sink.duplicates().is_empty());
        engine.stop().await;
    }

    async fn a_system_mail_overtakes_a_campaign(backend) {
        let script = Script::accept_all().delay(Duration::from_millis(5));
        let (sink, mut engine) = (SmtpSink::start(script), TestEngine::new(Arc::new(TestDb::new(backend)), false));
        engine.add_rows("reader", 600);
        engine.start(&sink).await;
        engine.until("it runs", None, |_| sink.accepted_count() > 30).await;
        let confirm = NewDelivery::system("confirm", EmailAddress::parse("new@example.org").unwrap(), Language::english(), &serde_json::json!({})).unwrap();
        let now = engine.clock.now();
        let before = sink.accepted_count();
        engine.db.write_here(|db| -> Result<_, pledgepost::error::Error> { Ok(enqueue(db, &confirm, now)?) }).unwrap();
        engine.until("it arrived", None, |_| sink.accepted_recipients().contains(&"new@example.org".to_owned())).await;
        let log = sink.accepted_recipients();
        let place = log.iter().position(|rcpt| rcpt == "new@example.org").unwrap();
        assert!(place < before + 120, "it stood at {place}, {before} had gone before");
        engine.until_finished(None).await;
        engine.stop().await;
    }

    async fn a_system_mail_in_doubt_for_good_keeps_no_link(backend) {
        let script = Script::accept_all().at(Phase::Dot, Act::Drop);
        let (sink, mut engine) = (SmtpSink::start(script), TestEngine::new(Arc::new(TestDb::new(backend)), false));
        let data = serde_json::json!({ "confirm_url": "https://example.org/confirm/secret" });
        let mail = NewDelivery::system("confirm", EmailAddress::parse("new@example.org").unwrap(), Language::english(), &data).unwrap();
        let long_ago = engine.clock.now() - chrono::Duration::hours(73);
        let id = engine.db.write_here(|db| -> Result<_, pledgepost::error::Error> { Ok(enqueue(db, &mail, long_ago)?) }).unwrap();
        let row = |e: &TestEngine| {
            e.db.read_here(|db| -> Result<_, pledgepost::error::Error> { Ok(pledgepost::outbox::store::find(db, id)?) }).unwrap().unwrap()
        };
        engine.start(&sink).await;
        engine.until("it is given up", Some(chrono::Duration::minutes(10)), |e| row(e).state == DeliveryState::Unknown).await;
        assert_eq!(row(&engine).payload, None);
        engine.stop().await;
    }

    async fn pause_takes_effect_at_once_and_resume_goes_on(backend) {
        let script = Script::accept_all().delay(Duration::from_millis(5));
        let (sink, mut engine) = (SmtpSink::start(script), TestEngine::new(Arc::new(TestDb::new(backend)), false));
        engine.add_rows("reader", 400);
        engine.start(&sink).await;
        engine.until("it runs", None, |_| sink.accepted_count() > 30).await;
        *engine.lanes.closed.lock().unwrap() = true;
        engine.until("nothing is leased", None, |e| e.leased() == 0).await;
        let paused_at = sink.accepted_count();
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(sink.accepted_count(), paused_at);
        *engine.lanes.closed.lock().unwrap() = false;
        engine.until_finished(None).await;
        each_once(&sink, 400);
        engine.stop().await;
    }

    async fn a_crash_loses_nobody_and_doubles_at_most_the_window(backend) {
        let test = Arc::new(TestDb::new(backend));
        let script = Script::accept_all().delay(Duration::from_millis(1));
        let (sink, mut engine) = (SmtpSink::start(script), TestEngine::new(test, false));
        engine.window = 20;
        engine.add_rows("reader", 600);
        for _ in 0..4 {
            engine.start(&sink).await;
            let so_far = sink.accepted_count();
            engine.until("some more are sent", None, |_| sink.accepted_count() >= so_far + 60).await;
            engine.kill().await;
            bury_everybody(&engine);
        }
        engine.start(&sink).await;
        // A claim that was under way when its engine was killed may be committed afterwards: a recurring task finds it.
        let minute = Some(chrono::Duration::seconds(1));
        engine.until("all are sent", minute, |e| { e.adopt_orphans(); *e.lanes.finished.lock().unwrap() }).await;
        let got: HashSet<String> = sink.accepted_recipients().into_iter().collect();
        assert_eq!(got.len(), 600, "nobody is missing");
        let twice = sink.duplicates();
        assert!(twice.len() <= 4 * 20, "{} doubled", twice.len());
        for (rcpt, ids) in twice {
            assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 1, "{rcpt} got the same Message-ID again");
        }
        engine.stop().await;
    }
}

/// What other nodes do 30 seconds after a crash, or the next process on SQLite at once.
fn bury_everybody(engine: &TestEngine) {
    use diesel::prelude::*;
    use pledgepost::db::schema::nodes;
    let now = engine.clock.now();
    engine
        .db
        .write_here(|db| -> Result<_, pledgepost::error::Error> {
            for id in nodes::table.select(nodes::id).load::<i64>(db)? {
                pledgepost::outbox::release(db, pledgepost::values::NodeId(id), &[], now)?;
            }
            diesel::delete(nodes::table).execute(db)?;
            Ok(())
        })
        .unwrap();
}
