//! Progress that is told as it goes, read as a browser reads it.

use std::time::{Duration, Instant};

use pledgepost::campaigns::send;
use pledgepost::outbox::{Delivery, DeliveryState};
use pledgepost::staff::Role;
use pledgepost::values::CampaignId;

use crate::on_both;
use crate::support::Backend;
use crate::support::analyses::topic;
use crate::support::app::TestApp;
use crate::support::campaigns::{actor, campaign, reader, set_state, started};

const EVENTS: &str = "/staff/campaigns/1/events";
const SOON: Duration = Duration::from_secs(5);

struct Events {
    answer: reqwest::Response,
    text: String,
}

impl Events {
    async fn open(app: &TestApp) -> Self {
        let answer =
            app.open(EVENTS, &[("accept", "text/event-stream"), ("accept-encoding", "gzip, deflate, br")]).await;
        assert_eq!(answer.status(), 200);
        Self { answer, text: String::new() }
    }
    /// The next event: its name and data.
    async fn next(&mut self) -> Option<(String, String)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let lines: Vec<&str> = event.lines().collect();
                let name = lines.iter().find_map(|line| line.strip_prefix("event: ")).unwrap_or("").to_owned();
                let data: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("data: ")).collect();
                let found = (name, data.join("\n"));
                self.text = rest.to_owned();
                return Some(found);
            }
            let piece =
                tokio::time::timeout(Duration::from_secs(20), self.answer.chunk()).await.expect("something comes");
            self.text.push_str(std::str::from_utf8(&piece.ok()??).unwrap());
        }
    }
    async fn until(&mut self, words: &str) -> String {
        let begun = Instant::now();
        loop {
            let (name, data) = self.next().await.expect("it goes on");
            assert_eq!(name, "progress");
            assert!(begun.elapsed() < SOON, "{words:?} never came: {data}");
            if data.contains(words) {
                return data;
            }
        }
    }
}

async fn sending(backend: Backend, readers: usize) -> (TestApp, Vec<Delivery>) {
    let app = TestApp::start(backend).await;
    let law = app.write(|db| Ok(topic(db, "law", app.app.clock.now()).1)).unwrap();
    for n in 0..readers {
        reader(&app.app, &format!("r{n}@a.example"), "en", "active", &[law]);
    }
    let id = campaign(&app.app, &[("en", "News", "Hello")], &["law"]);
    let rows = started(&app.app, id);
    (app, rows)
}

on_both! {
    async fn it_is_told_as_it_goes_until_it_is_over(backend) {
        let (app, all) = sending(backend, 3).await;
        app.get(EVENTS).await.leads_to("/staff/login?next=%2Fstaff%2Fcampaigns%2F1%2Fevents");
        app.log_in_as(Role::Viewer).await;
        app.get("/staff/campaigns/9/events").await.is(404);
        app.get("/staff/campaigns/1").await.shows("data-live-events=\"/staff/campaigns/1/events\"").shows("Reload this page");
        let mut events = Events::open(&app).await;
        let header = |name: &str| events.answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("content-type").as_deref(), Some("text/event-stream"));
        assert_eq!(header("content-encoding").as_deref(), Some("identity"), "nothing waits to be packed");
        assert_eq!(header("cache-control").as_deref(), Some("no-store"));
        let first = events.until("0 of 3 are through.").await;
        for figure in ["Waiting", "Being sent", "Sent", "To be tried again", "Failed", "Mails a second", "Time left"] {
            assert!(first.contains(figure), "{figure}: {first}");
        }
        assert!(!first.contains("/deliveries"), "a viewer sees no addresses");
        set_state(&app.app, &all[0], DeliveryState::Sent);
        let next = events.until("1 of 3 are through.").await;
        assert!(next.contains("under a minute"), "{next}");
        set_state(&app.app, &all[1], DeliveryState::Deferred);
        events.until("1 of 3").await;
        app.write(|db| send::pause(db, CampaignId(1), None, &actor(), app.app.clock.now())).unwrap();
        let mut last = events.next().await.unwrap();
        while last.0 == "progress" {
            last = events.next().await.unwrap();
        }
        assert_eq!(last.0, "done");
        assert_eq!(events.next().await, None, "then it ends");
        // Whoever asks too late is told at once.
        let mut late = Events::open(&app).await;
        assert!(late.next().await.unwrap().1.contains("data-live-done=\"reload\""));
        assert_eq!(late.next().await.unwrap().0, "done");
    }

    async fn a_quiet_one_says_that_it_is_there(backend) {
        let (app, _) = sending(backend, 1).await;
        app.log_in_as(Role::Campaigner).await;
        let mut events = Events::open(&app).await;
        events.until("0 of 1").await;
        // The rate is known a second later; after that nothing changes.
        while let Some((name, _)) = events.next().await {
            if name.is_empty() { return; }
        }
        panic!("it ended");
    }

    async fn open_ones_do_not_hold_up_the_end(backend) {
        let (mut app, _) = sending(backend, 1).await;
        app.log_in_as(Role::Campaigner).await;
        let mut all = Vec::new();
        for _ in 0..8 {
            let mut events = Events::open(&app).await;
            events.until("0 of 1").await;
            all.push(events);
        }
        // More than there are connections to the database: nothing is held between two looks.
        app.get("/staff/campaigns/1").await.is(200);
        // Those that went away are not waited for.
        all.truncate(4);
        let took = app.stop().await;
        assert!(took < Duration::from_secs(4), "{took:?}");
        for mut events in all {
            while events.next().await.is_some() {}
        }
    }
}
