//! Webhooks stored per second over HTTP, and events booked per second, on SQLite and on PostgreSQL.
//!
//! Stripe is the sandbox's, over HTTP on a listener and a database (SQLite) of its own, so booking includes a fetch per
//! object, the mirror, the books and a receipt per gift. Both ends share the machine's cores: the sandbox answers for a
//! good part of the time. `PLEDGEPOST_BENCH_GIFTS` sets another number of gifts.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench may end with a panic, and prints its table"
)]

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Instant;

use chrono::Duration;
use futures_util::{StreamExt, stream};
use pledgepost::app::{App, Membership};
use pledgepost::config::{Config, StripeConfig};
use pledgepost::db::{Database, DatabaseUrl, PoolSizes, migrate};
use pledgepost::donations::{Begun, GiftRequest, checkout};
use pledgepost::error::Error;
use pledgepost::installation::MadeBy;
use pledgepost::organisation;
use pledgepost::sandbox::stripe::{Outcome, SandboxStripe, engine, serve, store};
use pledgepost::stripe::{EVENT_KINDS, Listing, Live, StripeApi, signature};
use pledgepost::values::{Clock, Language};
use tokio::sync::{oneshot, watch};

const GIFTS: i32 = 500;
const SENDERS: usize = 16;

fn main() {
    // `cargo test --benches` and the like only want to know that it builds.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let gifts = std::env::var("PLEDGEPOST_BENCH_GIFTS").ok().and_then(|text| text.parse().ok()).unwrap_or(GIFTS);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("| what | database | figure |\n| --- | --- | --- |");
    for (name, url) in [("SQLite", sqlite_url()), ("PostgreSQL", postgres_url())] {
        runtime.block_on(measure(name, &url, gifts));
    }
}

fn sqlite_url() -> String {
    format!("sqlite://{}", tempfile::tempdir().unwrap().keep().join("bench.db").display())
}

fn postgres_url() -> String {
    let server = std::env::var("PLEDGEPOST_TEST_POSTGRES").expect("run scripts/bench, which starts a PostgreSQL");
    let mut admin = pledgepost::db::open(&DatabaseUrl::parse(&server).unwrap()).unwrap();
    let name = format!("bench_payments_{}", std::process::id());
    diesel::connection::SimpleConnection::batch_execute(&mut admin, &format!("CREATE DATABASE {name}")).unwrap();
    format!("{}/{name}", server.rsplit_once('/').unwrap().0)
}

/// The sandbox's Stripe at an address of its own.
fn stripe_elsewhere() -> (Arc<SandboxStripe>, StripeConfig, watch::Sender<bool>) {
    let url = DatabaseUrl::parse(&sqlite_url()).unwrap();
    migrate::migrate(&url).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    let stripe = Arc::new(SandboxStripe {
        db: Database::connect(url, PoolSizes::default()).unwrap(),
        clock: Clock::System,
        secret: "whsec_of the bench and long enough".to_owned().into(),
        hook: None,
        pages: base.parse().unwrap(),
        bell: Arc::default(),
    });
    let config = StripeConfig {
        secret_key: "sk_test_of_the_bench".to_owned().into(),
        webhook_secrets: vec![stripe.secret.clone()],
        api_base: Some(base.parse().unwrap()),
        livemode: false,
    };
    let (stop, stopped) = watch::channel(false);
    let served = serve(stripe.clone(), listener, stopped);
    tokio::spawn(async move { served.await.unwrap() });
    (stripe, config, stop)
}

