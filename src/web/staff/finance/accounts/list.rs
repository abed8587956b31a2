//! `/staff/finance/accounts`: the map.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::{ACCOUNTS, words};
use crate::app::App;
use crate::db::Db;
use crate::donations::funds;
use crate::error::{Error as FeatureError, FieldError};
use crate::finance::journal::Chart;
use crate::finance::{AccountRole, JournalAccount, bank, explain};
use crate::staff::Permission;
use crate::values::{Day, Language};
use crate::web::Answer;
use crate::web::extract::{Staff, permit};
use crate::web::staff::finance::bank::day;

/// `GET /staff/finance/accounts`
pub async fn list(staff: Staff<permit::GiftsRead>, app: Data<App>) -> Answer {
    page(&staff, &app, StatusCode::OK, None, Vec::new()).await
}

/// `typed`: the day in the form below, as it was sent.
pub(super) async fn page<P>(
    staff: &Staff<P>,
    app: &App,
    status: StatusCode,
    typed: Option<String>,
    errors: Vec<FieldError>,
) -> Answer {
    let (zone, may_write) = (staff.zone(), staff.may(Permission::Gifts));
    let d = app.db.read(move |db| load(db, zone, may_write, typed, &errors)).await?;
    staff.render_with(status, "staff/finance/accounts/list", "Account map", &d)
}

fn load(
    db: &mut Db,
    zone: Tz,
    may_write: bool,
    typed: Option<String>,
    errors: &[FieldError],
) -> Result<Value, FeatureError> {
    let chart = Chart::load(db)?;
    let begins = explain::begins_at(db)?.map(|at| Day::of(at, zone));
    let general = words::ROLES.into_iter().filter_map(|role| Some(general(role, chart.role(role)?)));
    let own = chart.all().iter().filter(|account| account.role == AccountRole::Other);
    Ok(json!({
        "crumbs": [{ "label": "Journal", "href": "/staff/finance/journal" }, { "label": "Account map", "href": null }],
        "general": general.collect::<Vec<_>>(), "parts": parts(db, &chart)?, "own": own.map(own_row).collect::<Vec<_>>(),
        "day": typed.or_else(|| begins.map(|day| day.to_string())), "may_write": may_write, "errors": errors,
        "begins": begins.map(day), "new_href": format!("{ACCOUNTS}/new?for=other"),
    }))
}

fn named(account: &JournalAccount) -> Value {
    json!({ "code": account.code, "name": account.name })
}

/// The account of a role; its address is the role's word, because it has no row before somebody changes it.
fn general(role: AccountRole, account: &JournalAccount) -> Value {
    json!({
        "for": words::role(role), "hint": words::hint(role), "account": named(account),
        "kind": words::kind(account.kind), "href": format!("{ACCOUNTS}/{role}"),
    })
}

fn own_row(account: &JournalAccount) -> Value {
    json!({
        "account": named(account), "kind": words::kind(account.kind), "href": format!("{ACCOUNTS}/{}", account.id),
    })
}

/// Funds and bank accounts, each with its own account or the general one.
fn parts(db: &mut Db, chart: &Chart) -> Result<Vec<Value>, FeatureError> {
    let part = |what: &str, name: &str, word: String, account: Option<&JournalAccount>, is_own: bool| {
        let href = match account.filter(|_| is_own) {
            Some(own) => format!("{ACCOUNTS}/{}", own.id),
            None => format!("{ACCOUNTS}/new?for={word}"),
        };
        json!({ "what": what, "name": name, "account": account.map(named), "is_own": is_own, "href": href })
    };
    let mut rows = Vec::new();
    for fund in funds::list(db, &Language::english())? {
        let account = chart.income(Some(fund.id));
        let is_own = account.is_some_and(|account| account.fund_id.is_some());
        rows.push(part("Fund", &fund.name, format!("fund-{}", fund.id), account, is_own));
    }
    for bank in bank::accounts(db)? {
        let account = chart.bank(bank.id);
        let is_own = account.is_some_and(|account| account.bank_account_id.is_some());
        rows.push(part("Bank account", &bank.name, format!("bank-{}", bank.id), account, is_own));
    }
    Ok(rows)
}
