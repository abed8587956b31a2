//! Token buckets in the database: what several nodes take together. Each `Allowances` stands for a node.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use pledgepost::audit::Actor;
use pledgepost::db::schema::send_buckets;
use pledgepost::db::{Database, dialect};
use pledgepost::error::Error;
use pledgepost::mail::MailServer;
use pledgepost::outbox::Server;
use pledgepost::outbox::limits::domains::{self, DomainForm};
use pledgepost::outbox::limits::{Allowances, Amount, Key, Limit, ServerState, Warmup, servers};
use pledgepost::values::{At, CampaignId, Day};

use crate::on_both;
use crate::support::TestDb;

/// The names of all buckets.
fn buckets(db: &Database) -> Vec<String> {
    db.read_here(|db| -> Result<_, Error> {
        Ok(send_buckets::table.order(send_buckets::name).select(send_buckets::name).load(db)?)
    })
    .unwrap()
}

/// Today in UTC by the database's clock. Never in the last seconds of a day, or the test's day would end under way.
pub fn today(db: &Database) -> Day {
    let clock = || db.read_here(|db| -> Result<_, Error> { Ok(At::from_micros(dialect::clock_micros(db)?)) }).unwrap();
    while (clock() + chrono::Duration::seconds(40)).0.date_naive() != clock().0.date_naive() {
        std::thread::sleep(Duration::from_secs(1));
    }
    Day(clock().0.date_naive())
}

pub fn warming(name: &str, first_day: Day) -> Server {
    let plain = Server::plain(MailServer::parse("smtp://127.0.0.1:9").unwrap(), 4);
    Server { name: name.into(), warmup: Some(Warmup { first_day }), ..plain }
}

