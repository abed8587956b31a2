//! `/analyses.atom`: the newest analyses as an Atom feed (RFC 4287).

use actix_web::http::header::{self, HttpDate};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use crate::analyses::read::{Filter, Listed, published};
use crate::app::App;
use crate::error::Error;
use crate::organisation::{self, Organisation};
use crate::subscribers::topics::{self, Topic};
use crate::values::{At, Language, PageRequest, sha256_hex};
use crate::web::Answer;
use crate::web::extract::Query;

const NEWEST: i64 = 30;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FeedQuery {
    lang: String,
}

/// `GET /analyses.atom[?lang=]`: with a language only what there is in it; without, all of it, in the organisation's
/// first language where possible. What the reader's program asks for by `Accept-Language` changes nothing.
pub async fn show(app: Data<App>, request: HttpRequest, Query(query): Query<FeedQuery>) -> Answer {
    let now = app.clock.now();
    let (organisation, only, rows, topics) = app
        .db
        .read(move |db| {
            let organisation = organisation::store::get(db, now)?;
            let only = Language::parse(&query.lang).ok().filter(|asked| organisation.languages().contains(asked));
            let language = only.clone().unwrap_or_else(|| organisation.first_language());
            let filter = Filter { language: only.clone(), topic: None };
            let rows = published(db, &filter, std::slice::from_ref(&language), PageRequest::new(None, NEWEST))?.rows;
            Ok::<_, Error>((organisation, only, rows, topics::list(db, &language)?))
        })
        .await?;
    let feed = Feed { app: &app, organisation: &organisation, only: only.as_ref(), rows: &rows, topics: &topics };
    Ok(answer(&request, feed.updated(), feed.write()))
}

/// Readers' programs ask every hour or so; what they know already is not sent again (RFC 9110, section 13).
fn answer(request: &HttpRequest, updated: At, body: String) -> HttpResponse {
    let tag = format!("\"{}\"", sha256_hex(&body).get(..32).unwrap_or_default());
    let asked = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let known = match asked(header::IF_NONE_MATCH) {
        Some(tags) => tags == "*" || tags.split(',').any(|one| one.trim().trim_start_matches("W/") == tag),
        None => asked(header::IF_MODIFIED_SINCE)
            .and_then(|since| chrono::DateTime::parse_from_rfc2822(since).ok())
            .is_some_and(|since| updated.0.timestamp() <= since.timestamp()),
    };
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((header::ETAG, tag))
        .insert_header((header::LAST_MODIFIED, HttpDate::from(std::time::SystemTime::from(updated.0))))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"));
    match known {
        true => answer.finish(),
        false => answer.content_type("application/atom+xml; charset=utf-8").body(body),
    }
}

struct Feed<'a> {
    app: &'a App,
    organisation: &'a Organisation,
    only: Option<&'a Language>,
    rows: &'a [Listed],
    topics: &'a [Topic],
}

impl Feed<'_> {
    /// An empty feed changes when the organisation does.
    fn updated(&self) -> At {
        self.rows.iter().map(|row| row.updated_at).max().unwrap_or(self.organisation.updated_at)
    }

    fn link(&self, path: &str, language: Option<&Language>) -> String {
        let link = self.app.config.web.link(path);
        escaped(&language.map_or(link.clone(), |language| format!("{link}?lang={language}")))
    }

    fn write(&self) -> String {
        let first = self.organisation.first_language();
        let language = self.only.unwrap_or(&first);
        let own = self.link("/analyses.atom", self.only);
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{language}\">\n\
             <id>{own}</id>\n<title>{name}</title>\n<updated>{updated}</updated>\n\
             <link rel=\"self\" type=\"application/atom+xml\" href=\"{own}\"/>\n\
             <link rel=\"alternate\" type=\"text/html\" href=\"{list}\"/>\n<author><name>{name}</name></author>\n",
            name = escaped(&self.organisation.name),
            updated = self.updated().rfc3339(),
            list = self.link("/analyses", self.only),
        );
        for row in self.rows {
            self.write_entry(&mut xml, row);
        }
        xml.push_str("</feed>\n");
        xml
    }

    fn write_entry(&self, xml: &mut String, row: &Listed) {
        let page = self.link(&format!("/analyses/{}", row.analysis.slug), Some(&row.language));
        // A tag URI (RFC 4151) stays the same when the slug or a title changes.
        let id = format!(
            "tag:{},{}:analyses/{}/{}",
            self.app.config.web.host(),
            row.analysis.created_at.0.format("%Y-%m-%d"),
            row.analysis.id,
            row.language
        );
        xml.push_str(&format!(
            "<entry xml:lang=\"{language}\">\n<id>{id}</id>\n<title>{title}</title>\n\
             <link rel=\"alternate\" type=\"text/html\" hreflang=\"{language}\" href=\"{page}\"/>\n\
             <published>{published}</published>\n<updated>{updated}</updated>\n<summary>{summary}</summary>\n",
            language = row.language,
            id = escaped(&id),
            title = escaped(&row.title),
            published = row.analysis.published_at.unwrap_or(row.analysis.created_at).rfc3339(),
            updated = row.updated_at.rfc3339(),
            summary = escaped(&row.summary),
        ));
        for topic in self.topics.iter().filter(|topic| row.topics.contains(&topic.id)) {
            let (slug, name) = (&topic.slug, escaped(&topic.name));
            xml.push_str(&format!("<category term=\"{slug}\" label=\"{name}\"/>\n"));
        }
        xml.push_str("</entry>\n");
    }
}

/// For text and for attributes in double quotes. Control characters never reach the database.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
