//! The preference page: topics, language, name, time zone.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};

use super::subscribe::{Choice, languages, worded};
use super::token::{self, Ask, not_ours};
use crate::app::App;
use crate::error::{Error, FieldError};
use crate::subscribers::leaving::Through;
use crate::subscribers::preferences::{self, Access, Choices, Saved};
use crate::subscribers::{Subscriber, Topic, zones};
use crate::values::Purpose;
use crate::web::extract::{Form, PublicPage};
use crate::web::{Answer, Message};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PreferencesForm {
    /// `save`, `leave` or `link`.
    action: String,
    name: String,
    language: String,
    time_zone: Option<String>,
    topics: Vec<String>,
}

#[derive(Serialize)]
struct PreferencesPage {
    action: String,
    address: String,
    name: String,
    choices: Vec<Choice>,
    languages: Vec<Choice>,
    zones: Vec<ZoneChoice>,
    words: String,
    errors: Vec<FieldError>,
}

pub async fn show(page: PublicPage, app: Data<App>, token: Path<String>) -> Answer {
    match look(&page, &app, &token).await {
        Ok(Access::Open { subscriber, topics }) => {
            let shown = Shown { name: &subscriber.name, zone: &subscriber.time_zone };
            form(&page, StatusCode::OK, &subscriber, shown, topics, Vec::new())
        }
        Ok(Access::Expired) => expired(&page),
        Err(error) => not_ours(&page, error),
    }
}

pub async fn submit(page: PublicPage, app: Data<App>, token: Path<String>, form: Form<PreferencesForm>) -> Answer {
    if form.action == "link" {
        return mail_link(&page, &app, token.into_inner()).await;
    }
    match look(&page, &app, &token).await {
        Ok(Access::Open { subscriber, topics }) => save(page, app, *subscriber, topics, form.into_inner()).await,
        Ok(Access::Expired) => expired(&page),
        Err(error) => not_ours(&page, error),
    }
}

async fn look(page: &PublicPage, app: &Data<App>, token: &str) -> Result<Access, Error> {
    let (root, language, now) = (app.root.clone(), page.language.clone(), app.clock.now());
    let token = token.to_owned();
    app.db.read(move |db| preferences::look(db, &root, &token, &language, now)).await
}

async fn save(
    page: PublicPage,
    app: Data<App>,
    subscriber: Subscriber,
    topics: Vec<(Topic, bool)>,
    typed: PreferencesForm,
) -> Answer {
    let leaving = typed.action == "leave";
    let words = if leaving { page.t("leave-all-button", &[]) } else { words(&page) };
    let choices = Choices {
        name: if leaving { subscriber.name.clone() } else { typed.name.clone() },
        language: if leaving { subscriber.language.to_string() } else { typed.language.clone() },
        time_zone: if leaving { None } else { typed.time_zone.clone() },
        topics: if leaving { Vec::new() } else { typed.topics.clone() },
    };
    let (root, now, config, language) = (app.root.clone(), app.clock.now(), app.clone(), page.language.clone());
    let link = move |path: &str| config.config.web.link(path);
    let id = subscriber.id;
    let write = app.db.write(move |db| {
        let through = Through { form: "preference page", words: &words, language: &language };
        preferences::save(db, id, &choices, through, &root, &link, now)
    });
    match write.await {
        Ok(saved) => done(&page, saved),
        Err(Error::Invalid(errors)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let chosen = |topic: &Topic| typed.topics.iter().any(|slug| slug == topic.slug.as_str());
            let topics = topics.into_iter().map(|(topic, _)| (chosen(&topic), topic)).map(|(on, t)| (t, on)).collect();
            let zone = typed.time_zone.as_deref().unwrap_or(&subscriber.time_zone);
            form(&page, status, &subscriber, Shown { name: &typed.name, zone }, topics, errors)
        }
        Err(error) => not_ours(&page, error),
    }
}

/// What stands in the fields.
struct Shown<'a> {
    name: &'a str,
    zone: &'a str,
}

#[derive(Serialize)]
struct ZoneChoice {
    value: String,
    label: String,
    selected: bool,
}

/// The first is the organisation's, for who does not say.
fn zone_choices(page: &PublicPage, chosen: &str) -> Vec<ZoneChoice> {
    let spelled = |name: &str| name.replace('_', " ");
    let own = page.t("preferences-zone-own", &[("zone", spelled(page.organisation.zone().name()).into())]);
    let first = ZoneChoice { value: String::new(), label: own, selected: chosen.is_empty() };
    let choice = |name: &str| ZoneChoice { value: name.into(), label: spelled(name), selected: name == chosen };
    std::iter::once(first).chain(zones::list(chosen).into_iter().map(choice)).collect()
}

fn form(
    page: &PublicPage,
    status: StatusCode,
    subscriber: &Subscriber,
    shown: Shown<'_>,
    topics: Vec<(Topic, bool)>,
    errors: Vec<FieldError>,
) -> Answer {
    let choice = |(topic, checked): (Topic, bool)| Choice {
        value: topic.slug.to_string(),
        label: topic.name,
        hint: topic.description,
        checked,
    };
    let data = PreferencesPage {
        action: token::action(page),
        address: subscriber.email.masked(),
        name: shown.name.to_owned(),
        choices: topics.into_iter().map(choice).collect(),
        languages: languages(page, &subscriber.language),
        zones: zone_choices(page, shown.zone),
        words: words(page),
        errors: errors.into_iter().map(|error| worded(page, error)).collect(),
    };
    page.render_with(status, "public/preferences", &page.t("preferences-title", &[]), &data)
}

fn done(page: &PublicPage, saved: Saved) -> Answer {
    let (title, text) = match saved {
        Saved::Saved => ("preferences-saved-title", "preferences-saved-text"),
        Saved::Left => ("left-title", "left-text"),
        Saved::ConfirmationMailed => ("subscribe-sent-title", "preferences-return-text"),
    };
    let message = Message::new(page.t(title, &[]))
        .kind("ok")
        .paragraph(page.t(text, &[]))
        .link(token::action(page), page.t("preferences-back", &[]));
    page.message(StatusCode::OK, &message)
}

fn expired(page: &PublicPage) -> Answer {
    Ask::new(page, page.t("link-expired-title", &[]))
        .kind("warn")
        .paragraph(page.t("preferences-expired-text", &[]))
        .button("link", page.t("preferences-expired-button", &[]))
        .render(page)
}

async fn mail_link(page: &PublicPage, app: &Data<App>, token: String) -> Answer {
    let (root, now, config) = (app.root.clone(), app.clock.now(), app.clone());
    let link = move |path: &str| config.config.web.link(path);
    let write = app.db.write(move |db| preferences::mail_link(db, &root, Purpose::Preferences, &token, &link, now));
    match write.await {
        Ok(()) => link_mailed(page),
        Err(error) => not_ours(page, error),
    }
}

/// The answer to everybody who asked for a fresh link.
pub(super) fn link_mailed(page: &PublicPage) -> Answer {
    let hours = preferences::FRESH_LINK_HOURS;
    let message = Message::new(page.t("subscribe-sent-title", &[]))
        .kind("ok")
        .paragraph(page.t("preferences-mailed-text", &[("hours", hours.into())]))
        .paragraph(page.t("subscribe-sent-nothing", &[]));
    page.message(StatusCode::OK, &message)
}

fn words(page: &PublicPage) -> String {
    page.t("preferences-words", &[("organisation", page.organisation.name.as_str().into())])
}
