//! Sending hours and a campaign's own pace: the whole program's engine with a clock that the test moves.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use pledgepost::app::{App, Membership};
use pledgepost::campaigns::pace::{self, PaceForm};
use pledgepost::campaigns::test_send;
use pledgepost::campaigns::{CampaignState, store};
use pledgepost::db::schema::subscribers;
use pledgepost::mail::MailServer;
use pledgepost::outbox::{Delivery, DeliveryState, Server};
use pledgepost::values::{At, CampaignId, EmailAddress, Language};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::on_both;
use crate::support::TestDb;
use crate::support::analyses::topic;
use crate::support::campaigns::*;
use crate::support::smtp_sink::{Script, SmtpSink};

struct Engine {
    stop: watch::Sender<bool>,
    work: JoinHandle<()>,
    membership: Membership,
}

impl Engine {
    async fn start(app: &Arc<App>, sink: &SmtpSink) -> Self {
        let server = Server::plain(MailServer::parse(&sink.url()).unwrap(), 4);
        let outbox = app.outbox(vec![Arc::new(server)]).unwrap();
        let membership = Membership::join(app).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        Self { stop, work: tokio::spawn(outbox.run(stopped)), membership }
    }
    async fn stop(self) {
        self.stop.send(true).unwrap();
        self.work.await.unwrap();
        self.membership.leave().await;
    }
}

/// A campaign that is being sent to `count` readers of each zone.
fn sending(app: &App, zones: &[&str], count: usize, hours: &str, per_minute: &str) -> CampaignId {
    let law = in_db(app, |db| Ok(topic(db, "law", now()).1)).unwrap();
    for zone in zones {
        let name = zone.rsplit('/').next().unwrap().to_lowercase();
        for number in 0..count {
            let id = reader(app, &format!("{name}{number}@a.example"), "en", "active", &[law]);
            let row = subscribers::table.filter(subscribers::id.eq(id));
            in_db(app, |db| Ok(diesel::update(row).set(subscribers::time_zone.eq(*zone)).execute(db)?)).unwrap();
        }
    }
    let id = campaign(app, &[("en", "News", "Dear {{subscriber.name}}")], &["law"]);
    set_pace(app, id, hours, per_minute);
    started(app, id);
    id
}

fn set_pace(app: &App, id: CampaignId, hours: &str, per_minute: &str) {
    let form = PaceForm { hours: hours.into(), per_minute: per_minute.into() };
    in_db(app, |db| pace::set(db, id, &form, &actor(), now())).unwrap();
}

/// Moves the clock on to this moment.
fn go_to(app: &App, moment: &str) {
    let to = At(moment.parse().unwrap());
    assert!(to >= app.clock.now());
    app.clock.advance(to - app.clock.now());
    app.ring();
}

fn is_sent(app: &App, id: CampaignId) -> bool {
    in_db(app, |db| store::find(db, id)).unwrap().state == CampaignState::Sent
}

async fn until(app: &App, what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < end, "never happened: {what}");
        app.ring();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Longer than the engine needs to find work.
async fn a_while() {
    tokio::time::sleep(Duration::from_millis(1200)).await;
}

fn states(app: &App, id: CampaignId) -> BTreeMap<&'static str, usize> {
    let mut states = BTreeMap::new();
    rows(app, id).iter().for_each(|row| *states.entry(row.state.as_str()).or_default() += 1);
    states
}

fn each_once(sink: &SmtpSink, count: usize) {
    let got = sink.accepted_recipients();
    assert_eq!((got.len(), got.iter().collect::<HashSet<_>>().len()), (count, count));
}

