//! The program is killed between any two steps of checkout → webhook → booking → receipt, and the books come out right:
//! each gift booked once, with a receipt whose numbers have no gap, mailed at least once and always under one Message-ID.
//!
//! The stages of a back end run at the same time, for on PostgreSQL each waits half a minute until the killed process is
//! taken for dead.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use pledgepost::sandbox::stripe::{Outcome, engine};
use pledgepost::stripe::Interval;

use crate::on_both;
use crate::support::Backend;
use crate::support::kill_stage::{KillStage, PATIENCE, within};
use crate::support::proxy::Side;
use crate::support::smtp_sink::{Act, Phase, Script};

const SOON: Duration = Duration::from_secs(90);
const PAID: &str = "checkout.session.completed";

/// What is given, up to the moment when the stage begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    Once,
    /// The first payment of a pledge.
    First,
    /// A later one.
    Renewal,
}
use Given::{First, Once, Renewal};

/// Whether Stripe goes on telling after the kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hooks {
    Retried,
    Lost,
}

struct Case {
    stage: KillStage,
    name: String,
    /// Paid by the end.
    gifts: usize,
}

impl Case {
    /// Everything up to the payment of which a webhook will tell; `before` is done just before it.
    async fn paid<T>(backend: Backend, name: &str, given: Given, before: impl FnOnce(&KillStage) -> T) -> (Self, T) {
        let stage = KillStage::start(backend).await;
        let session = stage.give_and_arrive((given != Once).then_some(Interval::Month)).await;
        let name = format!("{name}, {given:?}, {backend:?}");
        if given != Renewal {
            let before = before(&stage);
            stage.stripe.pay(&session.id, Outcome::Paid);
            return (Self { stage, name, gifts: 1 }, before);
        }
        stage.stripe.pay(&session.id, Outcome::Paid);
        stage.ends_with(&name, 1).await;
        let before = before(&stage);
        stage.stripe.advance(chrono::Duration::days(32));
        (Self { stage, name, gifts: 2 }, before)
    }

    /// The program comes back and everything that was held is let go.
    async fn ends_well(mut self) {
        self.stage.sink.set(Script::accept_all());
        self.stage.restart().await;
        self.stage.ends_with(&self.name, self.gifts).await;
    }
}

/// Stripe made the session, but we never heard so: nothing can be paid, and in the end the gift is cancelled.
async fn the_answer_about_the_session_is_lost(backend: Backend) {
    let mut stage = KillStage::start(backend).await;
    let held =
        stage.proxy.hold(Side::Answer, "a session made", |method, path| method == "POST" && path.contains("/sessions"));
    let answer = stage.give(None);
    held.reached(SOON).await;
    stage.kill();
    held.deserted(SOON).await;
    drop(held);
    assert_eq!(answer.await.unwrap(), None, "the giver sees a broken connection");
    let lost = stage.newest_session().await.expect("Stripe has it");
    stage.restart().await;
    assert_eq!(stage.books().donations, [("initiated".to_owned(), 2500)]);
    // The giver tries again, which is another gift.
    let session = stage.give_and_arrive(None).await;
    assert_ne!(session.id, lost.id);
    stage.stripe.pay(&session.id, Outcome::Paid);
    stage.stripe.write(|db, stripe| engine::expire(db, stripe, &lost.id));
    stage.ends_with("the session's answer is lost", 1).await;
    within(PATIENCE, "the first try is cancelled", || async { stage.books().donations[0].0 == "cancelled" }).await;
}

/// Stripe never saw the request.
async fn the_session_is_never_asked_for(backend: Backend) {
    let mut stage = KillStage::start(backend).await;
    let held = stage
        .proxy
        .hold(Side::Request, "a session asked for", |method, path| method == "POST" && path.contains("/sessions"));
    let answer = stage.give(None);
    held.reached(SOON).await;
    stage.kill();
    held.deserted(SOON).await;
    drop(held);
    assert_eq!(answer.await.unwrap(), None);
    assert!(stage.newest_session().await.is_none(), "Stripe knows of nothing");
    stage.restart().await;
    let session = stage.give_and_arrive(None).await;
    stage.stripe.pay(&session.id, Outcome::Paid);
    stage.ends_with("the session is never asked for", 1).await;
    assert_eq!(stage.books().donations, [("initiated".to_owned(), 2500), ("paid".to_owned(), 2500)]);
    stage.age_by(chrono::Duration::hours(3));
    within(PATIENCE, "the first try is cancelled", || async { stage.books().donations[0].0 == "cancelled" }).await;
}

