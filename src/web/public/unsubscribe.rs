//! Leaving: by one click in the mail program (RFC 8058), or on a page.

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::token::{Ask, not_ours};
use crate::app::App;
use crate::campaigns;
use crate::db::Db;
use crate::error::Error;
use crate::i18n::{Texts, Value};
use crate::subscribers::preferences;
use crate::subscribers::topics;
use crate::subscribers::unsubscribe::{self, Left, Reader, Through};
use crate::values::{CampaignId, Language, Purpose, TopicId};
use crate::web::extract::PublicPage;
use crate::web::{Answer, Message};

/// The topics of the campaign that brought the link; empty means that there is only everything to leave.
fn campaign_topics(db: &mut Db, campaign: Option<CampaignId>) -> Result<Vec<TopicId>, Error> {
    Ok(campaign.map(|id| campaigns::store::topics(db, id)).transpose()?.unwrap_or_default())
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    OneClick,
    Topics,
    All,
    Undo,
    Preferences,
}

struct Shown {
    reader: Reader,
    topics: Vec<String>,
    subscribed: bool,
    undoable: bool,
}

pub async fn show(page: PublicPage, app: Data<App>, token: Path<String>) -> Answer {
    let (root, language, now) = (app.root.clone(), page.language.clone(), app.clock.now());
    let shown = app.db.read(move |db| {
        let reader = unsubscribe::reader(db, &root, &token, now)?;
        look(db, reader, &language, now)
    });
    match shown.await {
        Ok(shown) if shown.subscribed => ask(&page, &shown),
        Ok(shown) => gone(&page, shown.undoable),
        Err(error) => not_ours(&page, error),
    }
}

pub async fn submit(
    page: PublicPage,
    app: Data<App>,
    token: Path<String>,
    request: HttpRequest,
    body: Bytes,
) -> Answer {
    // Before a transaction that writes: what we did not make costs the database nothing.
    if app.root.verify(Purpose::Unsubscribe, &token, app.clock.now()).is_err() {
        return not_ours(&page, Error::NotFound("link"));
    }
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let Some(wish) = wish(kind, &body) else {
        let (root, now) = (app.root.clone(), app.clock.now());
        return match app.db.read(move |db| unsubscribe::reader(db, &root, &token, now)).await {
            Ok(_) => Err(crate::web::Error::Unreadable("no List-Unsubscribe=One-Click and no button".into())),
            Err(error) => not_ours(&page, error),
        };
    };
    if wish == Wish::Preferences {
        return mail_preferences_link(page, app, token.into_inner()).await;
    }
    match act(&page, &app, token.into_inner(), wish).await {
        // The mail program reads the status; nobody reads the words.
        Ok(_) if wish == Wish::OneClick => {
            Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("Done.\n"))
        }
        Ok((shown, _)) if wish == Wish::Undo && shown.subscribed => back(&page),
        Ok((shown, left)) if left.is_some_and(|left| left.remaining > 0) => left_topics(&page, &shown),
        Ok((shown, _)) => gone(&page, shown.undoable),
        Err(error) => not_ours(&page, error),
    }
}

async fn act(page: &PublicPage, app: &Data<App>, token: String, wish: Wish) -> Result<(Shown, Option<Left>), Error> {
    let (root, language, now) = (app.root.clone(), page.language.clone(), app.clock.now());
    let write = app.db.write(move |db| {
        let reader = unsubscribe::reader(db, &root, &token, now)?;
        let topics = campaign_topics(db, reader.campaign)?;
        let (form, words) = button(wish, topics.len(), &language);
        let through = Through { form, words: &words, language: &language };
        let left = match (wish, &reader.subscriber) {
            (Wish::Undo, Some(row)) => {
                unsubscribe::undo(db, row.id, through, now)?;
                None
            }
            (Wish::Undo, None) => None,
            (Wish::All, _) => Some(reader.leave(db, &[], &root, through, now)?),
            _ => Some(reader.leave(db, &topics, &root, through, now)?),
        };
        let reader = unsubscribe::reader(db, &root, &token, now)?;
        Ok((look(db, reader, &language, now)?, left))
    });
    write.await
}

