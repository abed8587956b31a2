//! The inbox: a list that refreshes itself, and the button that empties it.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};

use super::only_in_sandbox;
use crate::app::App;
use crate::error::Error;
use crate::i18n::Texts;
use crate::sandbox::mailbox::store::{self, MailRow};
use crate::values::{Language, PageRequest};
use crate::web::Answer;
use crate::web::extract::{Loopback, PublicPage, Query};
use crate::web::pager::Pager;
use crate::web::public::analyses::view::address;
use crate::web::staff::moment;

const PER_PAGE: i64 = 50;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct MailsQuery {
    q: String,
    page: String,
}

#[derive(Serialize)]
struct Mails {
    q: String,
    total: i64,
    zone: String,
    count: String,
    clear_href: Option<&'static str>,
    live_url: String,
    rows: Vec<Row>,
    pager: Pager,
}

#[derive(Serialize)]
struct Row {
    id: i64,
    subject: String,
    recipient: String,
    sender: String,
    at: String,
    time: String,
    size: String,
}

/// `GET /sandbox/mail[?q=&page=]`
pub async fn list(_: Loopback, page: PublicPage, app: Data<App>, Query(query): Query<MailsQuery>) -> Answer {
    let mails = load(&page, &app, query).await?;
    private(page).render("sandbox/mails", "Sandbox mailbox", &mails)
}

/// `GET /sandbox/mail/live`: the list alone, for the script that refreshes it.
pub async fn live(_: Loopback, page: PublicPage, app: Data<App>, Query(query): Query<MailsQuery>) -> Answer {
    let mails = load(&page, &app, query).await?;
    private(page).render("sandbox/mails-live", "Sandbox mailbox", &mails)
}

/// No search engine, and English like the staff's pages.
pub(super) fn private(mut page: PublicPage) -> PublicPage {
    page.meta.noindex = true;
    page.language = Language::english();
    page
}

async fn load(page: &PublicPage, app: &App, query: MailsQuery) -> Result<Mails, crate::web::Error> {
    only_in_sandbox(app)?;
    let (search, request) = (query.q.clone(), PageRequest::new(query.page.parse().ok(), PER_PAGE));
    let found = app.db.read(move |db| Ok::<_, Error>(store::list(db, Some(&search), request)?)).await?;
    let (texts, english) = (Texts::get(), Language::english());
    let zone = page.organisation.zone();
    let row = |mail: &MailRow| Row {
        id: mail.id,
        subject: if mail.subject.is_empty() { "(no subject)".into() } else { mail.subject.clone() },
        recipient: mail.recipient.clone(),
        sender: mail.sender.clone(),
        at: mail.at.rfc3339(),
        time: moment(mail.at, zone),
        size: format!("{} KB", texts.number(&english, (mail.bytes + 1023) / 1024)),
    };
    let number = texts.number(&english, found.total);
    let here = |path: &str, number: i64| {
        let number = number.to_string();
        let all = [("q", query.q.as_str()), ("page", if number == "1" { "" } else { &number })];
        address(path, &all.into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>())
    };
    Ok(Mails {
        total: found.total,
        zone: zone.name().replace('_', " "),
        count: if found.total == 1 { "1 message".into() } else { format!("{number} messages") },
        clear_href: (!query.q.is_empty()).then_some("/sandbox/mail"),
        live_url: here("/sandbox/mail/live", request.number),
        rows: found.rows.iter().map(row).collect(),
        pager: Pager::new(&found, |number| here("/sandbox/mail", number)),
        q: query.q.clone(),
    })
}

#[derive(Serialize)]
struct Sure {
    heading: String,
    button: String,
}

/// `GET /sandbox/mail/delete`
pub async fn sure_delete(_: Loopback, page: PublicPage, app: Data<App>) -> Answer {
    only_in_sandbox(&app)?;
    let count = app.db.read(|db| Ok::<_, Error>(store::count(db)?)).await?;
    let what = match count {
        1 => "1 message".to_owned(),
        count => format!("{} messages", Texts::get().number(&Language::english(), count)),
    };
    let sure = Sure { heading: format!("Delete {what}?"), button: format!("Delete {what}") };
    private(page).render("sandbox/delete", &sure.heading, &sure)
}

/// `POST /sandbox/mail/delete`
pub async fn delete(_: Loopback, app: Data<App>) -> Answer {
    only_in_sandbox(&app)?;
    app.db.write(|db| Ok::<_, Error>(store::delete_all(db)?)).await?;
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, "/sandbox/mail")).finish())
}
