//! Blocks of rows that wait for their first attempt: leased whole, marked as they leave, never lost and never twice.

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use pledgepost::campaigns;
use pledgepost::db::Db;
use pledgepost::db::schema::{deliveries, delivery_blocks};
use pledgepost::error::Error;
use pledgepost::lease;
use pledgepost::outbox::blocks::{self, Block, Taken};
use pledgepost::outbox::{Delivery, DeliveryState, is_unfinished, store};
use pledgepost::values::{At, CampaignId, DeliveryId, NodeId};

use crate::on_both;
use crate::support::TestDb;
use crate::support::engine::{CAMPAIGN, TestEngine};
use crate::support::smtp_sink::{Act, Phase, Script, SmtpSink};

const OTHER: CampaignId = CampaignId(77);
const NODE: NodeId = NodeId(5001);

fn engine(backend: crate::support::Backend) -> TestEngine {
    TestEngine::new(Arc::new(TestDb::new(backend)), false)
}

fn write<T>(engine: &TestEngine, work: impl FnOnce(&mut Db) -> QueryResult<T>) -> T {
    engine.db.write_here(|db| -> Result<T, Error> { Ok(work(db)?) }).unwrap()
}

fn take(db: &mut Db, node: NodeId, size: i64) -> QueryResult<Option<(Block, Vec<Delivery>)>> {
    Ok(match blocks::take(db, CAMPAIGN, node, size)? {
        Taken::Block(block, rows) => Some((block, rows)),
        Taken::Nothing => None,
        Taken::Busy => panic!("nobody else is here"),
    })
}

fn ids(rows: &[Delivery]) -> Vec<i64> {
    rows.iter().map(|row| row.id.0).collect()
}

fn become_all(db: &mut Db, (from, to): (i64, i64), state: DeliveryState, at: Option<At>) -> QueryResult<usize> {
    let rows = deliveries::table.filter(deliveries::id.between(from, to));
    diesel::update(rows).set((deliveries::state.eq(state), deliveries::next_at.eq(at))).execute(db)
}

fn addresses(name: &'static str, count: usize) -> impl Iterator<Item = String> {
    (0..count).map(move |n| format!("{name}{n}@example.org"))
}

