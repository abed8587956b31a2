//! How fast mail leaves, and through which of several mail servers, as the servers saw it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pledgepost::audit::Actor;
use pledgepost::error::Error;
use pledgepost::mail::MailServer;
use pledgepost::outbox::limits::domains::{self, DomainForm};
use pledgepost::outbox::limits::{ServerReport, ServerState, Warmup, servers};
use pledgepost::outbox::{DeliveryState, NewDelivery, Server, enqueue};
use pledgepost::values::{EmailAddress, Language};

use super::limits::today;
use crate::on_both;
use crate::support::engine::{CAMPAIGN, TestEngine};
use crate::support::smtp_sink::{Act, Phase, Script, SmtpSink};
use crate::support::{Backend, TestDb};

fn server(sink: &SmtpSink, name: &str) -> Server {
    Server { name: name.into(), ..Server::plain(MailServer::parse(&sink.url()).unwrap(), 4) }
}

fn limit(engine: &TestEngine, domain: &str, per_minute: i64) {
    let form = DomainForm { domain: domain.into(), per_minute: per_minute.to_string() };
    let now = engine.clock.now();
    engine.db.write_here(|db| domains::set(db, &form, &Actor::command_line(), now)).unwrap();
}

fn report(engine: &TestEngine, server: &Server) -> ServerReport {
    let all = [Arc::new(server.clone())];
    let now = engine.clock.now();
    engine.db.read_here(|db| -> Result<_, Error> { Ok(servers(db, &all, now)?) }).unwrap().remove(0)
}

