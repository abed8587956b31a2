//! A new campaign: empty, from an analysis, or as a copy of another.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::path;
use crate::analyses::read;
use crate::app::App;
use crate::campaigns::draft;
use crate::db::Db;
use crate::error::{Error as FeatureError, FieldError};
use crate::values::{AnalysisId, CampaignId, Language, PageRequest};
use crate::web::extract::{Form, Query, Staff, permit};
use crate::web::{Answer, Notice};

/// How many analyses are offered, the newest first; an older one comes along when its page asks for it.
const OFFERED: i64 = 100;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewForm {
    name: String,
    /// The number of an analysis to draft from; empty for an empty draft.
    analysis: String,
}

pub async fn new(staff: Staff<permit::Campaigns>, app: Data<App>, query: Query<NewForm>) -> Answer {
    new_page(&staff, &app, &query, &[], StatusCode::OK).await
}

async fn new_page(
    staff: &Staff<permit::Campaigns>,
    app: &App,
    form: &NewForm,
    errors: &[FieldError],
    status: StatusCode,
) -> Answer {
    let language = staff.organisation.first_language();
    let asked = form.analysis.trim().parse::<AnalysisId>().ok();
    let analyses: Vec<Value> = app
        .db
        .read(move |db| choices(db, asked, &language))
        .await?
        .into_iter()
        .map(|(id, title)| json!({ "value": id.to_string(), "label": title }))
        .collect();
    let d = json!({ "form": { "name": form.name, "analysis": form.analysis }, "analyses": analyses, "errors": errors });
    staff.render_with(status, "staff/campaigns/new", "New campaign", &d)
}

pub async fn create(staff: Staff<permit::Campaigns>, app: Data<App>, form: Form<NewForm>) -> Answer {
    let (actor, now, asked, web) = (staff.actor(), app.clock.now(), form.0.clone(), app.config.web.clone());
    let made = app
        .db
        .write(move |db| match asked.analysis.trim() {
            "" => draft::create(db, &asked.name, &actor, now),
            id => {
                let id = id.parse::<AnalysisId>().map_err(|_| FeatureError::NotFound("analysis"))?;
                let made = draft::from_analysis(db, id, |path| web.link(path), &actor, now)?;
                if !asked.name.trim().is_empty() {
                    draft::rename(db, made, &asked.name, &actor, now)?;
                }
                Ok(made)
            }
        })
        .await;
    match made {
        Ok(id) => staff.redirect(&path(id), Notice::ok("Draft saved.")),
        Err(FeatureError::Invalid(errors)) => {
            new_page(&staff, &app, &form, &errors, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(FeatureError::Conflict(words)) => staff.redirect("/staff/campaigns/new", Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}

/// The analyses to choose from; one that is asked for is among them, however old.
fn choices(
    db: &mut Db,
    asked: Option<AnalysisId>,
    language: &Language,
) -> Result<Vec<(AnalysisId, String)>, FeatureError> {
    let wanted = std::slice::from_ref(language);
    let found = read::published(db, &read::Filter::default(), wanted, PageRequest::new(None, OFFERED))?;
    let mut choices: Vec<_> = found.rows.into_iter().map(|one| (one.analysis.id, one.title)).collect();
    if let Some(id) = asked
        && !choices.iter().any(|(offered, _)| *offered == id)
        && let Some(title) = read::title(db, id, wanted)?
    {
        choices.push((id, title));
    }
    Ok(choices)
}

pub async fn duplicate(staff: Staff<permit::Campaigns>, app: Data<App>, id: Path<i64>) -> Answer {
    let (id, actor, now) = (CampaignId(*id), staff.actor(), app.clock.now());
    let copy = app.db.write(move |db| draft::duplicate(db, id, &actor, now)).await?;
    staff.redirect(&path(copy), Notice::ok("This is the copy. It is a draft."))
}
