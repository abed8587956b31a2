//! Saying of lines that they are not about payouts: of one, or of those that are ticked.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::Deserialize;

use super::line::{self, LineForm};
use super::list::{self, AsideForm, ListQuery};
use super::words::line_path;
use crate::app::App;
use crate::error::{Error as FeatureError, FieldError};
use crate::finance::bank;
use crate::values::BankLineId;
use crate::web::extract::{Form, Query, Staff, permit};
use crate::web::staff::campaigns::number;
use crate::web::{Answer, Notice};

type Writer = Staff<permit::Gifts>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AsideOne {
    note: String,
}

/// `POST /staff/finance/bank/lines/{id}/aside`
pub async fn set_aside(staff: Writer, app: Data<App>, id: Path<BankLineId>, form: Form<AsideOne>) -> Answer {
    let (id, note, actor, now) = (*id, form.note.clone(), staff.actor(), app.clock.now());
    match app.db.write(move |db| bank::set_aside(db, &[id], &note, &actor, now)).await {
        Ok(()) => staff.redirect(&line_path(id), Notice::ok("The line is set aside.")),
        Err(FeatureError::Conflict(words)) => staff.redirect(&line_path(id), Notice::warn(words)),
        Err(FeatureError::Invalid(errors)) => {
            let typed = LineForm { aside: Some(form.into_inner().note), ..LineForm::default() };
            line::page(&staff, &app, id, StatusCode::UNPROCESSABLE_ENTITY, typed, errors).await
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AsideMany {
    line: Vec<String>,
    note: String,
}

/// `POST /staff/finance/bank/aside`, with the filters of the list that the lines were ticked in.
pub async fn set_aside_many(
    staff: Writer,
    app: Data<App>,
    Query(query): Query<ListQuery>,
    form: Form<AsideMany>,
) -> Answer {
    let (actor, now, note) = (staff.actor(), app.clock.now(), form.note.clone());
    let ids: Vec<BankLineId> = form.line.iter().filter_map(|id| id.parse().ok()).collect();
    let done = match ids.as_slice() {
        [] => Err(FeatureError::invalid("", "tick the lines that you want to set aside")),
        _ => {
            let ids = ids.clone();
            app.db.write(move |db| bank::set_aside(db, &ids, &note, &actor, now)).await
        }
    };
    match done {
        Ok(()) => {
            let words = match ids.len() {
                1 => "1 line is set aside.".to_owned(),
                n => format!("{} lines are set aside.", number(i64::try_from(n).unwrap_or(i64::MAX))),
            };
            staff.redirect(&query.here(), Notice::ok(words))
        }
        Err(FeatureError::Conflict(words)) => staff.redirect(&query.here(), Notice::warn(words)),
        Err(FeatureError::Invalid(errors)) => {
            // The list has one field for this.
            let known = |error: FieldError| match error.field.as_str() {
                "note" => error,
                _ => FieldError { field: String::new(), ..error },
            };
            let form = AsideForm { note: form.into_inner().note, ticked: ids };
            let errors = errors.into_iter().map(known).collect();
            list::page(&staff, &app, StatusCode::UNPROCESSABLE_ENTITY, query, form, errors).await
        }
        Err(other) => Err(other.into()),
    }
}
