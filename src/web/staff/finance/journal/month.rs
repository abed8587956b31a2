//! `/staff/finance/journal`: a month per account, what stands in suspense, what was exported, and the entries.

use actix_web::web::Data;
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{JOURNAL, entries, month_words};
use crate::app::App;
use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::finance::journal::{self, AccountMonth, JournalExport, MonthView};
use crate::finance::{Explanation, balance};
use crate::staff::{Permission, store as members};
use crate::values::{Currency, Day, Money, Month, Page, PageRequest};
use crate::web::Answer;
use crate::web::extract::{Query, Staff, permit};
use crate::web::pager::Pager;
use crate::web::staff::campaigns::{link, number};
use crate::web::staff::gift_words::{Choice, money};
use crate::web::staff::moment;

/// Entries on a page.
const PER_PAGE: i64 = 50;
/// Differences from an export that are listed.
const CHANGES: usize = 20;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MonthQuery {
    month: String,
    page: String,
}

/// `GET /staff/finance/journal[?month=&page=]`
pub async fn show(staff: Staff<permit::GiftsRead>, app: Data<App>, Query(query): Query<MonthQuery>) -> Answer {
    let (livemode, zone, today) = (app.livemode(), staff.zone(), Day::of(app.clock.now(), staff.zone()));
    let month = Month::parse(&query.month).unwrap_or_else(|_| today.month());
    let page = PageRequest::new(query.page.parse().ok(), PER_PAGE);
    let may_export = staff.may(Permission::Gifts);
    let d = app.db.read(move |db| load(db, livemode, month, today.month(), page, may_export, zone)).await?;
    staff.render("staff/finance/journal/month", &format!("Journal, {}", month_words(month)), &d)
}

fn load(
    db: &mut Db,
    livemode: bool,
    month: Month,
    now: Month,
    request: PageRequest,
    may_export: bool,
    zone: Tz,
) -> Result<Value, FeatureError> {
    let view = journal::month(db, livemode, month, zone)?;
    let mut months = journal::months(db, livemode, zone)?;
    months.extend([month, now]);
    months.sort_unstable();
    months.dedup();
    let href = |month: Month| link(JOURNAL, &[("month", &month.to_string())]);
    let total = i64::try_from(view.entries.len()).unwrap_or(i64::MAX);
    let found = Page { rows: Vec::<()>::new(), total, request };
    let pager = Pager::new(&found, |n| link(JOURNAL, &[("month", &month.to_string()), ("page", &n.to_string())]));
    let before = months.iter().rev().find(|other| **other < month);
    let after = months.iter().find(|other| **other > month);
    Ok(json!({
        "may_export": may_export, "month": month, "month_words": month_words(month),
        "heading": format!("Journal, {}", month_words(month)), "livemode": livemode,
        "months": months.iter().rev().map(|month| Choice::new(month, month_words(*month))).collect::<Vec<_>>(),
        "before": before.map(|month| json!({ "href": href(*month), "words": month_words(*month) })),
        "after": after.map(|month| json!({ "href": href(*month), "words": month_words(*month) })),
        "suspense": view.suspense.iter().map(suspense).collect::<Vec<_>>(),
        "accounts": view.accounts.iter().map(account).collect::<Vec<_>>(), "totals": totals(&view.accounts),
        "exports": exports(db, &view.exports, zone)?, "changed": changed(&view, zone),
        "count": count(total), "entries": entries::rows(&view.entries, request), "pager": pager,
    }))
}

fn count(total: i64) -> String {
    match total {
        1 => "1 entry".into(),
        n => format!("{} entries", number(n)),
    }
}

/// What nobody has explained, with the way to its transactions.
fn suspense(amount: &Money) -> Value {
    let filter = balance::Filter {
        explanation: Some(Explanation::Unexplained),
        currency: Some(amount.currency.clone()),
        ..balance::Filter::default()
    };
    json!({
        "strong": format!("{} stands in suspense.", money(&Money::new(amount.minor.saturating_abs(), amount.currency.clone()))),
        "href": format!("/staff/finance/transactions?{}", filter.query()),
    })
}

/// Nothing is no number: an empty cell is easier to read than a zero.
fn cell(minor: i64, currency: &Currency) -> Option<String> {
    (minor != 0).then(|| money(&Money::new(minor, currency.clone())))
}

fn account(row: &AccountMonth) -> Value {
    let amount = |minor| money(&Money::new(minor, row.currency.clone()));
    json!({
        "code": row.account.code, "name": row.account.name, "opening": amount(row.opening),
        "debit": cell(row.debit, &row.currency), "credit": cell(row.credit, &row.currency),
        "closing": amount(row.closing),
    })
}

/// Per currency: debits and credits are the same, and opening and closing balances add up to nothing.
fn totals(accounts: &[AccountMonth]) -> Vec<Value> {
    let mut currencies: Vec<&Currency> = accounts.iter().map(|row| &row.currency).collect();
    currencies.sort_unstable();
    currencies.dedup();
    let total = |currency: &Currency| {
        let sum = |of: fn(&AccountMonth) -> i64| {
            let rows = accounts.iter().filter(|row| row.currency == *currency);
            money(&Money::new(rows.fold(0_i64, |sum, row| sum.saturating_add(of(row))), currency.clone()))
        };
        json!({
            "currency": currency, "opening": sum(|row| row.opening), "debit": sum(|row| row.debit),
            "credit": sum(|row| row.credit), "closing": sum(|row| row.closing),
        })
    };
    currencies.into_iter().map(total).collect()
}

fn exports(db: &mut Db, exports: &[JournalExport], zone: Tz) -> Result<Vec<Value>, FeatureError> {
    let mut rows = Vec::new();
    for export in exports {
        let by = match export.staff_id {
            None => "the command line".to_owned(),
            Some(id) => members::find(db, id)?.map_or_else(|| "staff".into(), |member| member.email.to_string()),
        };
        rows.push(json!({ "at": moment(export.exported_at, zone), "by": by, "entries": count(export.entries) }));
    }
    Ok(rows)
}

/// What is not as it was exported last.
fn changed(view: &MonthView, zone: Tz) -> Value {
    let (Some(newest), false) = (view.exports.first(), view.changed.is_empty()) else { return Value::Null };
    let more = view.changed.len().saturating_sub(CHANGES);
    let strong = match view.changed.len() {
        1 => "1 entry is not as it was exported".to_owned(),
        n => format!("{n} entries are not as they were exported"),
    };
    json!({
        "strong": format!("{strong} on {}.", moment(newest.exported_at, zone)),
        "rows": view.changed.iter().take(CHANGES).map(|change| &change.what).collect::<Vec<_>>(),
        "more": (more > 0).then(|| format!("And {more} more.")),
    })
}
