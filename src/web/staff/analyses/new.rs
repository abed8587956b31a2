//! `/staff/analyses/new`: a draft in its first language; and the preview of any text.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};

use super::{Choice, known, language_choices, path, topic_choices};
use crate::analyses::write::{self, DetailsForm, TextForm};
use crate::app::App;
use crate::error::{Error, FieldError};
use crate::mail::content;
use crate::subscribers::topics::{self, Topic};
use crate::values::Language;
use crate::web::extract::{Form, Staff, permit};
use crate::web::{Answer, Notice};

/// Everything in one form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewForm {
    language: String,
    title: String,
    summary: String,
    body: String,
    slug: String,
    date: String,
    countries: String,
    topics: Vec<String>,
    /// `preview`: show, do not save.
    then: String,
}

impl NewForm {
    fn text(&self) -> TextForm {
        TextForm { title: self.title.clone(), summary: self.summary.clone(), body: self.body.clone() }
    }
    fn details(&self) -> DetailsForm {
        DetailsForm {
            slug: self.slug.clone(),
            date: self.date.clone(),
            countries: self.countries.clone(),
            topics: self.topics.clone(),
        }
    }
    /// Never one that the organisation does not have.
    fn language(&self, staff: &Staff<permit::Analyses>) -> Language {
        staff.organisation.language_or_first(Language::parse(&self.language).ok().as_ref())
    }
}

#[derive(Serialize)]
struct New {
    errors: Vec<FieldError>,
    languages: Vec<Choice>,
    lang: Language,
    dir: &'static str,
    text: TextForm,
    details: DetailsForm,
    topic_options: Vec<Choice>,
    preview: bool,
    html: String,
    preview_href: &'static str,
}

pub(super) const PREVIEW: &str = "/staff/analyses/preview";

/// `GET /staff/analyses/new`
pub async fn new(staff: Staff<permit::Analyses>, app: Data<App>) -> Answer {
    let today = app.clock.now().0.with_timezone(&staff.zone()).date_naive();
    let form = NewForm { date: today.to_string(), ..NewForm::default() };
    let topics = app.db.read(|db| Ok::<_, Error>(topics::list(db, &Language::english())?)).await?;
    page(&staff, StatusCode::OK, &form, &topics, Vec::new())
}

/// `POST /staff/analyses/new`
pub async fn create(staff: Staff<permit::Analyses>, app: Data<App>, Form(form): Form<NewForm>) -> Answer {
    let topics = app.db.read(|db| Ok::<_, Error>(topics::list(db, &Language::english())?)).await?;
    if form.then == "preview" {
        return page(&staff, StatusCode::OK, &form, &topics, Vec::new());
    }
    let (text, details) = (form.text().check(&form.language(&staff)), form.details().check(&known(&topics)));
    let (text, details) = match (text, details) {
        (Ok(text), Ok(details)) => (text, details),
        (text, details) => {
            let errors = [text.err(), details.err()].into_iter().flatten().flat_map(fields).collect();
            return page(&staff, StatusCode::UNPROCESSABLE_ENTITY, &form, &topics, errors);
        }
    };
    let (actor, now) = (staff.actor(), app.clock.now());
    match app.db.write(move |db| write::create(db, &details, &text, &actor, now)).await {
        Ok(id) => staff.redirect(&path(id.0), Notice::ok("Draft saved.")),
        Err(Error::Invalid(errors)) => page(&staff, StatusCode::UNPROCESSABLE_ENTITY, &form, &topics, errors),
        Err(other) => Err(other.into()),
    }
}

fn fields(error: Error) -> Vec<FieldError> {
    match error {
        Error::Invalid(errors) => errors,
        other => vec![FieldError { field: String::new(), message: other.to_string() }],
    }
}

fn page(
    staff: &Staff<permit::Analyses>,
    status: StatusCode,
    form: &NewForm,
    topics: &[Topic],
    errors: Vec<FieldError>,
) -> Answer {
    let lang = form.language(staff);
    let preview = form.then == "preview";
    let data = New {
        errors,
        languages: language_choices(&staff.organisation.languages()),
        dir: lang.dir(),
        lang,
        text: form.text(),
        details: form.details(),
        topic_options: topic_choices(topics, &form.topics),
        preview,
        html: if preview { content::html(&form.body) } else { String::new() },
        preview_href: PREVIEW,
    };
    staff.render_with(status, "staff/analyses/new", "New analysis", &data)
}

#[derive(Serialize)]
struct Preview {
    lang: Language,
    dir: &'static str,
    text: TextForm,
    html: String,
}

/// `POST /staff/analyses/preview`: the fragment under the form. Saves nothing; a POST because texts are long.
pub async fn preview(staff: Staff<permit::Analyses>, Form(form): Form<NewForm>) -> Answer {
    let lang = Language::parse(&form.language).unwrap_or_default();
    let data = Preview { dir: lang.dir(), lang, text: form.text(), html: content::html(&form.body) };
    staff.render("staff/analyses/preview", "Preview", &data)
}
