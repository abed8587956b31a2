//! What a mail server may do to single mails. Waits pass on a clock of the test's own, so this drives the engine itself.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pledgepost::mail::Timeouts;
use pledgepost::outbox::DeliveryState;

use crate::on_both;
use crate::support::engine::TestEngine;
use crate::support::smtp_sink::{Act, Phase, Script, SmtpSink, Which};
use crate::support::{Backend, TestDb};

/// Passes with each look, so that every wait is over soon.
const STEP: Option<chrono::Duration> = Some(chrono::Duration::seconds(30));

fn setup(backend: Backend, script: Script, readers: usize) -> (SmtpSink, TestEngine) {
    let (sink, engine) = (SmtpSink::start(script), TestEngine::new(Arc::new(TestDb::new(backend)), false));
    engine.add_rows("reader", readers);
    (sink, engine)
}

fn each_once(sink: &SmtpSink, count: usize) {
    let got = sink.accepted_recipients();
    assert_eq!(got.iter().collect::<HashSet<_>>().len(), count, "everybody");
    assert_eq!(got.len(), count, "once: {:?}", sink.duplicates());
}

fn with_one_id(sink: &SmtpSink) {
    for (rcpt, ids) in sink.duplicates() {
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 1, "{rcpt} got {ids:?}");
    }
}

/// 2 % by their address, whatever the order in which they are asked for.
fn is_gone(address: &str) -> bool {
    address.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 50 == 0
}

/// A campaign to such a server ends with everybody mailed once.
async fn delivers_in_the_end(backend: Backend, script: Script, readers: usize) -> SmtpSink {
    let (sink, mut engine) = setup(backend, script, readers);
    engine.timeouts = Timeouts::all(Duration::from_secs(1));
    engine.start(&sink).await;
    engine.until_finished(STEP).await;
    each_once(&sink, readers);
    assert_eq!(engine.count(DeliveryState::Sent), readers as i64, "the tables tell the truth: {:?}", engine.states());
    engine.stop().await;
    sink
}