async fn measure(name: &str, url: &str, gifts: i32) {
    let (stripe, settings, stop_stripe) = stripe_elsewhere();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut config = Config::demo(url, port).unwrap();
    config.stripe = Some(settings.clone());
    let app = App::build(config, Clock::System, MadeBy::Demo).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(pledgepost::web::server::serve(app.clone(), listener, async move {
        let _ = stopped.await;
    }));
    let live = Live::new(&settings).unwrap();
    for number in 0..gifts {
        give(&app, &live, &stripe, number, gifts).await;
    }
    let bodies = webhooks(&live, &stripe).await;
    let count = bodies.len() as f64;

    let (client, address) = (reqwest::Client::new(), format!("http://127.0.0.1:{port}/webhooks/stripe"));
    let begun = Instant::now();
    let posts = bodies.into_iter().map(|body| {
        let signed = signature::sign(&stripe.secret, Clock::System.now(), &body);
        let post = client.post(&address).header("stripe-signature", signed).body(body);
        async move { assert_eq!(post.send().await.unwrap().status(), 200) }
    });
    stream::iter(posts).buffer_unordered(SENDERS).collect::<Vec<()>>().await;
    println!("| webhooks stored per second | {name} | {:.0} |", count / begun.elapsed().as_secs_f64());

    let payments = app.payments.clone().unwrap();
    let membership = Membership::join(&app).await.unwrap();
    let begun = Instant::now();
    payments.drain().await.unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    println!("| events processed per second | {name} | {:.0} |", count / seconds);
    println!("| gifts booked and receipted per second | {name} | {:.0} |", f64::from(gifts) / seconds);
    let attention = app.db.read(move |db| {
        let now = Clock::System.now();
        Ok::<_, Error>(pledgepost::payments::attention(db, now)?)
    });
    assert_eq!(attention.await.unwrap().failed_events, 0);
    membership.leave().await;
    let _ = (stop.send(()), stop_stripe.send(true));
    server.await.unwrap().unwrap();
}

/// A gift up to the moment when it is paid at Stripe, and nobody here knows.
async fn give(app: &Arc<App>, live: &Live, stripe: &Arc<SandboxStripe>, number: i32, gifts: i32) {
    let (root, web) = (app.root.clone(), app.config.web.clone());
    // One in six seconds, the last one now: the limits against card testing hold here too.
    let now = Clock::System.now() - Duration::seconds(i64::from(gifts - number) * 6);
    let request = GiftRequest {
        amount: "25.00".into(),
        currency: "EUR".into(),
        every: None,
        fund: None,
        email: format!("giver{number}@example.org"),
        name: String::new(),
        language: Language::english(),
        campaign: None,
        website: String::new(),
    };
    let mut begun: Begun = app
        .db
        .write(move |db| {
            let organisation = organisation::store::get(db, now)?;
            checkout::begin(db, &request, &organisation, &root, &|path: &str| web.link(path), true, now)
        })
        .await
        .unwrap();
    // Stripe counts from its own clock.
    begun.checkout.expires_at = Clock::System.now() + Duration::hours(1);
    let session = live.create_checkout(&begun.checkout, &begun.key).await.unwrap();
    let (here, id) = (stripe.clone(), session.id.clone());
    stripe.db.write(move |db| engine::pay(db, &here, &id, Outcome::Paid)).await.unwrap();
    let account = pledgepost::sandbox::stripe::ACCOUNT;
    let opened = app.db.write(move |db| checkout::opened(db, begun.gift, account, &session, now));
    opened.await.unwrap();
}

/// The bodies of all events that the sandbox has, as it would send them.
async fn webhooks(live: &Live, stripe: &Arc<SandboxStripe>) -> Vec<Vec<u8>> {
    let (mut listing, mut bodies) = (Listing { limit: 100, ..Listing::default() }, Vec::new());
    loop {
        let page = live.events(&EVENT_KINDS, &listing).await.unwrap();
        listing.after = page.items.last().map(|event| event.id.clone());
        for event in page.items {
            let body = stripe.db.read(move |db| Ok::<_, Error>(store::find(db, &event.id)?)).await.unwrap().unwrap();
            bodies.push(serde_json::to_vec_pretty(&body).unwrap());
        }
        if !page.more {
            return bodies;
        }
    }
}