/// Nothing runs while the money comes.
async fn killed_before_the_webhook(backend: Backend, given: Given, hooks: Hooks) {
    let stage = KillStage::start(backend).await;
    let session = stage.give_and_arrive((given != Once).then_some(Interval::Month)).await;
    let mut case =
        Case { stage, name: format!("killed before the webhook, {given:?}, {hooks:?}, {backend:?}"), gifts: 1 };
    if given == Renewal {
        case.stage.stripe.pay(&session.id, Outcome::Paid);
        case.stage.ends_with(&case.name, 1).await;
        case.gifts = 2;
    }
    case.stage.kill();
    if hooks == Hooks::Lost {
        case.stage.courier.lose_everything();
    }
    match given {
        Renewal => case.stage.stripe.advance(chrono::Duration::days(32)),
        Once | First => case.stage.stripe.pay(&session.id, Outcome::Paid),
    }
    case.ends_well().await;
}

/// The webhook was answered with 2xx, so Stripe will not tell again; the object was not looked at.
async fn killed_before_the_fetch(backend: Backend, given: Given) {
    let (mut case, held) =
        Case::paid(backend, "killed before the fetch", given, |stage| stage.hold_fetches(Side::Request)).await;
    held.reached(SOON).await;
    let told = if given == Renewal { "invoice.paid" } else { PAID };
    within(SOON, "the webhook is answered", || async { case.stage.courier.delivered().contains(told) }).await;
    case.stage.courier.lose_everything();
    case.stage.kill();
    drop(held);
    case.ends_well().await;
}

/// The object is here; it is booked, half booked or not at all when the end comes.
async fn killed_around_the_booking(backend: Backend, given: Given, after: Duration) {
    let name = format!("killed {after:?} after the fetch");
    let (mut case, held) = Case::paid(backend, &name, given, |stage| stage.hold_fetches(Side::Answer)).await;
    held.reached(SOON).await;
    drop(held);
    tokio::time::sleep(after).await;
    case.stage.kill();
    case.ends_well().await;
}

/// Booked; the mail server says nothing, at its greeting or after it took the mail.
async fn killed_in_the_mail(backend: Backend, given: Given, phase: Phase) {
    let name = format!("killed at {phase:?}");
    let (mut case, before) = Case::paid(backend, &name, given, |stage| {
        stage.sink.set(Script::accept_all().at(phase, Act::Stall));
        stage.sink.reached(phase)
    })
    .await;
    case.stage.sink.wait_until(PATIENCE, &case.name, |sink| sink.reached(phase) > before).await;
    case.stage.kill();
    case.ends_well().await;
}

/// Another one in each run; the names of the stages tell which.
fn random(most_micros: u64) -> Duration {
    Duration::from_micros(RandomState::new().build_hasher().finish() % most_micros)
}

/// A process beside the books: every webhook was lost, nobody polled yet.
async fn sync_finds_it_all(backend: Backend) {
    let stage = KillStage::start(backend).await;
    stage.courier.lose_everything();
    let session = stage.give_and_arrive(None).await;
    stage.stripe.pay(&session.id, Outcome::Paid);
    let pledge = stage.give_and_arrive(Some(Interval::Month)).await;
    stage.stripe.pay(&pledge.id, Outcome::Paid);
    stage.stripe.advance(chrono::Duration::days(32));
    tokio::task::block_in_place(|| stage.sync());
    stage.ends_with("sync finds it all", 3).await;
}

async fn all(stages: Vec<BoxFuture<'_, ()>>) {
    join_all(stages).await;
}

on_both! {
    async fn between_the_form_and_stripes_page(backend) {
        all(vec![
            Box::pin(the_answer_about_the_session_is_lost(backend)),
            Box::pin(the_session_is_never_asked_for(backend)),
        ])
        .await;
    }

    async fn between_the_payment_and_the_books(backend) {
        let mut stages: Vec<BoxFuture<'_, ()>> = vec![Box::pin(sync_finds_it_all(backend))];
        for given in [Once, First, Renewal] {
            stages.push(Box::pin(killed_before_the_fetch(backend, given)));
            let hooks = if given == First { Hooks::Retried } else { Hooks::Lost };
            stages.push(Box::pin(killed_before_the_webhook(backend, given, hooks)));
        }
        all(stages).await;
    }

    async fn in_the_middle_of_booking(backend) {
        let mut stages: Vec<BoxFuture<'_, ()>> = Vec::new();
        for most in [3_000, 12_000, 40_000, 120_000] {
            stages.push(Box::pin(killed_around_the_booking(backend, Once, random(most))));
        }
        for given in [First, Renewal] {
            stages.push(Box::pin(killed_around_the_booking(backend, given, random(20_000))));
        }
        all(stages).await;
    }

    async fn between_the_books_and_the_receipt(backend) {
        all(vec![
            Box::pin(killed_in_the_mail(backend, Once, Phase::Greeting)),
            Box::pin(killed_in_the_mail(backend, Once, Phase::Dot)),
            Box::pin(killed_in_the_mail(backend, First, Phase::Dot)),
            Box::pin(killed_in_the_mail(backend, Renewal, Phase::Dot)),
        ])
        .await;
    }
}
