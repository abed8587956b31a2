//! What machines ask: is it alive, may it get visitors, how is it doing.

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::extract::Scraper;
use super::{Answer, Error};
use crate::app::App;
use crate::campaigns::{self, CampaignState};
use crate::{outbox, telemetry};

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

/// `GET /metrics`, for this machine and for who has the token.
pub async fn metrics(app: Data<App>, _scraper: Scraper) -> Answer {
    if app.gauges.are_old() {
        let (now, servers) =
            (app.clock.now(), app.mail_servers.iter().map(|server| server.name.clone()).collect::<Vec<_>>());
        let looked = app.db.read(move |db| -> Result<(), crate::error::Error> {
            let open = campaigns::store::with_state(db, &[CampaignState::Sending])?;
            let open: Vec<_> = open.iter().map(|campaign| (campaign.id, campaign.total)).collect();
            Ok(outbox::metrics::look(db, &open, &servers, now)?)
        });
        let looked = looked.await;
        if let Err(error) = looked {
            // The rest is worth having all the more.
            outbox::metrics::database_failed("state");
            tracing::warn!(error = format!("{error:?}"), "numbers of the outbox cannot be looked up");
        }
    }
    let text = telemetry::metrics_text().ok_or_else(|| Error::not_found("page"))?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text))
}