/// `PLEDGEPOST_SEND_RATE` is one for all nodes, which only PostgreSQL has several of.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_keep_the_rate_of_the_settings_together() {
    const RATE: usize = 50;
    let test = Arc::new(TestDb::new(Backend::Postgres));
    let sinks = [SmtpSink::start(Script::accept_all()), SmtpSink::start(Script::accept_all())];
    let mut engines = [TestEngine::new(test.clone(), false), TestEngine::new(test, false)];
    engines[0].add_rows("reader", 1000);
    let begin = Instant::now();
    for (engine, sink) in engines.iter_mut().zip(&sinks) {
        engine.rate = u32::try_from(RATE).unwrap();
        engine.start(sink).await;
    }
    while begin.elapsed() < Duration::from_secs(5) {
        let sent: usize = sinks.iter().map(SmtpSink::accepted_count).sum();
        let allowed = (RATE as f64 * (begin.elapsed().as_secs_f64() + 1.0)).ceil() as usize;
        assert!(sent <= allowed, "{sent} mails in {:?}", begin.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let each: Vec<usize> = sinks.iter().map(SmtpSink::accepted_count).collect();
    assert!(each.iter().sum::<usize>() > RATE * 5 / 2, "what is allowed is used: {each:?}");
    assert!(each.iter().all(|sent| *sent > 10), "both send: {each:?}");
    for engine in &mut engines {
        engine.stop().await;
    }
}

on_both! {
    async fn a_limited_domain_does_not_slow_the_others(backend) {
        let (sink, mut engine) =
            (SmtpSink::start(Script::accept_all()), TestEngine::new(Arc::new(TestDb::new(backend)), false));
        limit(&engine, "limited.example", 120);
        engine.add_rows_of(CAMPAIGN, (0..60).map(|n| format!("slowly{n}@limited.example")));
        engine.add_rows("reader", 600);
        let at = |domain: &str| sink.accepted_recipients().iter().filter(|rcpt| rcpt.ends_with(domain)).count();
        let begin = Instant::now();
        engine.start(&sink).await;
        engine.until("the others have theirs", None, |_| at("@example.org") == 600).await;
        engine.until("some of the limited ones too", None, |_| at("@limited.example") > 3).await;
        let (limited, time) = (at("@limited.example"), begin.elapsed());
        let allowed = (2.0 * (time.as_secs_f64() + 1.0)).ceil() as usize;
        assert!(limited <= allowed, "{limited} in {time:?}");
        // Staff allow more: it takes effect within a second.
        limit(&engine, "limited.example", 60_000);
        let raised = Instant::now();
        engine.until_finished(None).await;
        assert!(raised.elapsed() < Duration::from_secs(10), "at two a second it would take half a minute");
        assert!(sink.duplicates().is_empty() && sink.accepted_count() == 660);
        engine.stop().await;
    }

    async fn a_backup_is_used_while_the_others_are_paused_and_no_longer(backend) {
        let main = SmtpSink::start(Script::accept_all().at(Phase::Mail, Act::reply("421 4.3.2 closing down")));
        let spare = SmtpSink::start(Script::accept_all());
        let mut engine = TestEngine::new(Arc::new(TestDb::new(backend)), false);
        engine.add_rows("first", 60);
        engine.start_with(vec![server(&main, "main"), Server { backup: true, ..server(&spare, "spare") }]).await;
        engine.until_finished(None).await;
        assert_eq!((main.accepted_count(), spare.accepted_count(), engine.count(DeliveryState::Sent)), (0, 60, 60));
        let told = report(&engine, &server(&main, "main"));
        assert!(matches!(told.state, ServerState::Paused { ref reason, .. } if reason.contains("421 4.3.2")), "{told:?}");
        // It is put right, and its pause ends.
        main.set(Script::accept_all());
        engine.clock.advance(chrono::Duration::minutes(6));
        assert!(matches!(report(&engine, &server(&main, "main")).state, ServerState::Failed { .. }), "nothing proves it yet");
        tokio::time::sleep(Duration::from_millis(1200)).await;
        engine.add_rows("second", 60);
        *engine.lanes.finished.lock().unwrap() = false;
        engine.until_finished(None).await;
        assert_eq!((main.accepted_count(), spare.accepted_count()), (60, 60), "the usual one has its work back");
        let works = |engine: &TestEngine| report(engine, &server(&main, "main")).state == ServerState::Works;
        engine.until("it is known to work", None, works).await;
        assert!(main.duplicates().is_empty() && spare.duplicates().is_empty());
        engine.stop().await;
    }

    async fn a_warm_up_ends_the_day_for_campaigns_and_for_nothing_else(backend) {
        let (sink, mut engine) =
            (SmtpSink::start(Script::accept_all()), TestEngine::new(Arc::new(TestDb::new(backend)), false));
        let fresh = Server { warmup: Some(Warmup { first_day: today(&engine.db) }), ..server(&sink, "fresh") };
        engine.add_rows("reader", 260);
        engine.start_with(vec![fresh.clone()]).await;
        engine.until("the day's allowance is used", None, |_| sink.accepted_count() >= 200).await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!((sink.accepted_count(), engine.leased()), (200, 0));
        assert!(matches!(report(&engine, &fresh).state, ServerState::Waits { .. }));
        let to = EmailAddress::parse("new@example.org").unwrap();
        let mail = NewDelivery::system("confirm", to, Language::english(), &serde_json::json!({})).unwrap();
        let now = engine.clock.now();
        engine.db.write_here(|db| -> Result<_, Error> { Ok(enqueue(db, &mail, now)?) }).unwrap();
        engine.until("the confirmation left", None, |_| sink.accepted_count() == 201).await;
        assert_eq!(report(&engine, &fresh).warmup.unwrap().used, 200, "which is not counted");
        engine.stop().await;
    }

    async fn a_warm_up_counts_what_was_sent_and_nothing_that_was_only_asked_for(backend) {
        let (sink, mut engine) =
            (SmtpSink::start(Script::accept_all()), TestEngine::new(Arc::new(TestDb::new(backend)), false));
        let fresh = Server { warmup: Some(Warmup { first_day: today(&engine.db) }), ..server(&sink, "fresh") };
        engine.add_rows("reader", 31);
        engine.start_with(vec![fresh.clone()]).await;
        engine.until_finished(None).await;
        engine.until("the rest was given back", None, |engine| report(engine, &fresh).warmup.unwrap().used == 31).await;
        assert_eq!(sink.accepted_count(), 31);
        engine.stop().await;
    }

    async fn a_server_with_a_limit_leaves_the_rest_to_the_other(backend) {
        let sinks = [SmtpSink::start(Script::accept_all()), SmtpSink::start(Script::accept_all())];
        let mut engine = TestEngine::new(Arc::new(TestDb::new(backend)), false);
        engine.add_rows("reader", 400);
        let begin = Instant::now();
        let slow = Server { per_minute: Some(300), ..server(&sinks[0], "slow") };
        engine.start_with(vec![slow, server(&sinks[1], "fast")]).await;
        engine.until_finished(None).await;
        let (slow, fast) = (sinks[0].accepted_count(), sinks[1].accepted_count());
        let allowed = (5.0 * (begin.elapsed().as_secs_f64() + 1.0)).ceil() as usize;
        assert!(slow + fast == 400 && slow > 0 && slow <= allowed, "{slow} and {fast} in {:?}", begin.elapsed());
        engine.stop().await;
    }
}