on_both! {
    async fn five_percent_come_later_and_come(backend) {
        delivers_in_the_end(backend, Script::accept_all().rcpt(Which::Every(20), "451 4.3.0 Try later"), 1_000).await;
    }

    async fn nobody_is_taken_for_a_while_then_everybody(backend) {
        let ill = Arc::new(AtomicBool::new(true));
        let asked = Arc::clone(&ill);
        let script = Script::accept_all().rcpt_by(move |_| asked.load(Ordering::SeqCst).then(|| "451 4.3.0 Later".into()));
        let (sink, mut engine) = setup(backend, script, 300);
        engine.start(&sink).await;
        engine.until("each was tried twice", STEP, |_| sink.reached(Phase::Rcpt) >= 600).await;
        assert_eq!((sink.accepted_count(), engine.count(DeliveryState::Failed)), (0, 0));
        assert_eq!(*engine.lanes.stopped.lock().unwrap(), None, "to be told to come later is no reason to stop");
        ill.store(false, Ordering::SeqCst);
        engine.until_finished(STEP).await;
        each_once(&sink, 300);
        engine.stop().await;
    }

    async fn exactly_who_is_refused_fails_with_the_reply(backend) {
        let script = Script::accept_all().rcpt_by(|asked| is_gone(&asked.address).then(|| "550 5.1.1 No such user here".into()));
        let (sink, mut engine) = setup(backend, script, 1_000);
        engine.start(&sink).await;
        engine.until_finished(None).await;
        let failed = engine.rows(DeliveryState::Failed);
        let refused: BTreeSet<String> = failed.iter().map(|row| row.address.as_str().to_owned()).collect();
        let gone: BTreeSet<String> = (0..1_000).map(|n| format!("reader{n}@example.org")).filter(|to| is_gone(to)).collect();
        assert!((5..60).contains(&gone.len()), "{}", gone.len());
        assert_eq!(refused, gone);
        assert!(failed.iter().all(|row| row.code == Some(550) && row.reply.as_deref().unwrap().contains("No such user here")));
        each_once(&sink, 1_000 - gone.len());
        engine.stop().await;
    }

    async fn a_server_that_greylists_gets_everybody_later(backend) {
        delivers_in_the_end(backend, Script::accept_all().rcpt(Which::FirstAttempts(1), "450 4.7.1 Greylisted"), 200).await;
    }

    async fn a_server_that_closes_after_a_hundred_mails(backend) {
        let sink = delivers_in_the_end(backend, Script::accept_all().close_after(100), 1_000).await;
        assert!((10..30).contains(&sink.connections()), "{} connections", sink.connections());
    }

    async fn a_server_that_says_421_in_mid_stream(backend) {
        for phase in [Phase::Mail, Phase::Rcpt, Phase::Data, Phase::Dot] {
            let script = Script::accept_all().at_times(phase, Act::reply("421 4.3.2 Going down"), 30, 3);
            delivers_in_the_end(backend, script, 150).await;
        }
    }

    async fn a_server_that_drops_the_line(backend) {
        delivers_in_the_end(backend, Script::accept_all().at_times(Phase::Body, Act::Drop, 30, 4), 150).await;
        // The envelope goes with the mail before it, whose answer is lost with the line: that one is in doubt.
        for phase in [Phase::Mail, Phase::Rcpt, Phase::Data] {
            let (sink, mut engine) = setup(backend, Script::accept_all().at_times(phase, Act::Drop, 30, 4), 150);
            engine.timeouts = Timeouts::all(Duration::from_secs(1));
            engine.start(&sink).await;
            engine.until_finished(STEP).await;
            let got = sink.accepted_recipients();
            assert_eq!(got.iter().collect::<HashSet<_>>().len(), 150, "nobody is missing");
            assert!(got.len() <= 154, "{:?}", sink.duplicates());
            with_one_id(&sink);
            engine.stop().await;
        }
    }

    async fn a_server_that_stalls_before_it_has_the_mail(backend) {
        for phase in [Phase::Mail, Phase::Rcpt, Phase::Data] {
            delivers_in_the_end(backend, Script::accept_all().at_times(phase, Act::Stall, 30, 3), 100).await;
        }
    }

    async fn a_server_that_sends_garbage(backend) {
        for phase in [Phase::Mail, Phase::Rcpt, Phase::Data] {
            let script = Script::accept_all().at_times(phase, Act::reply("%PDF-1.7 \u{1}\u{2} what?"), 30, 3);
            delivers_in_the_end(backend, script, 100).await;
        }
    }

    async fn garbage_after_the_final_dot_is_no_yes(backend) {
        let script = Script::accept_all().at_times(Phase::Dot, Act::reply("xyz what?"), 30, 3);
        let (sink, mut engine) = setup(backend, script, 100);
        engine.timeouts = Timeouts::all(Duration::from_secs(1));
        engine.start(&sink).await;
        engine.until_finished(STEP).await;
        each_once(&sink, 100);
        assert!(engine.rows(DeliveryState::Sent).iter().all(|row| row.code == Some(250)), "only 250 is a yes");
        engine.stop().await;
    }

    /// It takes the mail and says so after we have given up listening: in doubt, sent again under its Message-ID.
    async fn an_answer_after_the_deadline_is_doubt(backend) {
        let late = Script::accept_all().at_times(Phase::Dot, Act::Late(Duration::from_millis(1500)), 20, 6);
        let (sink, mut engine) = setup(backend, late.clone(), 100);
        engine.timeouts = Timeouts::all(Duration::from_millis(500));
        engine.start(&sink).await;
        engine.until_finished(STEP).await;
        let got = sink.accepted_recipients();
        assert_eq!(got.iter().collect::<HashSet<_>>().len(), 100, "nobody is missing");
        assert_eq!(got.len(), 106, "again only who was in doubt: {:?}", sink.duplicates());
        with_one_id(&sink);
        engine.stop().await;
    }

    async fn an_answer_after_the_deadline_is_held_for_staff(backend) {
        let late = Script::accept_all().at_times(Phase::Dot, Act::Late(Duration::from_millis(1500)), 20, 6);
        let (sink, mut engine) = (SmtpSink::start(late), TestEngine::new(Arc::new(TestDb::new(backend)), true));
        engine.add_rows("reader", 100);
        engine.timeouts = Timeouts::all(Duration::from_millis(500));
        engine.start(&sink).await;
        engine.until_finished(STEP).await;
        each_once(&sink, 100);
        assert_eq!((engine.count(DeliveryState::Unknown), engine.count(DeliveryState::Sent)), (6, 94));
        engine.stop().await;
    }

    /// What was piped behind a mail is lost, as with servers that clear their input.
    async fn a_server_that_offers_pipelining_and_flushes_its_input(backend) {
        delivers_in_the_end(backend, Script::accept_all().flush_input(), 40).await;
    }

    async fn a_server_that_offers_what_it_refuses(backend) {
        for offer in ["SIZE 10000000", "8BITMIME"] {
            let script = Script::accept_all().lie(offer, "555 5.5.4 Parameters not recognized");
            let (sink, mut engine) = setup(backend, script, 50);
            engine.start(&sink).await;
            let told = |e: &TestEngine| {
                let rows = |db: &mut pledgepost::db::Db| -> Result<_, pledgepost::error::Error> { Ok(pledgepost::outbox::servers::failing(db)?) };
                !e.db.read_here(rows).unwrap().is_empty()
            };
            engine.until("it is sent without that, or staff are told", None, |e| told(e) || *e.lanes.finished.lock().unwrap()).await;
            assert_eq!(engine.count(DeliveryState::Failed), 0, "nobody bounces");
            sink.set(Script::accept_all());
            engine.until_finished(STEP).await;
            each_once(&sink, 50);
            engine.stop().await;
        }
    }
}
