//! `/staff/finance`: where the money is, what the month did, and what needs somebody. Each figure opens its rows.

mod attention;
mod table;

use actix_web::web::Data;
use serde::Deserialize;
use serde_json::{Value, json};

use super::words::HOME;
use crate::app::App;
use crate::error::Error as FeatureError;
use crate::finance::figures;
use crate::i18n::Texts;
use crate::staff::Permission;
use crate::values::{Day, Language, Month};
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
    let month = Month::parse(&query.month).ok().filter(|month| *month <= today.month()).unwrap_or(today.month());
    let load = app.db.read(move |db| {
        let figures = figures::figures(db, livemode, month, zone, today)?;
        let attention = attention::of(db, livemode, &figures, zone, now)?;
        Ok::<_, FeatureError>((figures, attention))
    });
    let (figures, attention) = load.await?;
    let has_stripe = app.config.stripe.is_some();
    let d = json!({
        "month": name(month), "attention": attention, "is_empty": figures.is_empty(), "has_stripe": has_stripe,
        "test": has_stripe && !livemode, "may_write": staff.may(Permission::Gifts),
        "before": step(month.previous()), "after": (month < today.month()).then(|| step(month.next())),
        "ways": figures.iter().map(|one| table::way(one, figures.len() > 1)).collect::<Vec<_>>(),
        "currencies": figures.iter().map(|one| one.currency.to_string()).collect::<Vec<_>>(),
        "rows": table::rows(&figures),
    });
    staff.render("staff/finance/home", "Finance", &d)
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
