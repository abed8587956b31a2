//! Steps that need a second look: publish, take off the site, delete. Each has a page that asks and a POST that does.

use actix_web::web::{Data, Path};
use serde::Serialize;

use super::{Fact, Whole, names, path};
use crate::analyses::{publish as rules, write};
use crate::app::App;
use crate::error::Error;
use crate::values::{AnalysisId, Language};
use crate::web::extract::{Staff, permit};
use crate::web::{Answer, Notice};

type Editor = Staff<permit::Analyses>;

#[derive(Serialize)]
struct Sure {
    heading: String,
    lead: &'static str,
    action: String,
    button: &'static str,
    danger: bool,
    cancel_href: String,
    facts: Vec<Fact>,
    warning: Option<String>,
}

async fn load(app: &App, id: i64) -> Result<Whole, Error> {
    app.db.read(move |db| Whole::load(db, id)).await
}

fn facts(whole: &Whole) -> Vec<Fact> {
    let complete = whole.translations.iter().filter(|text| text.is_complete()).map(|text| text.language.clone());
    vec![
        Fact { term: "Title", value: whole.title().to_owned() },
        Fact { term: "Address", value: format!("/analyses/{}", whole.analysis.slug) },
        Fact { term: "Languages", value: names(complete) },
    ]
}

/// `GET /staff/analyses/{id}/publish`
pub async fn sure_publish(staff: Editor, app: Data<App>, id: Path<i64>) -> Answer {
    let whole = load(&app, id.into_inner()).await?;
    whole.analysis.publish(&whole.translations)?;
    let unfinished = names(whole.translations.iter().filter(|text| !text.is_complete()).map(|t| t.language.clone()));
    let sure = Sure {
        heading: "Publish this analysis?".into(),
        lead: "Everybody can read it at once, in every language that is complete. No mail goes out by this.",
        action: format!("{}/publish", whole.path()),
        button: "Publish analysis",
        danger: false,
        cancel_href: whole.path(),
        facts: facts(&whole),
        warning: (!unfinished.is_empty()).then(|| format!("Unfinished and not shown: {unfinished}.")),
    };
    staff.render("staff/analyses/confirm", &sure.heading, &sure)
}

/// `POST /staff/analyses/{id}/publish`
pub async fn publish(staff: Editor, app: Data<App>, id: Path<i64>) -> Answer {
    let (id, actor, now) = (id.into_inner(), staff.actor(), app.clock.now());
    app.db.write(move |db| rules::publish(db, AnalysisId(id), &actor, now)).await?;
    staff.redirect(&path(id), Notice::ok("Published. Readers can open it now."))
}

/// `GET /staff/analyses/{id}/unpublish`
pub async fn sure_unpublish(staff: Editor, app: Data<App>, id: Path<i64>) -> Answer {
    let whole = load(&app, id.into_inner()).await?;
    whole.analysis.unpublish()?;
    let sure = Sure {
        heading: "Take this analysis off the site?".into(),
        lead: "It becomes a draft again. Links to it, in mails too, will say that it is not there.",
        action: format!("{}/unpublish", whole.path()),
        button: "Unpublish analysis",
        danger: true,
        cancel_href: whole.path(),
        facts: facts(&whole),
        warning: None,
    };
    staff.render("staff/analyses/confirm", &sure.heading, &sure)
}

/// `POST /staff/analyses/{id}/unpublish`
pub async fn unpublish(staff: Editor, app: Data<App>, id: Path<i64>) -> Answer {
    let (id, actor, now) = (id.into_inner(), staff.actor(), app.clock.now());
    app.db.write(move |db| rules::unpublish(db, AnalysisId(id), &actor, now)).await?;
    staff.redirect(&path(id), Notice::ok("Taken off the site. It is a draft now."))
}

/// `GET /staff/analyses/{id}/delete`
pub async fn sure_delete(staff: Editor, app: Data<App>, id: Path<i64>) -> Answer {
    let whole = load(&app, id.into_inner()).await?;
    whole.analysis.may_be_deleted()?;
    let sure = Sure {
        heading: "Delete this draft?".into(),
        lead: "It goes with all its languages. This cannot be undone.",
        action: format!("{}/delete", whole.path()),
        button: "Delete draft",
        danger: true,
        cancel_href: whole.path(),
        facts: facts(&whole),
        warning: None,
    };
    staff.render("staff/analyses/confirm", &sure.heading, &sure)
}

/// `POST /staff/analyses/{id}/delete`
pub async fn delete(staff: Editor, app: Data<App>, id: Path<i64>) -> Answer {
    let (id, actor, now) = (id.into_inner(), staff.actor(), app.clock.now());
    app.db.write(move |db| write::delete(db, AnalysisId(id), &actor, now)).await?;
    staff.redirect("/staff/analyses", Notice::ok("Draft deleted."))
}

/// `GET /staff/analyses/{id}/text/{language}/delete`
pub async fn sure_delete_text(staff: Editor, app: Data<App>, at: Path<(i64, String)>) -> Answer {
    let (id, tag) = at.into_inner();
    let whole = load(&app, id).await?;
    let text = whole.translations.iter().find(|text| text.language.as_str() == tag);
    let text = text.ok_or(Error::NotFound("translation"))?;
    let here = format!("{}/text/{}", whole.path(), text.language);
    let sure = Sure {
        heading: format!("Delete the text in {}?", text.language.own_name()),
        lead: "The other languages stay. This cannot be undone.",
        action: format!("{here}/delete"),
        button: "Delete language",
        danger: true,
        cancel_href: here,
        facts: vec![Fact { term: "Title", value: text.title.clone() }],
        warning: None,
    };
    staff.render("staff/analyses/confirm", &sure.heading, &sure)
}

/// `POST /staff/analyses/{id}/text/{language}/delete`
pub async fn delete_text(staff: Editor, app: Data<App>, at: Path<(i64, String)>) -> Answer {
    let ((id, tag), actor, now) = (at.into_inner(), staff.actor(), app.clock.now());
    let language = Language::parse(&tag).map_err(|_| Error::NotFound("translation"))?;
    let name = language.own_name().to_owned();
    app.db.write(move |db| write::delete_translation(db, AnalysisId(id), &language, &actor, now)).await?;
    staff.redirect(&path(id), Notice::ok(format!("{name} deleted.")))
}