on_both! {
    async fn in_the_organisations_hours_nothing_leaves_at_night(backend) {
        let test = TestDb::new(backend);
        let (app, sink) = (app(&test), SmtpSink::start(Script::accept_all()));
        let id = sending(&app, &[""], 20, "organisation", "");
        // Ten in the evening in Berlin, where the organisation is.
        go_to(&app, "2026-09-21T20:00:00Z");
        let engine = Engine::start(&app, &sink).await;
        // A test mail does not wait.
        in_db(&app, |db| {
            let to = EmailAddress::parse("staff@org.example").unwrap();
            test_send::test_send(db, id, &Language::english(), to, "", &actor(), now())
        }).unwrap();
        until(&app, "the test mail arrives", || sink.accepted_count() == 1).await;
        a_while().await;
        assert_eq!(sink.accepted_recipients(), ["staff@org.example"]);
        assert_eq!(states(&app, id), BTreeMap::from([("queued", 20)]));
        go_to(&app, "2026-09-22T05:59:59Z");
        a_while().await;
        assert_eq!(sink.accepted_count(), 1, "a second too early");
        go_to(&app, "2026-09-22T06:00:00Z");
        until(&app, "the campaign is sent", || is_sent(&app, id)).await;
        each_once(&sink, 21);
        engine.stop().await;
    }

    async fn when_the_hours_end_the_rest_waits_for_the_morning(backend) {
        let test = TestDb::new(backend);
        let (app, sink) = (app(&test), SmtpSink::start(Script::accept_all().delay(Duration::from_millis(10))));
        let id = sending(&app, &[""], 300, "organisation", "");
        go_to(&app, "2026-09-21T17:59:00Z");
        let engine = Engine::start(&app, &sink).await;
        until(&app, "some are sent", || sink.accepted_count() > 20).await;
        go_to(&app, "2026-09-21T18:00:00Z");
        until(&app, "nothing is on the wire", || !states(&app, id).contains_key("sending")).await;
        a_while().await;
        let sent = sink.accepted_count();
        assert!(sent < 300, "{sent}");
        assert_eq!(states(&app, id), BTreeMap::from([("queued", 300 - sent), ("sent", sent)]));
        go_to(&app, "2026-09-22T06:00:00Z");
        until(&app, "the campaign is sent", || is_sent(&app, id)).await;
        each_once(&sink, 300);
        engine.stop().await;
    }

    async fn what_was_recorded_after_the_end_is_finished_in_the_morning(backend) {
        let test = TestDb::new(backend);
        let (app, sink) = (app(&test), SmtpSink::start(Script::accept_all().delay(Duration::from_millis(300))));
        let id = sending(&app, &[""], 4, "organisation", "");
        go_to(&app, "2026-09-21T17:59:00Z");
        let engine = Engine::start(&app, &sink).await;
        until(&app, "all are on the wire", || states(&app, id) == BTreeMap::from([("sending", 4)])).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        go_to(&app, "2026-09-21T18:00:00Z");
        until(&app, "all are recorded", || !states(&app, id).contains_key("sending")).await;
        go_to(&app, "2026-09-22T06:00:00Z");
        until(&app, "the campaign is sent", || is_sent(&app, id)).await;
        each_once(&sink, 4);
        engine.stop().await;
    }

    async fn in_readers_hours_the_east_is_first(backend) {
        let test = TestDb::new(backend);
        let (app, sink) = (app(&test), SmtpSink::start(Script::accept_all()));
        let id = sending(&app, &["Asia/Almaty", "Europe/Berlin", ""], 5, "reader", "");
        // Half past eight in Almaty, half past five in Berlin.
        go_to(&app, "2026-09-22T03:30:00Z");
        let engine = Engine::start(&app, &sink).await;
        let waits = |app: &App| states(app, id) == BTreeMap::from([("deferred", 10), ("sent", 5)]);
        until(&app, "Almaty has it, the others wait", || waits(&app)).await;
        a_while().await;
        assert!(waits(&app) && sink.accepted_count() == 5);
        assert!(sink.accepted_recipients().iter().all(|rcpt| rcpt.starts_with("almaty")));
        let waiting: Vec<Delivery> = rows(&app, id).into_iter().filter(|row| row.state == DeliveryState::Deferred).collect();
        let opening = At("2026-09-22T06:00:00Z".parse().unwrap());
        for row in &waiting {
            assert_eq!((row.attempts, row.reply.as_deref()), (0, Some("outside of the reader’s sending hours")));
            let at = row.next_at.unwrap();
            assert!(at >= opening && at < opening + chrono::Duration::minutes(10), "{}", at.rfc3339());
        }
        assert!(waiting.iter().map(|row| row.next_at).collect::<BTreeSet<_>>().len() > 1, "spread");
        go_to(&app, "2026-09-22T05:59:59Z");
        a_while().await;
        assert_eq!(sink.accepted_count(), 5, "a second too early");
        go_to(&app, "2026-09-22T06:10:00Z");
        until(&app, "the campaign is sent", || is_sent(&app, id)).await;
        each_once(&sink, 15);
        assert!(rows(&app, id).iter().all(|row| row.attempts == 1 && row.code == Some(250)));
        engine.stop().await;
    }

    async fn who_waits_for_daytime_goes_at_once_when_that_is_given_up(backend) {
        let test = TestDb::new(backend);
        let (app, sink) = (app(&test), SmtpSink::start(Script::accept_all()));
        let id = sending(&app, &["Europe/Berlin"], 8, "reader", "");
        go_to(&app, "2026-09-21T23:00:00Z");
        let engine = Engine::start(&app, &sink).await;
        until(&app, "all wait", || states(&app, id) == BTreeMap::from([("deferred", 8)])).await;
        let form = PaceForm { hours: "any".into(), per_minute: String::new() };
        in_db(&app, |db| pace::set(db, id, &form, &actor(), app.clock.now())).unwrap();
        until(&app, "the campaign is sent", || is_sent(&app, id)).await;
        each_once(&sink, 8);
        engine.stop().await;
    }

    async fn the_pace_may_be_changed_while_it_runs(backend) {
        let test = TestDb::new(backend);
        let (app, sink) = (app(&test), SmtpSink::start(Script::accept_all()));
        let id = sending(&app, &[""], 100, "any", "60");
        let engine = Engine::start(&app, &sink).await;
        until(&app, "the first arrives", || sink.accepted_count() > 0).await;
        let (begin, before) = (Instant::now(), sink.accepted_count());
        tokio::time::sleep(Duration::from_millis(2500)).await;
        let (passed, slow) = (begin.elapsed().as_secs() as usize, sink.accepted_count() - before);
        assert!(slow >= 1 && slow <= passed + 3, "one a second: {slow} in {passed} s");
        set_pace(&app, id, "any", "60,000");
        let begin = Instant::now();
        until(&app, "the campaign is sent", || is_sent(&app, id)).await;
        assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
        each_once(&sink, 100);
        engine.stop().await;
    }
}
