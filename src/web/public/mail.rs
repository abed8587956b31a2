//! The web version of a campaign's mail: the mail's own HTML as a document of its own, under a policy of its own.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path};

use crate::app::App;
use crate::campaigns::preview::{self, Preview};
use crate::error::Error as FeatureError;
use crate::values::{DeliveryId, Purpose};
use crate::web::{Answer, Error};

/// What a mail's HTML may do in a browser: show itself. Styles stand in the mail, scripts and forms never.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; \
    base-uri 'none'; frame-ancestors 'self'";

pub async fn show(app: Data<App>, token: Path<String>) -> Answer {
    let now = app.clock.now();
    let id = app.root.verify(Purpose::WebVersion, &token, now).map_err(|_| Error::not_found("mail"))?;
    let frame = app.campaign_mails.clone();
    let mail = app.db.read(move |db| preview::web_version(db, &frame, DeliveryId(id), now));
    Ok(document(&mail.await.map_err(gone)?))
}

/// Whatever part of it is gone: for the reader it is the mail.
fn gone(error: FeatureError) -> Error {
    match error {
        FeatureError::NotFound(_) => Error::not_found("mail"),
        other => other.into(),
    }
}

/// A mail as a document; also for the frame in which staff preview it.
pub fn document(mail: &Preview) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_LANGUAGE, mail.language.as_str().to_owned()))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-robots-tag", "noindex"))
        .body(mail.html.clone())
}
