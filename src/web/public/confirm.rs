//! The page behind the link of a confirmation mail.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::Deserialize;

use super::subscribe;
use super::token::{Ask, not_ours};
use crate::app::App;
use crate::subscribers::Topic;
use crate::subscribers::confirm::{self, ConfirmPage, Confirmed};
use crate::web::extract::{Form, PublicPage};
use crate::web::{Answer, Message};

#[derive(Debug, Deserialize)]
pub struct ConfirmForm {
    #[serde(default)]
    action: String,
}

pub async fn show(page: PublicPage, app: Data<App>, token: Path<String>) -> Answer {
    let (root, language, now) = (app.root.clone(), page.language.clone(), app.clock.now());
    match app.db.read(move |db| confirm::look(db, &root, &token, &language, now)).await {
        Ok(ConfirmPage::Open { subscriber, topics }) => Ask::new(&page, page.t("confirm-title", &[]))
            .paragraph(page.t("confirm-text", &[("address", subscriber.email.as_str().into())]))
            .items(names(topics))
            .words(words(&page))
            .button("confirm", page.t("confirm-button", &[]))
            .render(&page),
        Ok(ConfirmPage::Used) => used(&page),
        Ok(ConfirmPage::Expired { renewable }) => expired(&page, renewable),
        Err(error) => not_ours(&page, error),
    }
}

pub async fn submit(page: PublicPage, app: Data<App>, token: Path<String>, form: Form<ConfirmForm>) -> Answer {
    if form.action == "again" {
        return again(page, app, token.into_inner()).await;
    }
    let (root, language, now) = (app.root.clone(), page.language.clone(), app.clock.now());
    let words = words(&page);
    match app.db.write(move |db| confirm::confirm(db, &root, &token, &words, &language, now)).await {
        Ok(Confirmed::Now { topics }) => {
            let ask = Message::new(page.t("confirmed-title", &[]))
                .kind("ok")
                .paragraph(page.t("confirmed-text", &[("topics", names(topics).join(", ").into())]))
                .paragraph(page.t("confirmed-leave", &[]))
                .link("/analyses", page.t("confirmed-link", &[]));
            page.message(StatusCode::OK, &ask)
        }
        Ok(Confirmed::Before) => used(&page),
        Ok(Confirmed::Expired { renewable }) => expired(&page, renewable),
        Err(error) => not_ours(&page, error),
    }
}

async fn again(page: PublicPage, app: Data<App>, token: String) -> Answer {
    let (root, now, config) = (app.root.clone(), app.clock.now(), app.clone());
    let link = move |path: &str| config.config.web.link(path);
    match app.db.write(move |db| confirm::again(db, &root, &token, &link, now)).await {
        Ok(()) => subscribe::sent(&page),
        Err(error) => not_ours(&page, error),
    }
}

fn used(page: &PublicPage) -> Answer {
    let message = Message::new(page.t("confirm-used-title", &[]))
        .kind("info")
        .paragraph(page.t("confirm-used-text", &[]))
        .link("/analyses", page.t("confirmed-link", &[]));
    page.message(StatusCode::OK, &message)
}

fn expired(page: &PublicPage, renewable: bool) -> Answer {
    let title = page.t("link-expired-title", &[]);
    if renewable {
        let text = page.t("confirm-expired-text", &[]);
        let button = page.t("confirm-expired-button", &[]);
        return Ask::new(page, title).kind("warn").paragraph(text).button("again", button).render(page);
    }
    let message = Message::new(title)
        .kind("warn")
        .paragraph(page.t("confirm-gone-text", &[]))
        .link(format!("/subscribe?lang={}", page.language), page.t("signup-button", &[]));
    page.message(StatusCode::OK, &message)
}

fn names(topics: Vec<Topic>) -> Vec<String> {
    topics.into_iter().map(|topic| topic.name).collect()
}

fn words(page: &PublicPage) -> String {
    page.t("confirm-words", &[("organisation", page.organisation.name.as_str().into())])
}
