//! Where the books begin.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::Deserialize;

use super::{ACCOUNTS, list};
use crate::app::App;
use crate::error::Error as FeatureError;
use crate::finance::explain;
use crate::values::Day;
use crate::web::extract::{Form, Staff, permit};
use crate::web::staff::field_errors;
use crate::web::staff::finance::bank::day as day_words;
use crate::web::{Answer, Notice};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct BeginningForm {
    day: String,
}

/// `POST /staff/finance/accounts/beginning`; an empty day: with the first transaction.
pub async fn set(staff: Staff<permit::Gifts>, app: Data<App>, form: Form<BeginningForm>) -> Answer {
    let (actor, now, zone) = (staff.actor(), app.clock.now(), staff.zone());
    let day = match form.day.trim() {
        "" => Ok(None),
        typed => Day::parse(typed).map(Some).map_err(|error| FeatureError::invalid("day", error)),
    };
    let done = match day {
        Ok(day) => {
            let write = app.db.write(move |db| explain::set_beginning(db, day, zone, &actor, now));
            write.await.map(|()| day)
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(Some(day)) => staff.redirect(ACCOUNTS, Notice::ok(format!("The books begin on {}.", day_words(day)))),
        Ok(None) => staff.redirect(ACCOUNTS, Notice::ok("The books begin with the first transaction.")),
        Err(error) => {
            let errors = field_errors(error)?;
            list::page(&staff, &app, StatusCode::UNPROCESSABLE_ENTITY, Some(form.day.clone()), errors).await
        }
    }
}
