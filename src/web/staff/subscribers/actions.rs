//! Keeping off and erasing, each with a page that asks first.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};

use super::list::{self, ListQuery};
use super::path;
use crate::app::App;
use crate::error::Error;
use crate::subscribers::{erase as erasing, store, suppression};
use crate::values::SubscriberId;
use crate::web::extract::{Form, Staff, permit};
use crate::web::staff::field_errors;
use crate::web::{Answer, Notice};

type Writer = Staff<permit::Subscribers>;

#[derive(Serialize)]
struct Sure {
    heading: String,
    lead: &'static str,
    action: String,
    button: String,
    cancel_href: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AddressForm {
    email: String,
}

/// `GET /staff/subscribers/{id}/suppress`
pub async fn sure_suppress(staff: Writer, app: Data<App>, id: Path<SubscriberId>) -> Answer {
    let lead = "They get no campaigns any more, also after a new import. Only their own new sign-up lifts this.";
    sure(&staff, &app, *id, "Keep off", lead, "suppress").await
}

/// `GET /staff/subscribers/{id}/erase`
pub async fn sure_erase(staff: Writer, app: Data<App>, id: Path<SubscriberId>) -> Answer {
    let lead = "Address, name, choices and attributes are deleted, also from past deliveries. Only a code that \
                recognises the address stays, so that an import does not bring them back. This cannot be undone.";
    sure(&staff, &app, *id, "Erase", lead, "erase").await
}

async fn sure(
    staff: &Writer,
    app: &Data<App>,
    id: SubscriberId,
    button: &'static str,
    lead: &'static str,
    verb: &str,
) -> Answer {
    let find = app.db.read(move |db| store::find(db, id).map_err(Error::from)).await?;
    let row = find.ok_or(Error::NotFound("subscriber"))?;
    let heading = format!("{button} {}?", row.email);
    let action = format!("{}/{verb}", path(id));
    let title = heading.clone();
    let button = format!("{button} {}", row.email);
    let data = Sure { heading, lead, action, button, cancel_href: path(id) };
    staff.render("staff/subscribers/sure", &title, &data)
}

/// `POST /staff/subscribers/{id}/suppress`
pub async fn suppress(staff: Writer, app: Data<App>, id: Path<SubscriberId>) -> Answer {
    let (id, actor, now) = (*id, staff.actor(), app.clock.now());
    app.db.write(move |db| suppression::by_staff(db, id, &actor, now)).await?;
    staff.redirect(&path(id), Notice::ok("They get no campaigns any more."))
}

/// `POST /staff/subscribers/{id}/erase`
pub async fn erase(staff: Writer, app: Data<App>, id: Path<SubscriberId>) -> Answer {
    let (id, actor, now) = (*id, staff.actor(), app.clock.now());
    app.db.write(move |db| erasing::erase(db, id, &actor, now)).await?;
    staff.redirect("/staff/subscribers", Notice::ok("The subscriber was erased."))
}

/// `POST /staff/subscribers/suppress`: an address, whether it is a subscriber's or not.
pub async fn suppress_address(staff: Writer, app: Data<App>, form: Form<AddressForm>) -> Answer {
    let email = form.into_inner().email;
    let (typed, actor, root, now) = (email.clone(), staff.actor(), app.root.clone(), app.clock.now());
    let done = app.db.write(move |db| suppression::address_by_staff(db, &typed, &root, &actor, now)).await;
    match done.map_err(field_errors) {
        Ok(()) => staff.redirect("/staff/subscribers", Notice::ok("This address gets no campaigns any more.")),
        Err(errors) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            list::render(&staff, &app, ListQuery::default(), status, email, errors?).await
        }
    }
}
