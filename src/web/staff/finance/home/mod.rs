//! `/staff/finance`: where the money is, what the month did, and what needs somebody. Each figure opens its rows.

mod attention;
mod table;

use actix_web::web::Data;
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Value, json};

use super::words::HOME;
use crate::app::App;
use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::finance::{balance, figures};
use crate::i18n::Texts;
use crate::staff::Permission;
use crate::values::{Day, Language, Month, PageRequest};
use crate::web::Answer;
use crate::web::extract::{Query, Staff, permit};

pub(in crate::web::staff) use attention::start_page;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MonthQuery {
    /// `2026-11`; anything odd is the current one.
    month: String,
}

/// `GET /staff/finance[?month=]`
pub async fn show(staff: Staff<permit::GiftsRead>, app: Data<App>, Query(query): Query<MonthQuery>) -> Answer {
    let (livemode, zone, now) = (app.livemode(), staff.zone(), app.clock.now());
    let today = Day::of(now, zone);
    let load = app.db.read(move |db| {
        let last = last_month(db, livemode, zone, today)?;
        let month = Month::parse(&query.month).ok().filter(|month| *month <= last).unwrap_or(today.month());
        let figures = figures::figures(db, livemode, month, zone, today)?;
        let attention = attention::of(db, livemode, &figures, zone, now)?;
        Ok::<_, FeatureError>((month, last, figures, attention))
    });
    let (month, last, figures, attention) = load.await?;
    let has_stripe = app.config.stripe.is_some();
    let d = json!({
        "month": name(month), "attention": attention, "is_empty": figures.is_empty(), "has_stripe": has_stripe,
        "test": has_stripe && !livemode, "may_write": staff.may(Permission::Gifts),
        "before": step(month.previous()), "after": (month < last).then(|| step(month.next())),
        "ways": figures.iter().map(|one| table::way(one, figures.len() > 1)).collect::<Vec<_>>(),
        "currencies": figures.iter().map(|one| one.currency.to_string()).collect::<Vec<_>>(),
        "rows": table::rows(&figures),
    });
    staff.render("staff/finance/home", "Finance", &d)
}

/// The last month that there is to show: this one, or in the sandbox and with test keys a later one, because Stripe's clock
/// can be moved there.
fn last_month(db: &mut Db, livemode: bool, zone: Tz, today: Day) -> Result<Month, FeatureError> {
    if livemode {
        return Ok(today.month());
    }
    let newest = balance::list(db, livemode, &balance::Filter::default(), zone, PageRequest::new(None, 1))?.rows;
    Ok(newest.first().map_or(today.month(), |line| Day::of(line.created_at, zone).month().max(today.month())))
}

/// `November 2026`
fn name(month: Month) -> String {
    // The day in front is the first: `1 November 2026`.
    let first = Texts::get().date(&Language::english(), month.first().0);
    first.split_once(' ').map_or(first.clone(), |(_, rest)| rest.to_owned())
}

fn step(month: Month) -> Value {
    json!({ "label": name(month), "href": format!("{HOME}?month={month}") })
}
