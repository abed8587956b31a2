//! A logged-in staff member with the permission that the handler names: `staff: Staff<permit::Campaigns>`.

use std::marker::PhantomData;

use actix_session::{Session, SessionExt};
use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use chrono_tz::Tz;
use futures_util::future::LocalBoxFuture;
use serde::Serialize;

use super::staff_door::open_session;
use crate::app::App;
use crate::audit::Actor;
use crate::error::Error as FeatureError;
use crate::organisation::{self, Organisation};
use crate::staff::{self, Member, Permission, Role};
use crate::values::{Language, StaffId};
use crate::web::page::{Frame, Meta, Notice};
use crate::web::staff::nav;
use crate::web::{Answer, Error, Pages, Visit};

/// Whose session it is.
pub const SESSION_STAFF: &str = "staff";
/// What the next page says on top.
pub const SESSION_NOTICE: &str = "notice";

/// One marker type per permission, for handlers' signatures.
pub mod permit {
    use crate::staff::Permission;

    /// Names a permission.
    pub trait Permit: 'static {
        const PERMISSION: Permission;
    }
    macro_rules! permits {
        ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
            $(#[$doc])*
            pub struct $name;
            impl Permit for $name {
                const PERMISSION: Permission = Permission::$name;
            }
        )*};
    }
    permits! {
        /// Any staff member; pages without readers' personal data.
        Read,
        Analyses,
        Campaigns,
        /// Changes subscribers, topics, imports.
        Subscribers,
        /// Sees addresses.
        SubscribersRead,
        /// Sees gifts and payment events.
        GiftsRead,
        /// Changes what has to do with gifts.
        Gifts,
        Organisation,
        StaffAdmin,
        Audit,
    }
}

/// Who calls, and what a staff page is rendered with.
pub struct Staff<P> {
    pub id: StaffId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub organisation: Organisation,
    pub app: Data<App>,
    pub visit: Visit,
    pub session: Session,
    pages: Data<Pages>,
    permit: PhantomData<P>,
}

#[derive(Serialize)]
struct StaffFacts<'a> {
    name: &'a str,
    email: &'a str,
    role: Role,
    /// Of every time on the page, unless it names another; None for a page that shows no time of day.
    zone: Option<String>,
    nav: Vec<nav::Group>,
}

/// Whether a time of day (`09:30`) stands in what a page shows.
fn shows_time(data: &impl Serialize) -> bool {
    let text = serde_json::to_string(data).unwrap_or_default();
    text.as_bytes().windows(5).any(|five| match five {
        [hour, hours, b':', minute, minutes] => [hour, hours, minute, minutes].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    })
}

impl<P> Staff<P> {
    pub fn actor(&self) -> Actor {
        Actor::staff(self.id, &self.email)
    }
    /// The organisation's time zone: what dates on staff pages are written in.
    pub fn zone(&self) -> Tz {
        self.organisation.zone()
    }
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }

    /// # Errors
    /// When the template and the data do not fit.
    pub fn render(&self, template: &str, title: &str, data: &impl Serialize) -> Answer {
        self.render_with(StatusCode::OK, template, title, data)
    }

    /// # Errors
    /// As [`Staff::render`].
    pub fn render_with(&self, status: StatusCode, template: &str, title: &str, data: &impl Serialize) -> Answer {
        let facts = StaffFacts {
            name: if self.name.is_empty() { &self.email } else { &self.name },
            email: &self.email,
            role: self.role,
            zone: shows_time(data).then(|| self.zone().name().replace('_', " ")),
            nav: nav::groups(self.role, &self.visit.path, self.app.config.mode),
        };
        let notice: Option<Notice> = self.session.remove_as(SESSION_NOTICE).and_then(Result::ok);
        Frame {
            app: &self.app,
            pages: &self.pages,
            visit: &self.visit,
            language: &Language::english(),
            organisation: &self.organisation,
            topics: &[],
            giving: false,
            meta: &Meta { noindex: true, ..Meta::default() },
            staff: Some(&facts),
            notice: notice.as_ref(),
        }
        .render(status, template, title, data)
    }

    /// A part of a page by itself, from the page's own data alone. What the next page says on top waits for that page.
    ///
    /// # Errors
    /// When the template and the data do not fit.
    pub fn fragment(&self, template: &str, data: &impl Serialize) -> Answer {
        let html = self.pages.fragment(template, data).map_err(Error::internal)?;
        Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(html))
    }

    /// The templates, for an answer that outlives the request.
    pub fn pages(&self) -> Data<Pages> {
        self.pages.clone()
    }

    /// Gives the session a new key; for after the member's sessions were ended.
    ///
    /// # Errors
    /// When the session cannot be written.
    pub fn renew_session(&self) -> Result<(), Error> {
        open_session(&self.session, self.id, None)
    }

    /// After a write: 303 to `path`, where the notice is shown once.
    ///
    /// # Errors
    /// When the notice cannot be kept.
    pub fn redirect(&self, path: &str, notice: Notice) -> Answer {
        self.session.insert(SESSION_NOTICE, notice).map_err(|error| Error::internal(anyhow::anyhow!("{error}")))?;
        Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish())
    }
}

impl<P: permit::Permit> FromRequest for Staff<P> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (app, pages) = (request.app_data::<Data<App>>().cloned(), request.app_data::<Data<Pages>>().cloned());
        let (visit, session) = (Visit::of(request), request.get_session());
        let next = (request.method() == Method::GET).then(|| request.uri().to_string());
        Box::pin(async move {
            let missing = || Error::internal(anyhow::anyhow!("the server has no App or Pages"));
            let (app, pages) = (app.ok_or_else(missing)?, pages.ok_or_else(missing)?);
            let id = session.get::<StaffId>(SESSION_STAFF).ok().flatten();
            let Some(id) = id else { return Err(Error::LogIn { next }) };
            let now = app.clock.now();
            let load = app.db.read(move |db| {
                let member = staff::store::find(db, id)?;
                Ok::<_, FeatureError>((member, organisation::store::get(db, now)?))
            });
            let (member, organisation) = load.await?;
            let Some(Member { id, email, name, role, disabled_at: None, .. }) = member else {
                session.purge();
                return Err(Error::LogIn { next });
            };
            if !role.may(P::PERMISSION) {
                return Err(FeatureError::Forbidden.into());
            }
            let email = email.to_string();
            Ok(Self { id, email, name, role, organisation, app, visit, session, pages, permit: PhantomData })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::shows_time;

    #[test]
    fn a_time_of_day_is_seen() {
        assert!(shows_time(&serde_json::json!({ "rows": [{ "sent": "24 November 2026, 01:30" }] })));
        assert!(!shows_time(&serde_json::json!({ "day": "24 November 2026", "ratio": "1:30", "n": 12 })));
    }
}
