//! The organisation's settings: what pages and mails say about who sends them.

use actix_web::http::StatusCode;

use serde_json::{Value, json};

use super::field_errors;
use crate::audit;
use crate::error::{Error as FeatureError, FieldError};
use crate::organisation::{self, OrganisationForm, hours};
use crate::web::extract::{Form, Staff, permit};
use crate::web::{Answer, Notice};

const TITLE: &str = "Organisation";

/// `GET /staff/organisation`
pub async fn show(staff: Staff<permit::Organisation>) -> Answer {
    let form = OrganisationForm::from(&staff.organisation);
    staff.render("staff/organisation", TITLE, &page(form, Vec::new()))
}

/// `POST /staff/organisation`
pub async fn save(staff: Staff<permit::Organisation>, form: Form<OrganisationForm>) -> Answer {
    let now = staff.app.clock.now();
    let values = match form.check(now) {
        Ok(values) => values,
        Err(error) => {
            let page = page(form.into_inner(), field_errors(error)?);
            return staff.render_with(StatusCode::UNPROCESSABLE_ENTITY, "staff/organisation", TITLE, &page);
        }
    };
    let actor = staff.actor();
    let save = staff.app.db.write(move |db| {
        organisation::store::save(db, &values)?;
        audit::record(db, &actor, "changed", "organisation", None, "", now)?;
        Ok::<_, FeatureError>(())
    });
    save.await?;
    staff.redirect("/staff/organisation", Notice::ok("Saved. New mails and pages use it at once."))
}

fn page(form: OrganisationForm, errors: Vec<FieldError>) -> Value {
    let day = |(value, label): (String, &str)| {
        let checked = form.sending_days.contains(&value);
        json!({ "value": value, "label": label, "checked": checked })
    };
    let days: Vec<Value> = hours::days().map(day).collect();
    json!({ "form": form, "errors": errors, "days": days })
}
