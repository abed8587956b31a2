//! The organisation's settings: what pages and mails say about who sends them.

use actix_web::http::StatusCode;

use super::{FormPage, field_errors};
use crate::audit;
use crate::error::Error as FeatureError;
use crate::organisation::{self, OrganisationForm};
use crate::web::extract::{Form, Staff, permit};
use crate::web::{Answer, Notice};

const TITLE: &str = "Organisation";

/// `GET /staff/organisation`
pub async fn show(staff: Staff<permit::Organisation>) -> Answer {
    let form = OrganisationForm::from(&staff.organisation);
    staff.render("staff/organisation", TITLE, &FormPage::new(form))
}

/// `POST /staff/organisation`
pub async fn save(staff: Staff<permit::Organisation>, form: Form<OrganisationForm>) -> Answer {
    let now = staff.app.clock.now();
    let values = match form.check(now) {
        Ok(values) => values,
        Err(error) => {
            let page = FormPage::wrong(form.into_inner(), field_errors(error)?);
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
