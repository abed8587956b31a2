//! Topics: names and descriptions per language of the organisation.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::Serialize;

use super::field_errors;
use super::names::{self, NameFields, NamesForm};
use crate::app::App;
use crate::error::{Error, FieldError};
use crate::organisation::NameText;
use crate::subscribers::topics;
use crate::subscribers::{Topic, store};
use crate::values::{Language, TopicId};
use crate::web::extract::{Form, Staff, permit};
use crate::web::{Answer, Notice};

type Writer = Staff<permit::Subscribers>;

#[derive(Serialize)]
struct Row {
    href: String,
    name: String,
    slug: String,
    description: String,
    active: i64,
}

#[derive(Serialize)]
struct ListPage {
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct EditPage {
    heading: String,
    action: String,
    button: &'static str,
    /// The slug may be chosen once.
    is_new: bool,
    slug: String,
    texts: Vec<NameFields>,
    errors: Vec<FieldError>,
}

/// `GET /staff/topics`
pub async fn list(staff: Writer, app: Data<App>) -> Answer {
    let (topics, active) = app
        .db
        .read(|db| Ok::<_, Error>((topics::list(db, &Language::english())?, store::active_by_topic(db)?)))
        .await?;
    let row = |topic: Topic| Row {
        href: format!("/staff/topics/{}", topic.id),
        active: active.iter().find(|(id, _)| *id == topic.id).map_or(0, |(_, count)| *count),
        name: topic.name,
        slug: topic.slug.to_string(),
        description: topic.description,
    };
    staff.render("staff/topics/list", "Topics", &ListPage { rows: topics.into_iter().map(row).collect() })
}

/// `GET /staff/topics/new`
pub async fn new(staff: Writer, app: Data<App>) -> Answer {
    let now = app.clock.now();
    let texts = app.db.read(move |db| topics::blank_texts(db, now)).await?;
    form(&staff, StatusCode::OK, None, String::new(), texts, Vec::new())
}

/// `POST /staff/topics`
pub async fn create(staff: Writer, app: Data<App>, typed: Form<NamesForm>) -> Answer {
    let (slug, texts, actor, now) = (typed.slug.clone(), typed.texts(), staff.actor(), app.clock.now());
    match app.db.write(move |db| topics::add(db, &slug, &texts, &actor, now)).await.map_err(field_errors) {
        Ok(_) => staff.redirect("/staff/topics", Notice::ok("Topic added. Readers can choose it now.")),
        Err(errors) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            form(&staff, status, None, typed.slug.clone(), typed.texts(), errors?)
        }
    }
}

/// `GET /staff/topics/{id}`
pub async fn edit(staff: Writer, app: Data<App>, id: Path<TopicId>) -> Answer {
    let (id, now) = (*id, app.clock.now());
    let (slug, texts) = app.db.read(move |db| topics::texts(db, id, now)).await?;
    form(&staff, StatusCode::OK, Some(id), slug.to_string(), texts, Vec::new())
}

/// `POST /staff/topics/{id}`
pub async fn save(staff: Writer, app: Data<App>, id: Path<TopicId>, typed: Form<NamesForm>) -> Answer {
    let (id, texts, actor, now) = (*id, typed.texts(), staff.actor(), app.clock.now());
    match app.db.write(move |db| topics::rename(db, id, &texts, &actor, now)).await.map_err(field_errors) {
        Ok(()) => staff.redirect("/staff/topics", Notice::ok("Topic saved.")),
        Err(errors) => {
            let errors = errors?;
            let (slug, _) = app.db.read(move |db| topics::texts(db, id, now)).await?;
            form(&staff, StatusCode::UNPROCESSABLE_ENTITY, Some(id), slug.to_string(), typed.texts(), errors)
        }
    }
}

fn form(
    staff: &Writer,
    status: StatusCode,
    id: Option<TopicId>,
    slug: String,
    texts: Vec<NameText>,
    errors: Vec<FieldError>,
) -> Answer {
    let first = staff.organisation.first_language();
    let heading = if id.is_some() { format!("Topic {slug}") } else { "New topic".to_owned() };
    let page = EditPage {
        action: id.map_or_else(|| "/staff/topics".into(), |id| format!("/staff/topics/{id}")),
        button: if id.is_some() { "Save" } else { "Add the topic" },
        is_new: id.is_none(),
        slug,
        texts: names::fields(texts, &first, &errors),
        heading: heading.clone(),
        errors,
    };
    staff.render_with(status, "staff/topics/form", &heading, &page)
}
