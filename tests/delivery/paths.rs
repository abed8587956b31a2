//! Several campaigns, several mail servers, history, and what a process that died wrote down.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use pledgepost::db::schema::deliveries;
use pledgepost::error::Error;
use pledgepost::mail::MailServer;
use pledgepost::outbox::{DeliveryState, Server, attempts, servers, tally};
use pledgepost::values::{CampaignId, NodeId};

use crate::on_both;
use crate::support::TestDb;
use crate::support::engine::{CAMPAIGN, TestEngine, TestLanes};
use crate::support::smtp_sink::{Act, Phase, Script, SmtpSink};

const SMALL: CampaignId = CampaignId(2);

fn server(sink: &SmtpSink, name: &str, weight: u32, backup: bool) -> Server {
    let plain = Server::plain(MailServer::parse(&sink.url()).unwrap(), 4);
    Server { name: name.into(), weight, backup, ..plain }
}

on_both! {
    async fn a_large_campaign_does_not_hold_up_a_small_one(backend) {
        let script = Script::accept_all().delay(Duration::from_millis(2));
        let (sink, mut engine) = (SmtpSink::start(script), TestEngine::new(Arc::new(TestDb::new(backend)), false));
        engine.lanes = Arc::new(TestLanes { others: vec![SMALL], ..TestLanes::default() });
        engine.add_rows("many", 3000);
        engine.start(&sink).await;
        engine.until("it runs", None, |_| sink.accepted_count() > 100).await;
        engine.add_rows_of(SMALL, (0..10).map(|n| format!("few{n}@example.org")));
        let before = sink.accepted_count();
        let few = |rcpts: &[String]| rcpts.iter().filter(|rcpt| rcpt.starts_with("few")).count();
        engine.until("the ten arrived", None, |_| few(&sink.accepted_recipients()) == 10).await;
        assert!(sink.accepted_count() < before + 1500, "long before the large one is through");
        engine.stop().await;
    }

    async fn servers_share_by_weight_and_stand_in_for_each_other(backend) {
        let script = || Script::accept_all().delay(Duration::from_millis(1));
        let (heavy, light, spare) = (SmtpSink::start(script()), SmtpSink::start(script()), SmtpSink::start(script()));
        let mut engine = TestEngine::new(Arc::new(TestDb::new(backend)), false);
        engine.add_rows("reader", 800);
        let all = || vec![server(&heavy, "heavy", 3, false), server(&light, "light", 1, false), server(&spare, "spare", 1, true)];
        engine.start_with(all()).await;
        engine.until("half are sent", None, |_| heavy.accepted_count() + light.accepted_count() >= 400).await;
        let (three, one) = (heavy.accepted_count(), light.accepted_count());
        assert!(three > one * 2 && three < one * 4, "{three} to {one}");
        assert_eq!(spare.accepted_count(), 0);
        // The heavy one fails: the other takes over, and staff are told.
        heavy.set(Script::accept_all().at(Phase::Mail, Act::reply("421 4.3.2 closing down")));
        engine.until_finished(None).await;
        let sent: usize = [&heavy, &light, &spare].iter().map(|sink| sink.accepted_count()).sum();
        assert_eq!((sent, engine.count(DeliveryState::Sent)), (800, 800));
        let failing = engine.db.read_here(|db| -> Result<_, Error> { Ok(servers::failing(db)?) }).unwrap();
        assert_eq!(failing.iter().map(|server| server.name.as_str()).collect::<Vec<_>>(), ["heavy"]);
        assert_eq!(spare.accepted_count(), 0, "one of the usual ones still worked");
        let by: HashSet<Option<String>> = engine.rows(DeliveryState::Sent).into_iter().map(|row| row.server).collect();
        assert!(by.contains(&Some("light".to_owned())));
        engine.stop().await;
    }

    async fn the_history_says_what_came_of_each_attempt(backend) {
        let script = Script::accept_all().rcpt_by(|asked| {
            (asked.address.starts_with("grey") && asked.attempt == 1).then(|| "451 4.7.1 try later".to_owned())
        });
        let (sink, mut engine) = (SmtpSink::start(script), TestEngine::new(Arc::new(TestDb::new(backend)), false));
        engine.add_rows("reader", 5);
        engine.add_rows("grey", 1);
        engine.start(&sink).await;
        engine.until_finished(Some(chrono::Duration::seconds(20))).await;
        for row in engine.rows(DeliveryState::Sent) {
            let lines = engine.db.read_here(|db| -> Result<_, Error> { Ok(attempts::of(db, row.id)?) }).unwrap();
            let states: Vec<_> = lines.iter().map(|line| (line.state, line.code)).collect();
            match row.address.as_str().starts_with("grey") {
                true => assert_eq!(states, [(DeliveryState::Deferred, Some(451)), (DeliveryState::Sent, Some(250))]),
                false => assert!(states.is_empty(), "sent at once: its own row says so"),
            }
        }
        let told = engine.db.read_here(|db| -> Result<_, Error> { Ok(tally::of(db, CAMPAIGN)?) }).unwrap();
        assert_eq!((told.sent, engine.count(DeliveryState::Sent)), (6, 6));
        engine.stop().await;
    }

    async fn a_killed_process_leaves_in_doubt_only_what_was_on_the_wire(backend) {
        // 40 mails pass, then no final dot is answered any more.
        let script = Script::accept_all().at_times(Phase::Dot, Act::Stall, 40, usize::MAX);
        let (sink, mut engine) = (SmtpSink::start(script), TestEngine::new(Arc::new(TestDb::new(backend)), true));
        engine.state = Some(Arc::new(tempfile::tempdir().unwrap()));
        engine.timeouts = pledgepost::mail::Timeouts::all(Duration::from_secs(60));
        engine.add_rows("reader", 100);
        engine.start(&sink).await;
        // More is leased than is on the wire.
        let silent = |e: &TestEngine| sink.reached(Phase::Dot) >= 43 && e.count(DeliveryState::Sent) == 40 && e.leased() > 8;
        engine.until("the server is silent", None, silent).await;
        engine.kill().await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        // What a reply was lost for stays leased in the table, whatever the record says: as if it had not been committed.
        engine.db.write_here(|db| -> Result<_, Error> {
            use diesel::prelude::*;
            let node = pledgepost::lease::nodes(db)?.first().unwrap().0;
            let sent = deliveries::table.filter(deliveries::state.eq(DeliveryState::Sent));
            Ok(diesel::update(sent)
                .set((deliveries::state.eq(DeliveryState::Sending), deliveries::lease.eq(Some(node.0))))
                .execute(db)?)
        }).unwrap();
        sink.set(Script::accept_all());
        engine.start(&sink).await;
        engine.until_finished(None).await;
        assert_eq!(engine.count(DeliveryState::Unknown), 3, "one per connection: {:?}", engine.states());
        assert_eq!(engine.count(DeliveryState::Sent), 97);
        assert!(sink.duplicates().is_empty(), "nobody twice");
        engine.stop().await;
    }

    async fn a_stale_token_changes_nothing(backend) {
        let script = Script::accept_all().delay(Duration::from_millis(100));
        let (sink, mut engine) = (SmtpSink::start(script), TestEngine::new(Arc::new(TestDb::new(backend)), false));
        engine.add_rows("reader", 4);
        engine.start(&sink).await;
        engine.until("they are on the wire", None, |e| e.leased() == 4).await;
        // Others took this node for dead and leased the rows anew.
        engine.db.write_here(|db| -> Result<_, Error> {
            use diesel::prelude::*;
            let node = pledgepost::lease::nodes(db)?.first().unwrap().0;
            pledgepost::outbox::blocks::give_up(db, node)?;
            Ok(diesel::update(deliveries::table).set(deliveries::lease.eq(Some(NodeId(9999).0))).execute(db)?)
        }).unwrap();
        engine.until("they arrived", None, |_| sink.accepted_count() == 4).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!((engine.leased(), engine.count(DeliveryState::Sent)), (4, 0));
        let told = engine.db.read_here(|db| -> Result<_, Error> { Ok(tally::of(db, CAMPAIGN)?) }).unwrap();
        assert_eq!(told.sent, 0, "nor is it counted");
        engine.stop().await;
    }
}
