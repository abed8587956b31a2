//! The switch: whether gifts are taken, why not, and what the last hour looked like.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use chrono::Duration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::field_errors;
use super::moment;
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::donations::store::sums;
use crate::donations::switch;
use crate::error::{Error as FeatureError, FieldError};
use crate::payments::read;
use crate::staff::Permission;
use crate::web::extract::{Form, Staff, permit};
use crate::web::staff::campaigns::number;
use crate::web::{Answer, Notice};

/// Declined payments an hour from which the page calls it unusual.
const UNUSUAL: i64 = 10;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CloseForm {
    reason: String,
}

/// `GET /staff/giving`
pub async fn show(staff: Staff<permit::GiftsRead>, app: Data<App>) -> Answer {
    page(&staff, &app, StatusCode::OK, String::new(), Vec::new()).await
}

async fn page<P>(staff: &Staff<P>, app: &App, status: StatusCode, reason: String, errors: Vec<FieldError>) -> Answer {
    let (now, zone) = (app.clock.now(), staff.zone());
    let load = app.db.read(move |db| {
        let hour = now - Duration::hours(1);
        let history = audit::of_subject(db, "giving", 10)?;
        Ok::<_, FeatureError>((switch::giving(db, now)?, sums::traffic(db, hour)?, read::declined(db, hour)?, history))
    });
    let (giving, traffic, declined, history) = load.await?;
    let stripe = app.config.stripe.as_ref();
    let who = history.first().map(|entry| entry.actor.clone()).unwrap_or_else(|| "staff".into());
    let figure = |label: &str, n: i64| json!({ "label": label, "number": number(n) });
    let deed = |entry: &AuditEntry| {
        let title = format!("{} {} giving", entry.actor, entry.action);
        let text = (!entry.detail.is_empty()).then_some(&entry.detail);
        json!({ "title": title, "text": text, "time": moment(entry.at, zone), "datetime": entry.at.rfc3339() })
    };
    let d = json!({
        "has_stripe": stripe.is_some(), "test": stripe.is_some_and(|stripe| !stripe.livemode),
        "is_open": giving.is_open, "taken": giving.is_open && stripe.is_some(),
        "reason_closed": giving.reason,
        "closed_words": format!("Closed by {who} on {}.", moment(giving.changed_at, zone)),
        "may_write": staff.may(Permission::Gifts), "form": { "reason": reason }, "errors": errors,
        "figures": [
            figure("Forms sent", traffic.begun), figure("Paid", traffic.paid),
            figure("Declined by a bank", declined), figure("Failed for good", traffic.failed),
        ],
        "unusual": declined >= UNUSUAL && declined > traffic.paid,
        "history": history.iter().map(deed).collect::<Vec<Value>>(),
    });
    staff.render_with(status, "staff/giving/show", "Donate page", &d)
}

/// `POST /staff/giving/close`
pub async fn close(staff: Staff<permit::Gifts>, app: Data<App>, form: Form<CloseForm>) -> Answer {
    let (typed, actor, now) = (form.reason.clone(), staff.actor(), app.clock.now());
    match app.db.write(move |db| switch::close(db, &typed, &actor, now)).await.map_err(field_errors) {
        Ok(()) => staff.redirect("/staff/giving", Notice::ok("Giving is closed. Nobody can begin a gift.")),
        Err(errors) => page(&staff, &app, StatusCode::UNPROCESSABLE_ENTITY, form.into_inner().reason, errors?).await,
    }
}

/// `POST /staff/giving/open`
pub async fn open(staff: Staff<permit::Gifts>, app: Data<App>) -> Answer {
    let (actor, now) = (staff.actor(), app.clock.now());
    app.db.write(move |db| switch::open(db, &actor, now)).await?;
    staff.redirect("/staff/giving", Notice::ok("Giving is open again."))
}
