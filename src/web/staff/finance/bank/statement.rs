//! The statements of an account, and one of them with its lines.

use actix_web::web::{Data, Path};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Value, json};

use super::list::spaced;
use super::words::{BANK, Row, day, days, statement_path, who};
use crate::app::App;
use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::finance::BankStatement;
use crate::finance::bank::{self, LineFilter, StatementRow, store};
use crate::values::{BankStatementId, Money, PageRequest};
use crate::web::Answer;
use crate::web::extract::{Query, Staff, permit};
use crate::web::pager::Pager;
use crate::web::staff::campaigns::{link, number};
use crate::web::staff::gift_words::money;
use crate::web::staff::moment;

const PER_PAGE: i64 = 100;

type Reader = Staff<permit::GiftsRead>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatementsQuery {
    account: String,
    page: String,
}

/// `GET /staff/finance/bank/statements[?account=&page=]`
pub async fn statements(staff: Reader, app: Data<App>, Query(query): Query<StatementsQuery>) -> Answer {
    let zone = staff.zone();
    let load = app.db.read(move |db| {
        let account = query.account.parse().ok();
        let found = bank::statements(db, account, PageRequest::new(query.page.parse().ok(), PER_PAGE))?;
        let here = format!("{BANK}/statements");
        let pager = Pager::new(&found, |n| link(&here, &[("account", &query.account), ("page", &n.to_string())]));
        let mut rows = Vec::new();
        for row in &found.rows {
            rows.push(listed(db, row, zone)?);
        }
        let crumbs = json!([{ "label": "Bank", "href": BANK }, { "label": "Statements", "href": null }]);
        Ok::<_, FeatureError>(json!({ "crumbs": crumbs, "pager": pager, "rows": rows }))
    });
    staff.render("staff/finance/bank/statements", "Statements", &load.await?)
}

fn listed(db: &mut Db, row: &StatementRow, zone: Tz) -> Result<Value, FeatureError> {
    let statement = &row.statement;
    Ok(json!({
        "href": statement_path(statement.id), "reference": statement.reference, "account": row.account.name,
        "days": days(statement.opens_on, statement.closes_on), "lines": number(row.lines),
        "open": (row.open > 0).then(|| number(row.open)), "gap": gap(db, statement)?.is_some(),
        "closing": money(&Money::new(statement.closing_minor, statement.currency.clone())),
        "imported": moment(statement.imported_at, zone),
    }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LinesQuery {
    page: String,
}

/// `GET /staff/finance/bank/statements/{id}[?page=]`
pub async fn show(staff: Reader, app: Data<App>, id: Path<BankStatementId>, Query(query): Query<LinesQuery>) -> Answer {
    let (id, zone, livemode) = (*id, staff.zone(), app.livemode());
    let d = app.db.read(move |db| load(db, livemode, id, query.page.parse().ok(), zone)).await?;
    staff.render("staff/finance/bank/statement", "Statement", &d)
}

fn load(db: &mut Db, livemode: bool, id: BankStatementId, page: Option<i64>, zone: Tz) -> Result<Value, FeatureError> {
    let row = bank::statement(db, id)?;
    let (statement, account) = (&row.statement, &row.account);
    let filter = LineFilter { statement: Some(id), ..LineFilter::default() };
    let found = bank::lines(db, &filter, PageRequest::new(page, PER_PAGE))?;
    let mut rows = Vec::new();
    for row in &found.rows {
        rows.push(Row::new(db, livemode, row)?);
    }
    let amount = |minor| money(&Money::new(minor, statement.currency.clone()));
    let heading = format!("Statement {}", statement.reference);
    Ok(json!({
        "crumbs": [{ "label": "Bank", "href": BANK }, { "label": "Statements", "href": format!("{BANK}/statements") },
            { "label": heading, "href": null }],
        "heading": heading, "lead": format!("{}, {}", account.name, days(statement.opens_on, statement.closes_on)),
        "gap": gap(db, statement)?, "opening": amount(statement.opening_minor), "closing": amount(statement.closing_minor),
        "opens_on": day(statement.opens_on), "closes_on": day(statement.closes_on),
        "is_first": found.request.number == 1, "is_last": found.request.number >= found.pages(),
        "facts": facts(db, &row, zone)?, "rows": rows,
        "pager": Pager::new(&found, |n| link(&statement_path(id), &[("page", &n.to_string())])),
    }))
}

fn facts(db: &mut Db, row: &StatementRow, zone: Tz) -> Result<Vec<Value>, FeatureError> {
    let (statement, account) = (&row.statement, &row.account);
    let amount = |minor| money(&Money::new(minor, statement.currency.clone()));
    let fact = |term: &str, value: String| json!({ "term": term, "value": value });
    let lines =
        if row.open > 0 { format!("{}, {} open", number(row.lines), number(row.open)) } else { number(row.lines) };
    Ok(vec![
        fact("Account", account.name.clone()),
        fact("Number", spaced(&account.identification)),
        fact("Days", days(statement.opens_on, statement.closes_on)),
        fact("Opening balance", amount(statement.opening_minor)),
        fact("Closing balance", amount(statement.closing_minor)),
        fact("Change", amount(statement.closing_minor.saturating_sub(statement.opening_minor))),
        fact("Lines", lines),
        fact("File", statement.file_name.clone()),
        fact("Imported", moment(statement.imported_at, zone)),
        fact("By", who(db, statement.staff_id, "The command line")?),
    ])
}

/// Words when it does not begin where the one before it ended.
fn gap(db: &mut Db, statement: &BankStatement) -> Result<Option<String>, FeatureError> {
    let before = store::before(db, statement.bank_account_id, statement.opens_on.plus(-1))?;
    let Some(before) = before.filter(|before| before.closing_minor != statement.opening_minor) else { return Ok(None) };
    let amount = |minor| money(&Money::new(minor, statement.currency.clone()));
    Ok(Some(format!(
        "The one before ended on {} with {}; this one begins with {}. Lines in between are not here, so a payout may seem \
         late that has arrived.",
        day(before.closes_on),
        amount(before.closing_minor),
        amount(statement.opening_minor)
    )))
}