/// Through what, and with which words before their eyes, somebody acted.
fn button(wish: Wish, topics: usize, language: &Language) -> (&'static str, String) {
    let t = |key: &str, args: &[(&str, Value<'_>)]| Texts::get().t(language, key, args);
    match wish {
        Wish::OneClick => ("one-click", "List-Unsubscribe=One-Click".to_owned()),
        Wish::Topics => ("unsubscribe page", t("leave-topics-button", &[("count", topics.into())])),
        Wish::Undo => ("unsubscribe page", t("leave-undo-button", &[])),
        Wish::All | Wish::Preferences => ("unsubscribe page", t("leave-all-button", &[])),
    }
}

fn look(db: &mut Db, reader: Reader, language: &Language, now: crate::values::At) -> Result<Shown, Error> {
    let about = campaign_topics(db, reader.campaign)?;
    let all = topics::list(db, language)?;
    let topics = all.into_iter().filter(|topic| about.contains(&topic.id)).map(|topic| topic.name).collect();
    let (subscribed, undoable) = match &reader.subscriber {
        Some(row) => (unsubscribe::hears_from_us(row), unsubscribe::undoable(db, row.id, now)?),
        None => (false, false),
    };
    Ok(Shown { reader, topics, subscribed, undoable })
}

/// RFC 8058 section 3.2: the body is `List-Unsubscribe=One-Click`, as a form of either kind. Some programs send nothing.
fn wish(content_type: &str, body: &[u8]) -> Option<Wish> {
    if body.is_empty() {
        return Some(Wish::OneClick);
    }
    if content_type.to_ascii_lowercase().starts_with("multipart/form-data") {
        let text = String::from_utf8_lossy(body).to_ascii_lowercase();
        return (text.contains("list-unsubscribe") && text.contains("one-click")).then_some(Wish::OneClick);
    }
    url::form_urlencoded::parse(body).find_map(|(name, value)| match (name.to_ascii_lowercase().as_str(), &*value) {
        ("list-unsubscribe", value) if value.eq_ignore_ascii_case("one-click") => Some(Wish::OneClick),
        ("action", "topics") => Some(Wish::Topics),
        ("action", "all") => Some(Wish::All),
        ("action", "undo") => Some(Wish::Undo),
        ("action", "preferences") => Some(Wish::Preferences),
        _ => None,
    })
}

async fn mail_preferences_link(page: PublicPage, app: Data<App>, token: String) -> Answer {
    let (root, now, config) = (app.root.clone(), app.clock.now(), app.clone());
    let link = move |path: &str| config.config.web.link(path);
    let write = app.db.write(move |db| preferences::mail_link(db, &root, Purpose::Unsubscribe, &token, &link, now));
    match write.await {
        Ok(()) => super::preferences::link_mailed(&page),
        Err(error) => not_ours(&page, error),
    }
}

fn ask(page: &PublicPage, shown: &Shown) -> Answer {
    let mut ask = Ask::new(page, page.t("leave-title", &[]))
        .paragraph(page.t("leave-text", &[("address", shown.reader.masked.as_str().into())]));
    if !shown.topics.is_empty() {
        let count = [("count", shown.topics.len().into())];
        ask = ask
            .paragraph(page.t("leave-topics-text", &count))
            .items(shown.topics.clone())
            .button("topics", page.t("leave-topics-button", &count));
    }
    ask.button("all", page.t("leave-all-button", &[]))
        .button("preferences", page.t("leave-choose-button", &[]))
        .render(page)
}

fn gone(page: &PublicPage, undoable: bool) -> Answer {
    result(page, page.t("left-title", &[]), page.t("left-text", &[]), undoable)
}

fn left_topics(page: &PublicPage, shown: &Shown) -> Answer {
    let title = page.t("left-topics-title", &[("count", shown.topics.len().into())]);
    result(page, title, page.t("left-topics-text", &[]), shown.undoable)
}

fn result(page: &PublicPage, title: String, text: String, undoable: bool) -> Answer {
    let mut ask = Ask::new(page, title).kind("ok").paragraph(text);
    if undoable {
        ask = ask.paragraph(page.t("leave-undo-text", &[])).button("undo", page.t("leave-undo-button", &[]));
    }
    ask.render(page)
}

fn back(page: &PublicPage) -> Answer {
    let message = Message::new(page.t("restored-title", &[])).kind("ok").paragraph(page.t("restored-text", &[]));
    page.message(StatusCode::OK, &message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_click_comes_in_two_kinds() {
        assert_eq!(wish("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click"), Some(Wish::OneClick));
        let multipart = b"--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--";
        assert_eq!(wish("multipart/form-data; boundary=x", multipart), Some(Wish::OneClick));
        assert_eq!(wish("application/x-www-form-urlencoded", b"action=all"), Some(Wish::All));
        assert_eq!(wish("application/x-www-form-urlencoded", b"something=else"), None);
    }
}