on_both! {
    async fn a_block_is_split_and_what_is_not_marked_is_free_again(backend) {
        let engine = engine(backend);
        engine.add_rows("a", 30);
        engine.add_rows_of(OTHER, addresses("other", 20));
        engine.add_rows("b", 10);
        write(&engine, |db| {
            let (first, rows) = take(db, NODE, 8)?.unwrap();
            assert_eq!(ids(&rows), (1..=8).collect::<Vec<_>>());
            let (_, rest) = take(db, NodeId(5002), 100)?.unwrap();
            assert_eq!(ids(&rest), (9..=30).collect::<Vec<_>>());
            let (_, far) = take(db, NODE, 4)?.unwrap();
            assert_eq!(ids(&far), (51..=54).collect::<Vec<_>>(), "the other campaign's rows are not its own");
            // Three leave, the third of which is the last that is marked.
            assert!(blocks::mark(db, &first, NODE, DeliveryId(3))?);
            assert!(!blocks::mark(db, &first, NodeId(5002), DeliveryId(4))?, "another's");
            assert!(!blocks::mark(db, &first, NODE, DeliveryId(9))?, "beyond its end");
            assert_eq!((blocks::in_hand(db, Some(CAMPAIGN))?, blocks::in_hand(db, Some(OTHER))?, blocks::in_hand(db, None)?), (3, 0, 3));
            let row = store::find(db, DeliveryId(2))?.unwrap();
            assert_eq!((row.state, store::find(db, DeliveryId(4))?.unwrap().state), (DeliveryState::Sending, DeliveryState::Queued));
            blocks::leave(db, first.id, NODE)?;
            assert!(!blocks::done(db, first.id, NODE)?, "three of it are on the wire");
            let (_, back) = take(db, NODE, 100)?.unwrap();
            assert_eq!(ids(&back), (4..=8).collect::<Vec<_>>());
            diesel::update(deliveries::table.filter(deliveries::id.le(3_i64))).set(deliveries::state.eq(DeliveryState::Sent)).execute(db)?;
            assert!(blocks::done(db, first.id, NODE)?);
            Ok(())
        });
    }

    async fn what_a_node_that_is_gone_had_marked_is_in_doubt_and_nothing_else(backend) {
        let engine = engine(backend);
        engine.add_rows("reader", 20);
        let now = engine.clock.now();
        write(&engine, |db| {
            let (block, _) = take(db, NODE, 10)?.unwrap();
            blocks::mark(db, &block, NODE, DeliveryId(4))?;
            assert_eq!(pledgepost::outbox::leases(db)?, [NODE]);
            assert_eq!(pledgepost::outbox::release(db, NODE, &[], now)?, 4);
            assert_eq!(pledgepost::outbox::leases(db)?, []);
            let doubtful = store::list(db, CAMPAIGN, Some(DeliveryState::Deferred), None, None, pledgepost::values::PageRequest::new(None, 500))?;
            assert_eq!(ids(&doubtful.rows), [1, 2, 3, 4]);
            assert!(!blocks::mark(db, &block, NODE, DeliveryId(5))?, "its token is stale");
            let mut waiting = Vec::new();
            while let Some((_, rows)) = take(db, NodeId(5002), 7)? {
                waiting.extend(ids(&rows));
            }
            waiting.sort_unstable();
            assert_eq!(waiting, (5..=20).collect::<Vec<_>>());
            Ok(())
        });
    }

    async fn gaps_are_passed_over(backend) {
        let engine = engine(backend);
        engine.add_rows("reader", 500);
        write(&engine, |db| {
            let gone = deliveries::table.filter(deliveries::id.between(11_i64, 490_i64));
            diesel::update(gone).set(deliveries::state.eq(DeliveryState::Skipped)).execute(db)?;
            let mut seen = Vec::new();
            while let Some((block, rows)) = take(db, NODE, 10)? {
                seen.extend(ids(&rows));
                diesel::update(deliveries::table.filter(deliveries::id.eq_any(ids(&rows)))).set(deliveries::state.eq(DeliveryState::Sent)).execute(db)?;
                blocks::mark(db, &block, NODE, block.last)?;
                assert!(blocks::done(db, block.id, NODE)?);
            }
            assert_eq!(seen, (1..=10).chain(491..=500).collect::<Vec<_>>());
            assert!(!is_unfinished(db, CAMPAIGN)?);
            assert_eq!(delivery_blocks::table.count().get_result::<i64>(db)?, 0);
            Ok(())
        });
    }

    async fn what_waits_is_listed_wherever_it_stands(backend) {
        let engine = engine(backend);
        engine.add_rows("reader", 30);
        let listed = |state| ids(&engine.rows(state));
        assert_eq!(listed(DeliveryState::Queued).len(), 30);
        write(&engine, |db| {
            let (block, _) = take(db, NODE, 10)?.unwrap();
            blocks::mark(db, &block, NODE, DeliveryId(10))?;
            become_all(db, (1, 8), DeliveryState::Sent, None)?;
            blocks::leave(db, block.id, NODE)
        });
        assert_eq!(listed(DeliveryState::Sending), [9, 10]);
        assert_eq!(listed(DeliveryState::Queued), (11..=30).collect::<Vec<_>>());
        // One of the first is to be tried again, and nothing else waits any more.
        let again = Some(engine.clock.now());
        write(&engine, |db| become_all(db, (3, 3), DeliveryState::Deferred, again));
        assert_eq!(listed(DeliveryState::Deferred), [3]);
        write(&engine, |db| {
            become_all(db, (4, 30), DeliveryState::Sent, None)?;
            diesel::delete(delivery_blocks::table).execute(db)
        });
        assert_eq!((listed(DeliveryState::Deferred), listed(DeliveryState::Sent).len()), (vec![3], 29));
        assert_eq!((listed(DeliveryState::Queued), listed(DeliveryState::Sending)), (vec![], vec![]));
        write(&engine, |db| become_all(db, (3, 3), DeliveryState::Failed, None));
        assert_eq!((listed(DeliveryState::Deferred), listed(DeliveryState::Failed)), (vec![], vec![3]));
    }

    /// A lease was committed and its answer lost: this node lives on, so nobody else would give the block back.
    async fn a_block_that_was_lost_on_its_way_to_us_is_found(backend) {
        let (sink, mut engine) = (SmtpSink::start(Script::accept_all()), engine(backend));
        engine.add_rows("reader", 20);
        engine.start(&sink).await;
        engine.until_finished(None).await;
        *engine.lanes.finished.lock().unwrap() = false;
        engine.db.write_here(|db| -> Result<_, Error> {
            let node = lease::nodes(db)?.first().unwrap().0;
            let before = blocks::newest(db)?;
            let row = |n: i64| (deliveries::mail.eq("campaign"), deliveries::campaign_id.eq(CAMPAIGN), deliveries::address.eq(format!("lost{n}@example.org")),
                deliveries::language.eq("en"), deliveries::state.eq("queued"), deliveries::attempts.eq(0_i64), deliveries::created_at.eq(engine.clock.now()),
                deliveries::updated_at.eq(engine.clock.now()));
            for n in 0..6 {
                diesel::insert_into(deliveries::table).values(row(n)).execute(db)?;
            }
            let last = blocks::newest(db)?;
            let block = (delivery_blocks::campaign_id.eq(CAMPAIGN), delivery_blocks::first.eq(before.0 + 1), delivery_blocks::last.eq(last),
                delivery_blocks::sending_until.eq(before.0 + 2), delivery_blocks::lease.eq(Some(node.0)));
            Ok(diesel::insert_into(delivery_blocks::table).values(block).execute(db)?)
        }).unwrap();
        engine.until_finished(None).await;
        assert_eq!((engine.count(DeliveryState::Sent), sink.accepted_count()), (26, 26));
        assert!(engine.rows(DeliveryState::Sent).iter().all(|row| row.attempts == 1), "none of them had left");
        engine.stop().await;
    }

    async fn a_campaign_that_is_closed_in_the_middle_gives_back_what_it_had_read_ahead(backend) {
        let script = Script::accept_all().delay(Duration::from_millis(5));
        let (sink, mut engine) = (SmtpSink::start(script), engine(backend));
        engine.add_rows("reader", 400);
        engine.start(&sink).await;
        engine.until("some are sent", None, |e| e.count(DeliveryState::Sent) > 60).await;
        *engine.lanes.closed.lock().unwrap() = true;
        engine.until("nothing is in hand", None, |e| e.leased() == 0).await;
        let free = |engine: &TestEngine| write(engine, |db| {
            delivery_blocks::table.filter(delivery_blocks::lease.is_not_null()).count().get_result::<i64>(db)
        }) == 0;
        engine.until("no block is leased", None, free).await;
        let so_far = sink.accepted_count();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(sink.accepted_count(), so_far, "closed is closed");
        *engine.lanes.closed.lock().unwrap() = false;
        engine.until_finished(None).await;
        assert_eq!((engine.count(DeliveryState::Sent), sink.accepted_count(), sink.duplicates().len()), (400, 400, 0));
        engine.stop().await;
    }

    /// Another process may be able to; this one lives on, so nobody would take the block from it.
    async fn a_node_that_cannot_send_leaves_its_block_to_others(backend) {
        let script = Script::accept_all().at(Phase::Mail, Act::reply("554 5.7.1 Sender not allowed"));
        let (sink, mut engine) = (SmtpSink::start(script), engine(backend));
        engine.add_rows("reader", 300);
        engine.start(&sink).await;
        let leased = |engine: &TestEngine| write(engine, |db| {
            delivery_blocks::table.filter(delivery_blocks::lease.is_not_null()).count().get_result::<i64>(db)
        });
        engine.until("it has a block", None, |e| leased(e) > 0).await;
        engine.until("it has none", None, |e| leased(e) == 0).await;
        assert_eq!((engine.count(DeliveryState::Queued), sink.accepted_count()), (300, 0));
        engine.stop().await;
    }

    /// What it has sent hangs, for minutes perhaps; what it has not begun is not to wait for that.
    async fn a_node_whose_mails_hang_keeps_only_those(backend) {
        // Not at a moment when what is in the window happens to be the end of a block.
        let script = Script::accept_all().at_times(Phase::Dot, Act::Stall, 50, 10_000);
        let (sink, mut engine) = (SmtpSink::start(script), engine(backend));
        engine.timeouts = pledgepost::mail::Timeouts::all(Duration::from_secs(60));
        engine.add_rows("reader", 300);
        engine.start(&sink).await;
        let unbegun = |engine: &TestEngine| write(engine, |db| {
            let leased = delivery_blocks::table.filter(delivery_blocks::lease.is_not_null());
            leased.filter(delivery_blocks::sending_until.lt(delivery_blocks::last)).count().get_result::<i64>(db)
        });
        engine.until("it has read ahead", None, |e| e.leased() > 30 && unbegun(e) > 0).await;
        engine.until("what it has not begun is free", None, |e| unbegun(e) == 0).await;
        assert!(engine.leased() > 30, "what hangs is still its own");
        engine.kill().await;
    }

    /// A cancellation comes at any moment between leasing a block and marking its rows.
    async fn what_was_marked_is_never_skipped_by_a_cancellation(backend) {
        for round in 0..8_u64 {
            let engine = engine(backend);
            engine.add_rows("reader", 2_000);
            let db = engine.db.clone();
            let node = std::thread::spawn(move || {
                let mut marked = Vec::new();
                loop {
                    let taken = db.write_here(|db| -> Result<_, Error> { Ok(blocks::take(db, CAMPAIGN, NODE, 40)?) }).unwrap();
                    let (block, rows) = match taken {
                        Taken::Block(block, rows) => (block, rows),
                        Taken::Busy => continue,
                        Taken::Nothing => return marked,
                    };
                    for rows in rows.chunks(10) {
                        let until = rows.last().unwrap().id;
                        if !db.write_here(|db| -> Result<_, Error> { Ok(blocks::mark(db, &block, NODE, until)?) }).unwrap() {
                            break;
                        }
                        marked.extend(ids(rows));
                    }
                }
            });
            std::thread::sleep(Duration::from_millis(2 * round));
            let now = engine.clock.now();
            let skipped = write(&engine, |db| campaigns::store::deliveries::skip_waiting(db, CAMPAIGN, "cancelled", now));
            let marked = node.join().unwrap();
            let wrong = write(&engine, |db| {
                let wrong = deliveries::table.filter(deliveries::id.eq_any(&marked)).filter(deliveries::state.eq(DeliveryState::Skipped));
                wrong.count().get_result::<i64>(db)
            });
            assert_eq!((wrong, skipped + marked.len()), (0, 2_000), "round {round}: {} marked", marked.len());
        }
    }
}
