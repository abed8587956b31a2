//! `/staff/funds`

use actix_web::web::Data;
use serde::Serialize;

use crate::app::App;
use crate::donations::store::sums::{self, Sum};
use crate::donations::{Fund, funds};
use crate::error::Error as FeatureError;
use crate::staff::Permission;
use crate::values::Language;
use crate::web::Answer;
use crate::web::extract::{Staff, permit};
use crate::web::staff::gift_words::{gifts, money};

#[derive(Serialize)]
struct Row {
    href: String,
    donations_href: String,
    name: String,
    slug: String,
    description: String,
    is_default: bool,
    closed: bool,
    totals: Vec<Total>,
}

#[derive(Serialize)]
struct Total {
    amount: String,
    gifts: String,
    test: bool,
}

#[derive(Serialize)]
struct ListPage {
    rows: Vec<Row>,
    may_write: bool,
}

/// `GET /staff/funds`
pub async fn list(staff: Staff<permit::GiftsRead>, app: Data<App>) -> Answer {
    let load = app.db.read(|db| Ok::<_, FeatureError>((funds::list(db, &Language::english())?, sums::by_fund(db)?)));
    let (funds, sums) = load.await?;
    let total = |sum: &Sum| Total { amount: money(&sum.amount), gifts: gifts(sum.count), test: sum.test };
    let row = |fund: Fund| Row {
        href: format!("/staff/funds/{}", fund.id),
        donations_href: format!("/staff/donations?fund={}", fund.slug),
        totals: sums.iter().filter(|(id, _)| *id == fund.id).map(|(_, sum)| total(sum)).collect(),
        name: fund.name,
        slug: fund.slug.to_string(),
        description: fund.description,
        is_default: fund.is_default,
        closed: fund.closed,
    };
    let rows = funds.into_iter().map(row).collect();
    staff.render("staff/funds/list", "Funds", &ListPage { rows, may_write: staff.may(Permission::Gifts) })
}
