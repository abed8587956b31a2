//! Signing up, by form or JSON. The answer says nothing about the address.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::app::App;
use crate::error::{Error, FieldError};
use crate::subscribers::signup::{self, SignupRequest};
use crate::subscribers::topics;
use crate::values::Language;
use crate::web::extract::{FormOrJson, PublicPage};
use crate::web::{Answer, Message};

/// The form in every page's foot; programs send the same as JSON.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SignupForm {
    pub email: String,
    pub name: String,
    pub topics: Vec<String>,
    pub language: String,
    /// People do not see this field.
    pub website: String,
}

#[derive(Serialize)]
struct FormPage {
    form: SignupForm,
    choices: Vec<Choice>,
    languages: Vec<Choice>,
    errors: Vec<FieldError>,
}

/// One option of a group of checkboxes or of a list.
#[derive(Debug, Serialize)]
pub(super) struct Choice {
    pub value: String,
    pub label: String,
    pub hint: String,
    pub checked: bool,
}

/// The form on a page of its own.
pub async fn form(page: PublicPage) -> Answer {
    let form = SignupForm { language: page.language.to_string(), ..SignupForm::default() };
    show(&page, StatusCode::OK, form, Vec::new()).await
}

pub async fn create(mut page: PublicPage, app: Data<App>, body: FormOrJson<SignupForm>) -> Answer {
    let FormOrJson { value: form, is_json } = body;
    // The answer is in the language of the form, whatever the browser prefers.
    let asked = Language::parse(&form.language).unwrap_or_else(|_| page.language.clone());
    page.language = page.organisation.language_or_first(Some(&asked));
    let request = request_of(&form, &page, is_json);
    let (config, root, now) = (app.clone(), app.root.clone(), app.clock.now());
    let link = move |path: &str| config.config.web.link(path);
    match app.db.write(move |db| signup::request(db, &request, &root, &link, now)).await {
        Ok(()) if is_json => Ok(HttpResponse::Ok().json(json!({ "status": "accepted", "message": sent_text(&page) }))),
        Ok(()) => sent(&page),
        Err(Error::Invalid(errors)) if is_json => {
            let words = errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ");
            let body = json!({ "error": { "message": words, "fields": errors } });
            Ok(HttpResponse::UnprocessableEntity().json(body))
        }
        Err(Error::Invalid(errors)) => show(&page, StatusCode::UNPROCESSABLE_ENTITY, form, errors).await,
        Err(other) => Err(other.into()),
    }
}

/// "Check your mailbox": the answer to every sign-up that could be read.
pub(super) fn sent(page: &PublicPage) -> Answer {
    let message = Message::new(page.t("subscribe-sent-title", &[]))
        .kind("ok")
        .paragraph(sent_text(page))
        .paragraph(page.t("subscribe-sent-nothing", &[]));
    page.message(StatusCode::OK, &message)
}

fn sent_text(page: &PublicPage) -> String {
    page.t("subscribe-sent-text", &[("days", signup::VALID_DAYS.into())])
}

fn request_of(form: &SignupForm, page: &PublicPage, is_json: bool) -> SignupRequest {
    SignupRequest {
        email: form.email.clone(),
        name: form.name.clone(),
        topics: form.topics.clone(),
        language: page.language.clone(),
        form: if is_json { "json" } else { "website" }.into(),
        // What another program's page said is not known here.
        words: if is_json {
            String::new()
        } else {
            format!("{} {}", page.t("signup-text", &[]), page.t("signup-promise", &[]))
        },
        website: form.website.clone(),
    }
}

async fn show(page: &PublicPage, status: StatusCode, form: SignupForm, errors: Vec<FieldError>) -> Answer {
    let language = page.language.clone();
    let topics = page.app.db.read(move |db| topics::list(db, &language).map_err(Error::from)).await?;
    let choice = |topic: topics::Topic| Choice {
        checked: form.topics.iter().any(|slug| slug == topic.slug.as_str()),
        value: topic.slug.to_string(),
        label: topic.name,
        hint: topic.description,
    };
    let choices = topics.into_iter().map(choice).collect();
    let errors = errors.into_iter().map(|error| worded(page, error)).collect();
    let title = page.t("signup-title", &[]);
    let languages = languages(page, &page.language);
    page.render_with(status, "public/subscribe", &title, &FormPage { form, choices, languages, errors })
}

/// The organisation's languages as options.
pub(super) fn languages(page: &PublicPage, current: &Language) -> Vec<Choice> {
    let mut all = page.organisation.languages();
    if !all.contains(current) {
        all.push(current.clone());
    }
    let option = |language: &Language| Choice {
        value: language.to_string(),
        label: language.own_name().to_owned(),
        hint: String::new(),
        checked: language == current,
    };
    all.iter().map(option).collect()
}

/// The feature's words are English; a reader gets the field's sentence in their language.
pub(super) fn worded(page: &PublicPage, error: FieldError) -> FieldError {
    let key = match error.field.as_str() {
        "email" => "subscribe-error-email",
        "name" => "subscribe-error-name",
        "topics" => "subscribe-error-topics",
        "language" => "subscribe-error-language",
        "time_zone" => "preferences-error-zone",
        _ => return error,
    };
    FieldError { message: page.t(key, &[]), field: error.field }
}
