//! What machines ask: is it alive, may it get visitors, how is it doing.

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::extract::Loopback;
use super::{Answer, Error};
use crate::app::App;
use crate::telemetry;

/// `GET /health/live`: the process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// `GET /health/ready`: the database answers, and with the schema of this program.
pub async fn ready(app: Data<App>) -> HttpResponse {
    let checked =
        app.db.read(|db| crate::db::migrate::check_current(db).map_err(crate::error::Error::unavailable)).await;
    match checked {
        Ok(()) => HttpResponse::Ok().content_type("text/plain").body("ready\n"),
        Err(error) => {
            tracing::warn!(error = format!("{error:?}"), "not ready");
            HttpResponse::ServiceUnavailable().content_type("text/plain").body("not ready\n")
        }
    }
}

/// `GET /metrics`, for this machine alone.
pub async fn metrics(_loopback: Loopback) -> Answer {
    let text = telemetry::metrics_text().ok_or_else(|| Error::not_found("page"))?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text))
}
