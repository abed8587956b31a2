//! The frame of the staff pages that are open to everybody: log-in, set-up and reset.

use actix_session::{Session, SessionExt};
use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;
use serde::Serialize;

use super::{SESSION_NOTICE, SESSION_STAFF};
use crate::app::App;
use crate::error::Error as FeatureError;
use crate::organisation::{self, Organisation};
use crate::values::{Language, StaffId};
use crate::web::page::{Frame, Meta, Notice};
use crate::web::{Answer, Error, Pages, Visit};

/// What a page before the log-in is rendered with, and the session that a log-in opens.
pub struct StaffDoor {
    pub app: Data<App>,
    organisation: Organisation,
    visit: Visit,
    session: Session,
    pages: Data<Pages>,
}

impl StaffDoor {
    /// # Errors
    /// When the template and the data do not fit.
    pub fn render(&self, status: StatusCode, template: &str, title: &str, data: &impl Serialize) -> Answer {
        let notice: Option<Notice> = self.session.remove_as(SESSION_NOTICE).and_then(Result::ok);
        Frame::<()> {
            app: &self.app,
            pages: &self.pages,
            visit: &self.visit,
            language: &Language::english(),
            organisation: &self.organisation,
            topics: &[],
            giving: false,
            meta: &Meta { noindex: true, ..Meta::default() },
            staff: None,
            notice: notice.as_ref(),
        }
        .render(status, template, title, data)
    }

    /// Begins a session of this member under a new key, and goes to `path`.
    ///
    /// # Errors
    /// When the session cannot be written.
    pub fn open(&self, id: StaffId, path: &str, notice: Option<Notice>) -> Answer {
        open_session(&self.session, id, notice)?;
        Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish())
    }

    /// Ends the session, if there is one.
    pub fn close(&self) {
        self.session.purge();
    }
}

/// The key changes, so that one that was planted before the log-in is worth nothing after it.
pub(crate) fn open_session(session: &Session, id: StaffId, notice: Option<Notice>) -> Result<(), Error> {
    session.renew();
    session.clear();
    let kept = session.insert(SESSION_STAFF, id);
    let kept = kept.and_then(|()| notice.map_or(Ok(()), |notice| session.insert(SESSION_NOTICE, notice)));
    kept.map_err(|error| Error::internal(anyhow::anyhow!("{error}")))
}

impl FromRequest for StaffDoor {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (app, pages) = (request.app_data::<Data<App>>().cloned(), request.app_data::<Data<Pages>>().cloned());
        let (visit, session) = (Visit::of(request), request.get_session());
        Box::pin(async move {
            let missing = || Error::internal(anyhow::anyhow!("the server has no App or Pages"));
            let (app, pages) = (app.ok_or_else(missing)?, pages.ok_or_else(missing)?);
            let now = app.clock.now();
            let organisation = app.db.read(move |db| Ok::<_, FeatureError>(organisation::store::get(db, now)?)).await?;
            Ok(Self { app, organisation, visit, session, pages })
        })
    }
}
