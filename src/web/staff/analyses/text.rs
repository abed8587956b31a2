//! `/staff/analyses/{id}/text/{language}`: one language.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};

use super::new::PREVIEW;
use super::{Crumb, Whole, crumbs, path};
use crate::analyses::Translation;
use crate::analyses::write::{self, Seen, TextForm};
use crate::app::App;
use crate::error::{Error, FieldError};
use crate::mail::content;
use crate::organisation::Organisation;
use crate::values::{AnalysisId, Language};
use crate::web::extract::{Form, Staff, permit};
use crate::web::{Answer, Notice};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TextPost {
    seen: i64,
    title: String,
    summary: String,
    body: String,
    /// `preview`: show, do not save.
    then: String,
}

#[derive(Serialize)]
struct TextPage {
    crumbs: Vec<Crumb>,
    heading: String,
    published: bool,
    tabs: Vec<Tab>,
    errors: Vec<FieldError>,
    action: String,
    back_href: String,
    delete_href: Option<String>,
    seen: Seen,
    lang: Language,
    dir: &'static str,
    text: TextForm,
    /// What somebody else saved meanwhile.
    theirs: Option<TextForm>,
    preview: bool,
    html: String,
    preview_href: &'static str,
}

#[derive(Serialize)]
struct Tab {
    href: String,
    name: String,
    current: bool,
    missing: bool,
}

/// `GET /staff/analyses/{id}/text/{language}`
pub async fn text(staff: Staff<permit::Analyses>, app: Data<App>, path: Path<(i64, String)>) -> Answer {
    let (id, tag) = path.into_inner();
    let whole = app.db.read(move |db| Whole::load(db, id)).await?;
    let language = language(&whole, &staff.organisation, &tag)?;
    let (form, seen) = stored(&whole, &language);
    page(&staff, StatusCode::OK, &whole, &language, Typed { form, seen, preview: false }, Vec::new())
}

/// `POST /staff/analyses/{id}/text/{language}`
pub async fn save_text(
    staff: Staff<permit::Analyses>,
    app: Data<App>,
    path: Path<(i64, String)>,
    Form(post): Form<TextPost>,
) -> Answer {
    let ((id, tag), seen) = (path.into_inner(), Seen(post.seen));
    let whole = app.db.read(move |db| Whole::load(db, id)).await?;
    let language = language(&whole, &staff.organisation, &tag)?;
    let form = TextForm { title: post.title, summary: post.summary, body: post.body };
    if post.then == "preview" {
        let typed = Typed { form, seen, preview: true };
        return page(&staff, StatusCode::OK, &whole, &language, typed, Vec::new());
    }
    let (text, actor, now) = (form.check(&language), staff.actor(), app.clock.now());
    let saved = app.db.write(move |db| write::save_translation(db, AnalysisId(id), &text?, seen, &actor, now));
    let (status, errors) = match saved.await {
        Ok(()) => return staff.redirect(&super::path(id), Notice::ok(format!("{} saved.", language.own_name()))),
        Err(Error::Invalid(errors)) => (StatusCode::UNPROCESSABLE_ENTITY, errors),
        Err(Error::Conflict(_)) => (StatusCode::CONFLICT, Vec::new()),
        Err(other) => return Err(other.into()),
    };
    let whole = app.db.read(move |db| Whole::load(db, id)).await?;
    let seen = if status == StatusCode::CONFLICT { stored(&whole, &language).1 } else { seen };
    page(&staff, status, &whole, &language, Typed { form, seen, preview: false }, errors)
}

/// One that is written, or one of the organisation's.
fn language(whole: &Whole, organisation: &Organisation, tag: &str) -> Result<Language, Error> {
    let language = Language::parse(tag).map_err(|_| Error::NotFound("language"))?;
    match whole.text(&language).is_some() || organisation.languages().contains(&language) {
        true => Ok(language),
        false => Err(Error::NotFound("language")),
    }
}

fn stored(whole: &Whole, language: &Language) -> (TextForm, Seen) {
    let text = whole.text(language);
    let form = |text: &Translation| TextForm {
        title: text.title.clone(),
        summary: text.summary.clone(),
        body: text.body.clone(),
    };
    (text.map(form).unwrap_or_default(), Seen::of(text.map(|text| text.updated_at)))
}

struct Typed {
    form: TextForm,
    seen: Seen,
    preview: bool,
}

fn page(
    staff: &Staff<permit::Analyses>,
    status: StatusCode,
    whole: &Whole,
    language: &Language,
    typed: Typed,
    errors: Vec<FieldError>,
) -> Answer {
    let here = format!("{}/text/{language}", path(whole.analysis.id.0));
    let heading = format!("{}: {}", language.own_name(), whole.title());
    let data = TextPage {
        crumbs: crumbs(whole, language.own_name()),
        published: whole.analysis.is_published(),
        tabs: tabs(whole, &staff.organisation, language),
        errors,
        back_href: whole.path(),
        delete_href: (whole.text(language).is_some() && whole.translations.len() > 1).then(|| format!("{here}/delete")),
        action: here,
        seen: typed.seen,
        lang: language.clone(),
        dir: language.dir(),
        theirs: (status == StatusCode::CONFLICT).then(|| stored(whole, language).0),
        preview: typed.preview,
        html: if typed.preview { content::html(&typed.form.body) } else { String::new() },
        preview_href: PREVIEW,
        text: typed.form,
        heading,
    };
    staff.render_with(status, "staff/analyses/text", &data.heading, &data)
}

fn tabs(whole: &Whole, organisation: &Organisation, here: &Language) -> Vec<Tab> {
    let mut languages: Vec<Language> = whole.translations.iter().map(|text| text.language.clone()).collect();
    let missing = organisation.languages().into_iter().filter(|language| whole.text(language).is_none());
    languages.extend(missing);
    let tab = |language: &Language| Tab {
        href: format!("{}/text/{language}", whole.path()),
        name: language.own_name().to_owned(),
        current: language == here,
        missing: whole.text(language).is_none(),
    };
    languages.iter().map(tab).collect()
}
