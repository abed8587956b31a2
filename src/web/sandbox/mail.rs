//! One mail: as a mail program shows it, its text, its headers, its source.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use serde::Serialize;
use url::Url;

use super::mails::private;
use super::only_in_sandbox;
use crate::app::App;
use crate::error::Error;
use crate::i18n::Texts;
use crate::sandbox::mailbox::read::{ReadMail, read};
use crate::sandbox::mailbox::store::{self, StoredMail};
use crate::values::Language;
use crate::web::Answer;
use crate::web::extract::{Loopback, PublicPage};

/// What a mail may do in its frame: show itself. The frame's `sandbox` attribute forbids the rest.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

#[derive(Serialize)]
struct Mail {
    crumbs: Vec<Crumb>,
    id: i64,
    subject: String,
    facts: Vec<Line>,
    has_html: bool,
    text: Vec<Piece>,
    links: Vec<String>,
    headers: Vec<Line>,
    source_href: String,
    unsubscribe_href: Option<String>,
    one_click: Option<String>,
}

#[derive(Serialize)]
struct Crumb {
    label: String,
    href: Option<&'static str>,
}

#[derive(Serialize)]
struct Line {
    term: String,
    value: String,
}

/// A stretch of the text part: a link, or what lies between two.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Piece {
    text: String,
    href: Option<String>,
}

async fn load(app: &App, id: i64) -> Result<StoredMail, crate::web::Error> {
    only_in_sandbox(app)?;
    Ok(app.db.read(move |db| Ok::<_, Error>(store::find(db, id)?)).await?)
}

/// `GET /sandbox/mail/{id}`
pub async fn show(_: Loopback, page: PublicPage, app: Data<App>, id: Path<i64>) -> Answer {
    let stored = load(&app, id.into_inner()).await?;
    let mail = read(&stored.raw);
    let zone = page.organisation.zone();
    let line = |term: &str, value: String| Line { term: term.into(), value };
    let subject = if mail.subject.is_empty() { "(no subject)".to_owned() } else { mail.subject.clone() };
    let data = Mail {
        crumbs: vec![
            Crumb { label: "Mail".into(), href: Some("/sandbox/mail") },
            Crumb { label: subject.clone(), href: None },
        ],
        id: stored.row.id,
        facts: vec![
            line("From", mail.from.clone()),
            line("To", mail.to.join(", ")),
            line("Delivered to", stored.row.recipient.clone()),
            line("Arrived", Texts::get().date_time(&Language::english(), stored.row.at, zone)),
        ],
        has_html: mail.html.is_some(),
        text: pieces(mail.text.as_deref().unwrap_or_default(), &mail.links),
        headers: mail.headers.iter().map(|(name, value)| line(name, value.clone())).collect(),
        source_href: format!("/sandbox/mail/{}/source", stored.row.id),
        unsubscribe_href: mail.list_unsubscribe.as_ref().map(Url::to_string),
        one_click: one_click(&app, &mail),
        links: mail.links,
        subject,
    };
    private(page).render("sandbox/mail", &data.subject, &data)
}

/// Where a mail provider would post. The page's policy lets forms go to this site only, so the address becomes a path.
fn one_click(app: &App, mail: &ReadMail) -> Option<String> {
    let url = mail.list_unsubscribe.as_ref().filter(|_| mail.list_unsubscribe_post)?;
    if url.origin() != app.config.web.public_url.origin() {
        return None;
    }
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("{}{query}", url.path()))
}

/// The text with its links told apart; the longest first, because one may begin with another.
fn pieces(text: &str, links: &[String]) -> Vec<Piece> {
    let mut by_length: Vec<&String> = links.iter().collect();
    by_length.sort_by_key(|link| std::cmp::Reverse(link.len()));
    let (mut pieces, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let next = by_length.iter().filter_map(|link| rest.find(link.as_str()).map(|at| (at, *link)));
        let Some((at, link)) = next.min_by_key(|(at, link)| (*at, std::cmp::Reverse(link.len()))) else { break };
        let (before, after) = rest.split_at(at);
        if !before.is_empty() {
            pieces.push(Piece { text: before.to_owned(), href: None });
        }
        pieces.push(Piece { text: link.clone(), href: Some(link.clone()) });
        rest = after.get(link.len()..).unwrap_or_default();
    }
    if !rest.is_empty() {
        pieces.push(Piece { text: rest.to_owned(), href: None });
    }
    pieces
}

/// `GET /sandbox/mail/{id}/html`: the HTML part, for the frame.
pub async fn html(_: Loopback, app: Data<App>, id: Path<i64>) -> Answer {
    let stored = load(&app, id.into_inner()).await?;
    let html = read(&stored.raw).html.ok_or(Error::NotFound("part"))?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .content_type("text/html; charset=utf-8")
        .body(opening_elsewhere(&html)))
}

/// `GET /sandbox/mail/{id}/source`: as it came over the wire.
pub async fn source(_: Loopback, app: Data<App>, id: Path<i64>) -> Answer {
    let stored = load(&app, id.into_inner()).await?;
    let text = String::from_utf8_lossy(&stored.raw).into_owned();
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text))
}

/// Mail programs open links in a browser; the frame opens them in a new tab.
fn opening_elsewhere(html: &str) -> String {
    const BASE: &str = "<base target=\"_blank\">";
    // Lowered in ASCII only, so that a place in one is the same place in the other.
    let lower = html.to_ascii_lowercase();
    let head = lower.find("<head").and_then(|at| Some(at + lower.get(at..)?.find('>')? + 1)).unwrap_or(0);
    let (before, after) = html.split_at(head);
    format!("{before}{BASE}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_told_apart() {
        let links = ["https://a.org/x".to_owned(), "https://a.org/x/y".to_owned()];
        let got = pieces("See https://a.org/x/y (or https://a.org/x).", &links);
        let shown: Vec<_> = got.iter().map(|piece| (piece.text.as_str(), piece.href.is_some())).collect();
        let wanted =
            [("See ", false), ("https://a.org/x/y", true), (" (or ", false), ("https://a.org/x", true), (").", false)];
        assert_eq!(shown, wanted);
        assert_eq!(pieces("", &links), []);
    }

    #[test]
    fn links_open_in_a_tab_of_their_own() {
        let html = opening_elsewhere("<!doctype html><HTML><Head lang=x><title>é</title>");
        assert_eq!(html, "<!doctype html><HTML><Head lang=x><base target=\"_blank\"><title>é</title>");
        assert_eq!(opening_elsewhere("<p>"), "<base target=\"_blank\"><p>");
    }
}
