//! Making and changing a fund.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::Serialize;

use crate::app::App;
use crate::audit::Actor;
use crate::db::Db;
use crate::donations::{Fund, funds};
use crate::error::{Error as FeatureError, FieldError};
use crate::organisation::NameText;
use crate::values::{At, FundId, Language};
use crate::web::extract::{Form, Staff, permit};
use crate::web::staff::field_errors;
use crate::web::staff::names::{self, NameFields, NamesForm};
use crate::web::{Answer, Notice};

type Writer = Staff<permit::Gifts>;

#[derive(Serialize)]
struct EditPage {
    heading: String,
    action: String,
    button: &'static str,
    /// The slug may be chosen once.
    is_new: bool,
    slug: String,
    is_default: bool,
    closed: bool,
    texts: Vec<NameFields>,
    errors: Vec<FieldError>,
}

/// What stands in the form.
struct Filled {
    fund: Option<Fund>,
    slug: String,
    texts: Vec<NameText>,
}

/// `GET /staff/funds/new`
pub async fn new(staff: Writer, app: Data<App>) -> Answer {
    let now = app.clock.now();
    let texts = app.db.read(move |db| funds::blank_texts(db, now)).await?;
    form(&staff, StatusCode::OK, Filled { fund: None, slug: String::new(), texts }, Vec::new())
}

/// `POST /staff/funds`
pub async fn create(staff: Writer, app: Data<App>, typed: Form<NamesForm>) -> Answer {
    let (slug, texts, actor, now) = (typed.slug.clone(), typed.texts(), staff.actor(), app.clock.now());
    match app.db.write(move |db| funds::add(db, &slug, &texts, &actor, now)).await.map_err(field_errors) {
        Ok(_) => staff.redirect("/staff/funds", Notice::ok("Fund added. Givers can choose it now.")),
        Err(errors) => {
            let filled = Filled { fund: None, slug: typed.slug.clone(), texts: typed.texts() };
            form(&staff, StatusCode::UNPROCESSABLE_ENTITY, filled, errors?)
        }
    }
}

/// `GET /staff/funds/{id}`
pub async fn edit(staff: Writer, app: Data<App>, id: Path<FundId>) -> Answer {
    let filled = load(&app, *id).await?;
    form(&staff, StatusCode::OK, filled, Vec::new())
}

async fn load(app: &App, id: FundId) -> Result<Filled, FeatureError> {
    let now = app.clock.now();
    app.db
        .read(move |db| {
            let (slug, texts) = funds::texts(db, id, now)?;
            let fund = funds::list(db, &Language::english())?.into_iter().find(|fund| fund.id == id);
            Ok(Filled { fund, slug: slug.to_string(), texts })
        })
        .await
}

/// `POST /staff/funds/{id}`
pub async fn save(staff: Writer, app: Data<App>, id: Path<FundId>, typed: Form<NamesForm>) -> Answer {
    let (id, texts, actor, now) = (*id, typed.texts(), staff.actor(), app.clock.now());
    match app.db.write(move |db| funds::rename(db, id, &texts, &actor, now)).await.map_err(field_errors) {
        Ok(()) => staff.redirect("/staff/funds", Notice::ok("Fund saved.")),
        Err(errors) => {
            let filled = Filled { texts: typed.texts(), ..load(&app, id).await? };
            form(&staff, StatusCode::UNPROCESSABLE_ENTITY, filled, errors?)
        }
    }
}

/// `POST /staff/funds/{id}/close`
pub async fn close(staff: Writer, app: Data<App>, id: Path<FundId>) -> Answer {
    change(&staff, &app, *id, funds::close, "The fund takes no new gifts. Pledges for it go on.").await
}

/// `POST /staff/funds/{id}/reopen`
pub async fn reopen(staff: Writer, app: Data<App>, id: Path<FundId>) -> Answer {
    change(&staff, &app, *id, funds::reopen, "The fund takes gifts again.").await
}

/// `POST /staff/funds/{id}/default`
pub async fn make_default(staff: Writer, app: Data<App>, id: Path<FundId>) -> Answer {
    change(&staff, &app, *id, funds::make_default, "Gifts without a choice go to this fund from now on.").await
}

async fn change(
    staff: &Writer,
    app: &App,
    id: FundId,
    what: fn(&mut Db, FundId, &Actor, At) -> Result<(), FeatureError>,
    words: &str,
) -> Answer {
    let (actor, now) = (staff.actor(), app.clock.now());
    match app.db.write(move |db| what(db, id, &actor, now)).await {
        Ok(()) => staff.redirect("/staff/funds", Notice::ok(words)),
        Err(FeatureError::Conflict(words)) => staff.redirect("/staff/funds", Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}

fn form(staff: &Writer, status: StatusCode, filled: Filled, errors: Vec<FieldError>) -> Answer {
    let first = staff.organisation.first_language();
    let id = filled.fund.as_ref().map(|fund| fund.id);
    let heading = filled.fund.as_ref().map_or_else(|| "New fund".to_owned(), |fund| fund.name.clone());
    let page = EditPage {
        action: id.map_or_else(|| "/staff/funds".into(), |id| format!("/staff/funds/{id}")),
        button: if id.is_some() { "Save" } else { "Add the fund" },
        is_new: id.is_none(),
        slug: filled.slug,
        is_default: filled.fund.as_ref().is_some_and(|fund| fund.is_default),
        closed: filled.fund.as_ref().is_some_and(|fund| fund.closed),
        texts: names::fields(filled.texts, &first, &errors),
        heading: heading.clone(),
        errors,
    };
    staff.render_with(status, "staff/funds/form", &heading, &page)
}
