//! The buttons of the dashboard.

use actix_web::web::{Data, Path};
use chrono::Duration;
use serde::Deserialize;

use super::{only_with_sandbox_stripe, see_other};
use crate::app::App;
use crate::error::Error;
use crate::sandbox::stripe::webhooks::{Mischief, store as webhooks};
use crate::sandbox::stripe::{engine, store};
use crate::web::Answer;
use crate::web::extract::{Form, Loopback};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ClockForm {
    by: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct MischiefForm {
    mischief: String,
}

/// `POST /sandbox/stripe/clock`
pub async fn move_clock(_: Loopback, app: Data<App>, form: Form<ClockForm>) -> Answer {
    let stripe = only_with_sandbox_stripe(&app)?;
    let days = match form.by.as_str() {
        "day" => 1,
        "week" => 7,
        // Longer than any month, so that what is renewed monthly is renewed.
        "month" => 31,
        _ => return Err(Error::invalid("by", "is day, week or month").into()),
    };
    let bell = stripe.bell.clone();
    app.db.write(move |db| engine::advance(db, &stripe, Duration::days(days))).await?;
    bell.notify_one();
    see_other("/sandbox/stripe?done=clock")
}

/// `POST /sandbox/stripe/mischief`
pub async fn choose_mischief(_: Loopback, app: Data<App>, form: Form<MischiefForm>) -> Answer {
    only_with_sandbox_stripe(&app)?;
    let mischief: Mischief = form.mischief.parse().map_err(|error: String| Error::invalid("mischief", error))?;
    app.db.write(move |db| Ok::<_, Error>(webhooks::set_mischief(db, mischief)?)).await?;
    see_other("/sandbox/stripe?done=mischief")
}

/// `POST /sandbox/stripe/events/{id}/send`
pub async fn send_again(_: Loopback, app: Data<App>, id: Path<String>) -> Answer {
    let stripe = only_with_sandbox_stripe(&app)?;
    let (id, now) = (id.into_inner(), stripe.clock.now());
    let event = id.clone();
    let sent = app.db.write(move |db| {
        let found = store::find(db, &event)?.filter(|found| found["object"] == "event");
        found.ok_or(Error::NotFound("event"))?;
        Ok::<_, Error>(webhooks::send_again(db, &event, now)?)
    });
    sent.await?;
    stripe.bell.notify_one();
    see_other(&format!("/sandbox/stripe/objects/{id}?done=again"))
}
