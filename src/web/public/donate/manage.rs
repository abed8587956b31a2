//! The page behind the link in a monthly gift's receipts: what it is, and a button to end it.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::Serialize;

use super::super::token::{action, not_ours};
use crate::app::App;
use crate::db::Db;
use crate::donations::{Pledge, PledgeState, pledge};
use crate::error::Error;
use crate::i18n::Texts;
use crate::payments;
use crate::stripe::Interval;
use crate::values::{At, RootKey};
use crate::web::extract::PublicPage;
use crate::web::{Answer, Message};

#[derive(Serialize)]
struct View {
    title: String,
    facts: Vec<Fact>,
    test: bool,
    endable: bool,
    action: String,
}

#[derive(Serialize)]
struct Fact {
    term: String,
    value: String,
    badge: Option<&'static str>,
}

pub async fn show(page: PublicPage, app: Data<App>, token: Path<String>) -> Answer {
    let (root, now) = (app.root.clone(), app.clock.now());
    let load = move |db: &mut Db| {
        let pledge = of_token(db, &root, &token, now)?;
        let next = next_payment(db, &pledge, now)?;
        Ok::<_, Error>((pledge, next))
    };
    match app.db.read(load).await {
        Ok((pledge, next)) => {
            let view = view(&page, &pledge, next);
            page.render("public/donate/manage", &view.title, &view)
        }
        Err(error) => not_ours(&page, error),
    }
}

pub async fn submit(page: PublicPage, app: Data<App>, token: Path<String>) -> Answer {
    let (root, now) = (app.root.clone(), app.clock.now());
    let ended = app.db.write(move |db| {
        let pledge = of_token(db, &root, &token, now)?;
        if is_over(&pledge) {
            return Ok::<_, Error>(false);
        }
        pledge::end(db, pledge.id, &pledge::donor(), now)?;
        Ok(true)
    });
    match ended.await {
        Ok(true) => {
            app.ring();
            ended_page(&page, "gone")
        }
        Ok(false) => ended_page(&page, "before"),
        Err(error) => not_ours(&page, error),
    }
}

/// Whatever is wrong with it, for the reader it is the link.
fn of_token(db: &mut Db, root: &RootKey, token: &str, now: At) -> Result<Pledge, Error> {
    pledge::by_token(db, root, token, now).map_err(|error| match error {
        Error::NotFound(_) => Error::NotFound("link"),
        other => other,
    })
}

/// Ended, or asked to end: pressing again changes nothing.
fn is_over(pledge: &Pledge) -> bool {
    pledge.state == PledgeState::Ended || pledge.ending_at.is_some()
}

/// Only while Stripe will take one: not of a gift that is ended, nor after a failure, when Stripe tries at times of its own.
fn next_payment(db: &mut Db, pledge: &Pledge, now: At) -> Result<Option<At>, Error> {
    let Some(subscription) = pledge.subscription.as_deref() else { return Ok(None) };
    if pledge.state != PledgeState::Active || is_over(pledge) {
        return Ok(None);
    }
    Ok(payments::read::next_payment(db, subscription)?.filter(|at| *at > now))
}

fn ended_page(page: &PublicPage, which: &str) -> Answer {
    let message = Message::new(page.t(&format!("manage-{which}-title"), &[]))
        .kind(if which == "gone" { "ok" } else { "info" })
        .paragraph(page.t(&format!("manage-{which}-text"), &[]));
    let message = if which == "gone" { message.paragraph(page.t("manage-gone-mail", &[])) } else { message };
    page.message(StatusCode::OK, &message.link(format!("/donate?lang={}", page.language), page.t("manage-again", &[])))
}

fn view(page: &PublicPage, pledge: &Pledge, next: Option<At>) -> View {
    let (texts, zone) = (Texts::get(), page.organisation.zone());
    let day = |at: At| texts.date(&page.language, at.0.with_timezone(&zone).date_naive());
    let mut facts = Vec::new();
    let mut fact = |key: &str, value: String, badge| facts.push(Fact { term: page.t(key, &[]), value, badge });
    let (title, every) = match pledge.every {
        Interval::Month => ("manage-title", "manage-every-month"),
        Interval::Year => ("manage-title-yearly", "manage-every-year"),
    };
    fact("manage-amount", texts.money(&page.language, &pledge.amount()), None);
    fact("manage-every", page.t(every, &[]), None);
    if let Some(at) = pledge.started_at {
        fact("manage-since", day(at), None);
    }
    if let Some(at) = next {
        fact("manage-next", day(at), None);
    }
    let (badge, state) = state(pledge);
    fact("manage-state", page.t(state, &[]), Some(badge));
    if let Some(at) = pledge.ended_at {
        fact("manage-ended", day(at), None);
    }
    View { title: page.t(title, &[]), facts, test: pledge.test, endable: !is_over(pledge), action: action(page) }
}

/// The badge's kind and the text's key.
fn state(pledge: &Pledge) -> (&'static str, &'static str) {
    match pledge.state {
        PledgeState::Ended => ("neutral", "manage-state-ended"),
        _ if pledge.ending_at.is_some() => ("info", "manage-state-ending"),
        PledgeState::Incomplete => ("info", "manage-state-incomplete"),
        PledgeState::Active => ("ok", "manage-state-active"),
        PledgeState::PastDue => ("warn", "manage-state-past-due"),
        PledgeState::Paused => ("info", "manage-state-paused"),
    }
}