/// Takes and spends as much as it gets for so long; each time with the moments before and after.
fn spend_for(db: &Database, limits: &[Limit], time: Duration) -> Vec<(Instant, Instant, usize)> {
    let (mut node, begin, mut spent) = (Allowances::default(), Instant::now(), Vec::new());
    while begin.elapsed() < time {
        let before = Instant::now();
        let mails = node.room(db, limits, 40).unwrap();
        node.spend(limits, mails);
        if mails > 0 {
            spent.push((before, Instant::now(), mails));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    spent
}

on_both! {
    async fn two_nodes_keep_a_rate_together_over_any_stretch_of_time(backend) {
        const RATE: usize = 100;
        let test = TestDb::new(backend);
        let nodes = [test.connect(), test.connect()];
        let limits = [Limit::all(u32::try_from(RATE).unwrap()).unwrap()];
        let time = Duration::from_secs(4);
        let mut spent: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = nodes.iter().map(|db| scope.spawn(|| spend_for(db, &limits, time))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        spent.sort_by_key(|(before, ..)| *before);
        for (first, (from, ..)) in spent.iter().enumerate() {
            let mut sum = 0;
            let mut until = *from;
            for (_, after, mails) in &spent[first..] {
                (sum, until) = (sum + mails, until.max(*after));
                let allowed = (RATE as f64 * ((until - *from).as_secs_f64() + 1.0)).ceil() as usize;
                assert!(sum <= allowed, "{sum} mails in {:?}", until - *from);
            }
        }
        let all: usize = spent.iter().map(|(.., mails)| mails).sum();
        assert!(all > RATE * 4 * 6 / 10, "what is allowed is used: {all}");
    }

    async fn what_is_given_back_is_there_again(backend) {
        let test = TestDb::new(backend);
        let db = test.connect();
        let limits = [Limit::new(Key::All, 1)];
        let mut first = Allowances::default();
        assert_eq!(first.room(&db, &limits, 10).unwrap(), 1, "one a minute is one at once …");
        assert_eq!(Allowances::default().room(&db, &limits, 10).unwrap(), 0, "… and no more, for anybody");
        assert_eq!(first.room(&db, &limits, 10).unwrap(), 1, "it is still in hand");
        first.give_back(&db).unwrap();
        let mut second = Allowances::default();
        assert_eq!(second.room(&db, &limits, 10).unwrap(), 1);
        second.spend(&limits, 1);
        second.give_back(&db).unwrap();
        assert_eq!(Allowances::default().room(&db, &limits, 10).unwrap(), 0, "what was spent is gone");
    }

    async fn a_block_that_lies_unspent_loses_its_worth(backend) {
        let test = TestDb::new(backend);
        let db = test.connect();
        let limits = [Limit::new(Key::All, 1200)];
        let (mut one, mut other) = (Allowances::default(), Allowances::default());
        assert_eq!(one.room(&db, &limits, 10).unwrap(), 10, "half a second's worth of 20 a second");
        std::thread::sleep(Duration::from_millis(1200));
        let begin = Instant::now();
        let together = one.room(&db, &limits, 10).unwrap() + other.room(&db, &limits, 10).unwrap();
        let meanwhile = (begin.elapsed().as_secs_f64() * 20.0).ceil() as usize;
        assert!((10..=10 + meanwhile).contains(&together), "the bucket alone, not the old block beside it: {together}");
        // Emptied twice to the same level: that it was filled in between may not be forgotten.
        one.spend(&limits, 10);
        std::thread::sleep(Duration::from_millis(600));
        let begin = Instant::now();
        let again: usize = (0..4)
            .map(|_| {
                let mut node = Allowances::default();
                let mails = node.room(&db, &limits, 10).unwrap();
                node.spend(&limits, mails);
                mails
            })
            .sum();
        let meanwhile = (begin.elapsed().as_secs_f64() * 20.0).ceil() as usize;
        assert!((10..=10 + meanwhile).contains(&again), "half a second's worth once: {again}");
    }

    async fn several_limits_are_taken_together_or_not_at_all(backend) {
        let test = TestDb::new(backend);
        let db = test.connect();
        let (all, campaign) = (Limit::new(Key::All, 1), Limit::new(Key::Campaign(CampaignId(1)), 1));
        let mut first = Allowances::default();
        assert_eq!(first.room(&db, std::slice::from_ref(&all), 1).unwrap(), 1);
        let both = [campaign.clone(), all];
        assert_eq!(Allowances::default().room(&db, &both, 1).unwrap(), 0);
        assert_eq!(Allowances::default().room(&db, &[campaign], 1).unwrap(), 1, "nothing was taken in vain");
        assert_eq!(buckets(&db), ["all", "campaign:1"]);
    }

    async fn nodes_that_name_limits_in_another_order_do_not_block_each_other(backend) {
        let test = TestDb::new(backend);
        let dbs = [test.connect(), test.connect()];
        let limits: Vec<Limit> = ["a.example", "b.example", "c.example"]
            .map(|name| Limit::new(Key::Domain(name.into()), 600_000))
            .into();
        let backwards: Vec<Limit> = limits.iter().rev().cloned().collect();
        std::thread::scope(|scope| {
            for (db, limits) in dbs.iter().zip([&limits, &backwards]) {
                scope.spawn(move || {
                    for _ in 0..60 {
                        // A new node each time, which has nothing in hand and must ask.
                        Allowances::default().room(db, limits, 10).unwrap();
                    }
                });
            }
        });
    }

    async fn what_has_no_limit_has_no_bucket(backend) {
        let test = TestDb::new(backend);
        let db = test.connect();
        assert!(Limit::all(0).is_none() && Limit::campaign(CampaignId(1), None).is_none());
        let mut node = Allowances::default();
        assert_eq!(node.room(&db, &[], 500).unwrap(), 500);
        node.give_back(&db).unwrap();
        assert!(buckets(&db).is_empty());
    }

    async fn a_warm_up_allows_so_many_a_day_by_the_databases_clock(backend) {
        let test = TestDb::new(backend);
        let db = test.connect();
        let today = today(&db);
        // What the nodes believe the time to be does not count.
        let wrong = At::from_micros(1_000_000_000_000_000);
        let report = |server: &Server| {
            let all = [Arc::new(server.clone())];
            db.read_here(|db| -> Result<_, Error> { Ok(servers(db, &all, wrong)?) }).unwrap().remove(0)
        };
        for (name, first_day, allowance) in [("new", today, 200), ("second", today.plus(-1), 400), ("later", today.plus(1), 0)] {
            let server = warming(name, first_day);
            let limits = server.limits(true);
            assert!(matches!(limits[..], [Limit { amount: Amount::Warmup(_), .. }]) && server.limits(false).is_empty());
            let mut node = Allowances::default();
            assert_eq!(node.room(&db, &limits, 50).unwrap(), 50.min(allowance), "{name}");
            node.spend(&limits, 50.min(allowance));
            let told = report(&server).warmup.unwrap();
            assert_eq!((told.used, told.allowance), (i64::try_from(50.min(allowance)).unwrap(), i64::try_from(allowance).unwrap()));
            assert_eq!(report(&server).state == ServerState::Works, allowance > 0, "{name}");
            let left = allowance.saturating_sub(50);
            assert_eq!(node.room(&db, &limits, 5000).unwrap(), left, "{name}");
            node.spend(&limits, left);
            assert_eq!(Allowances::default().room(&db, &limits, 1).unwrap(), 0, "{name}");
            let midnight = At(today.plus(1).0.and_time(chrono::NaiveTime::MIN).and_utc());
            assert_eq!(report(&server).state, ServerState::Waits { until: midnight });
        }
        let over = report(&warming("old", today.plus(-30)));
        assert!(over.warmup.is_none() && over.state == ServerState::Works);
    }

    async fn staff_set_change_and_remove_limits_of_domains(backend) {
        let test = TestDb::new(backend);
        let db = test.connect();
        let (actor, now) = (Actor::command_line(), At::from_micros(1_790_000_000_000_000));
        let set = |domain: &str, per_minute: &str| {
            let form = DomainForm { domain: domain.into(), per_minute: per_minute.into() };
            db.write_here(|db| domains::set(db, &form, &actor, now))
        };
        let list = || -> Vec<(String, i64)> {
            let rows = db.read_here(|db| -> Result<_, Error> { Ok(domains::list(db)?) }).unwrap();
            rows.into_iter().map(|row| (row.domain, row.per_minute)).collect()
        };
        assert_eq!(set(" @Example.ORG ", "1,200").unwrap(), "example.org");
        assert_eq!(set("bücher.example", "60").unwrap(), "xn--bcher-kva.example");
        assert_eq!(set("example.org", "30").unwrap(), "example.org");
        assert_eq!(list(), [("example.org".to_owned(), 30), ("xn--bcher-kva.example".to_owned(), 60)]);
        for (domain, per_minute, field) in
            [("", "1", "domain"), ("a b", "1", "domain"), ("example.net", "0", "per_minute"), ("example.net", "fast", "per_minute")]
        {
            match set(domain, per_minute) {
                Err(Error::Invalid(errors)) => assert_eq!(errors[0].field, field),
                other => panic!("{domain:?} {per_minute:?}: {other:?}"),
            }
        }
        let remove = |domain: &str| db.write_here(|db| domains::remove(db, domain, &actor, now));
        remove("example.org").unwrap();
        assert!(matches!(remove("example.org"), Err(Error::NotFound(_))));
        assert_eq!(list().len(), 1);
    }
}
