//! Taking a month along. It is a POST, because what was given away is kept and noted in the audit.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use serde::Deserialize;

use super::JOURNAL;
use crate::app::App;
use crate::error::Error as FeatureError;
use crate::finance::journal::{self, Format};
use crate::values::Month;
use crate::web::extract::{Form, SESSION_NOTICE, Staff, permit};
use crate::web::staff::campaigns::link;
use crate::web::{Answer, Error, Notice};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExportForm {
    month: String,
    format: String,
}

/// `POST /staff/finance/journal/export`
pub async fn export(staff: Staff<permit::Gifts>, app: Data<App>, form: Form<ExportForm>) -> Answer {
    let month = Month::parse(&form.month).map_err(|error| FeatureError::invalid("month", error))?;
    let wrong = |_| FeatureError::invalid("format", "the formats are csv, xero and beancount");
    let format: Format = form.format.parse().map_err(wrong)?;
    let (actor, now, zone, livemode) = (staff.actor(), app.clock.now(), staff.zone(), app.livemode());
    let done = app.db.write(move |db| journal::export(db, livemode, month, format, zone, &actor, now)).await;
    let file = match done {
        Err(FeatureError::Conflict(words)) => {
            return staff.redirect(&link(JOURNAL, &[("month", &form.month)]), Notice::warn(words));
        }
        other => other?,
    };
    if !file.notes.is_empty() {
        // The answer is a file: the next page says it.
        let kept = staff.session.insert(SESSION_NOTICE, Notice::info(file.notes.join(" ")));
        kept.map_err(|error| Error::internal(anyhow::anyhow!("{error}")))?;
    }
    Ok(HttpResponse::Ok()
        .content_type(file.content_type)
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.file_name)))
        .body(file.content))
}
