//! `/staff/analyses/{id}/details`: what all languages share.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};

use super::{Choice, Crumb, Fact, Whole, crumbs, known, path, topic_choices};
use crate::analyses::write::{self, DetailsForm, Seen};
use crate::app::App;
use crate::error::{Error, FieldError};
use crate::values::AnalysisId;
use crate::web::extract::{Form, Staff, permit};
use crate::web::{Answer, Notice};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DetailsPost {
    seen: i64,
    slug: String,
    date: String,
    countries: String,
    topics: Vec<String>,
}

#[derive(Serialize)]
struct Details {
    crumbs: Vec<Crumb>,
    errors: Vec<FieldError>,
    action: String,
    back_href: String,
    seen: Seen,
    details: DetailsForm,
    topic_options: Vec<Choice>,
    /// What somebody else saved meanwhile.
    theirs: Option<Vec<Fact>>,
}

/// `GET /staff/analyses/{id}/details`
pub async fn details(staff: Staff<permit::Analyses>, app: Data<App>, id: Path<i64>) -> Answer {
    let id = id.into_inner();
    let whole = app.db.read(move |db| Whole::load(db, id)).await?;
    page(&staff, StatusCode::OK, &whole, stored(&whole), Vec::new())
}

/// `POST /staff/analyses/{id}/details`
pub async fn save_details(
    staff: Staff<permit::Analyses>,
    app: Data<App>,
    id: Path<i64>,
    Form(post): Form<DetailsPost>,
) -> Answer {
    let (id, seen) = (id.into_inner(), Seen(post.seen));
    let form = DetailsForm { slug: post.slug, date: post.date, countries: post.countries, topics: post.topics };
    let (typed, actor, now) = (form.clone(), staff.actor(), app.clock.now());
    let saved = app.db.write(move |db| {
        let details = typed.check(&known(&Whole::load(db, id)?.topics))?;
        write::save_details(db, AnalysisId(id), &details, seen, &actor, now)
    });
    let (status, errors) = match saved.await {
        Ok(()) => return staff.redirect(&path(id), Notice::ok("Details saved.")),
        Err(Error::Invalid(errors)) => (StatusCode::UNPROCESSABLE_ENTITY, errors),
        Err(Error::Conflict(_)) => (StatusCode::CONFLICT, Vec::new()),
        Err(other) => return Err(other.into()),
    };
    let whole = app.db.read(move |db| Whole::load(db, id)).await?;
    page(&staff, status, &whole, form, errors)
}

fn stored(whole: &Whole) -> DetailsForm {
    let own = whole.topics.iter().filter(|topic| whole.own_topics.contains(&topic.id));
    DetailsForm {
        slug: whole.analysis.slug.to_string(),
        date: whole.analysis.date.clone(),
        countries: whole.analysis.country_codes().join(", "),
        topics: own.map(|topic| topic.slug.to_string()).collect(),
    }
}

fn page(
    staff: &Staff<permit::Analyses>,
    status: StatusCode,
    whole: &Whole,
    form: DetailsForm,
    errors: Vec<FieldError>,
) -> Answer {
    let theirs = (status == StatusCode::CONFLICT).then(|| {
        let stored = stored(whole);
        vec![
            Fact { term: "Address", value: stored.slug },
            Fact { term: "Date", value: stored.date },
            Fact { term: "Countries", value: stored.countries },
            Fact { term: "Topics", value: stored.topics.join(", ") },
        ]
    });
    let data = Details {
        crumbs: crumbs(whole, "Details"),
        errors,
        action: format!("{}/details", whole.path()),
        back_href: whole.path(),
        seen: Seen::of(Some(whole.analysis.updated_at)),
        topic_options: topic_choices(&whole.topics, &form.topics),
        details: form,
        theirs,
    };
    staff.render_with(status, "staff/analyses/details", "Details", &data)
}
