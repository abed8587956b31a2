//! `/staff/finance/transactions`: every line of the balance, and the rows behind each figure of finance's home.

use actix_web::web::Data;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::words::{
    TRANSACTIONS, amount, category, count, day, explanation_badge, payout_path, transaction_path, typed, why,
};
use crate::app::App;
use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::finance::balance::{self, Filter, Group};
use crate::finance::journal::Chart;
use crate::finance::{Explained, Explanation, JournalAccount};
use crate::values::{Currency, Day, PageRequest};
use crate::web::Answer;
use crate::web::extract::{Query, Staff, permit};
use crate::web::pager::Pager;
use crate::web::staff::campaigns::link;
use crate::web::staff::gift_words::{Choice, money};

const PER_PAGE: i64 = 50;

/// As it stands in the address; anything odd is as if it were not there.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ListQuery {
    q: String,
    explanation: String,
    /// The figure of finance's home whose rows they are.
    group: String,
    category: String,
    payout: String,
    currency: String,
    /// Days in the organisation's zone, both included.
    from: String,
    to: String,
    #[serde(skip_serializing)]
    page: String,
}

impl ListQuery {
    fn filter(&self) -> Filter {
        let some = |text: &str| Some(typed(text)).filter(|text| !text.is_empty());
        Filter {
            explanation: self.explanation.parse().ok(),
            group: self.group.parse().ok(),
            category: some(&self.category),
            payout: some(&self.payout),
            currency: Currency::parse(&self.currency).ok(),
            from: Day::parse(&self.from).ok(),
            to: Day::parse(&self.to).ok(),
            q: typed(&self.q),
        }
    }
    fn pairs(&self) -> [(&'static str, &str); 8] {
        [
            ("q", &self.q),
            ("explanation", &self.explanation),
            ("group", &self.group),
            ("category", &self.category),
            ("payout", &self.payout),
            ("currency", &self.currency),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }
    fn is_filtered(&self) -> bool {
        self.pairs().iter().any(|(_, value)| !value.is_empty())
    }
    fn page(&self, number: i64) -> String {
        link(TRANSACTIONS, &[&self.pairs()[..], &[("page", &number.to_string())]].concat())
    }
}

/// `GET /staff/finance/transactions[?q=&explanation=&group=&category=&payout=&currency=&from=&to=&page=]`
pub async fn list(staff: Staff<permit::GiftsRead>, app: Data<App>, Query(query): Query<ListQuery>) -> Answer {
    let (livemode, zone) = (app.livemode(), staff.zone());
    let d = app.db.read(move |db| load(db, livemode, &query, zone)).await?;
    staff.render("staff/finance/transactions", "Transactions", &d)
}

fn load(db: &mut Db, livemode: bool, query: &ListQuery, zone: Tz) -> Result<Value, FeatureError> {
    let filter = query.filter();
    let found = balance::list(db, livemode, &filter, zone, PageRequest::new(query.page.parse().ok(), PER_PAGE))?;
    let chart = Chart::load(db)?;
    let rows = found.rows.iter().map(|line| row(db, line, chart.all(), zone)).collect::<Result<Vec<_>, _>>()?;
    let currencies = balance::currencies(db, livemode)?;
    let categories = balance::categories(db, livemode)?;
    Ok(json!({
        "filter": query, "clear_href": query.is_filtered().then_some(TRANSACTIONS),
        "explanations": explanations(),
        "categories": categories.iter().map(|word| Choice::new(word, category(word))).collect::<Vec<_>>(),
        "currencies": currencies.iter().map(|code| Choice::new(code, code.as_str())).collect::<Vec<_>>(),
        "count": count(found.total, "transaction", "transactions"),
        "behind": filter.group.map(behind), "sums": sums(db, livemode, &filter, zone)?,
        "is_unexplained": filter.explanation == Some(Explanation::Unexplained),
        "pager": Pager::new(&found, |number| query.page(number)), "rows": rows,
    }))
}

fn explanations() -> Vec<Choice> {
    // What needs somebody stands first.
    let rest = Explanation::ALL.iter().filter(|word| **word != Explanation::Unexplained);
    [&Explanation::Unexplained]
        .into_iter()
        .chain(rest)
        .map(|word| Choice::new(word, explanation_badge(*word).0))
        .collect()
}

/// Which figure the rows are behind.
fn behind(group: Group) -> &'static str {
    match group {
        Group::Received => "Gifts received",
        Group::Refunded => "Given back, less refunds that failed",
        Group::Fees => "Fees: those on payments, and Stripe\u{2019}s own lines",
        Group::Other => "Other: what staff explained, and what nobody did yet",
        Group::PaidOut => "Paid out, less payouts that came back",
    }
}

/// What the filter finds, added up per currency; behind a figure, the figure itself.
fn sums(db: &mut Db, livemode: bool, filter: &Filter, zone: Tz) -> Result<Vec<Vec<Value>>, FeatureError> {
    let found = balance::sums(db, livemode, filter, zone)?;
    let fees = match filter.group {
        Some(Group::Fees) => {
            let only = Filter { explanation: Some(Explanation::Fee), ..filter.clone() };
            balance::sums(db, livemode, &only, zone)?
        }
        _ => Vec::new(),
    };
    let mut all = Vec::new();
    for sum in &found {
        let code = &sum.currency;
        let mut figures = Vec::new();
        let mut add = |label: &str, minor: i64| {
            figures.push(json!({ "label": format!("{label} in {code}"), "number": amount(minor, code) }));
        };
        match filter.group {
            Some(Group::Received) => add("Received", sum.amount),
            Some(Group::Refunded) => add("Given back", -sum.amount),
            Some(Group::Other) => add("Other", sum.amount),
            Some(Group::PaidOut) => add("Paid out", -sum.amount),
            Some(Group::Fees) => {
                let own = fees.iter().find(|own| own.currency == *code).map_or(0, |own| own.amount);
                add("Fees", sum.fee - own);
            }
            None => {
                add("Amount", sum.amount);
                add("Fees on it", sum.fee);
                add("Net", sum.net);
            }
        }
        all.push(figures);
    }
    Ok(all)
}

/// A transaction in a table, here and on the page of a payout.
pub(in crate::web::staff::finance) fn row(
    db: &mut Db,
    line: &Explained,
    chart: &[JournalAccount],
    zone: Tz,
) -> Result<Value, FeatureError> {
    let (state, kind) = explanation_badge(line.explanation);
    Ok(json!({
        "href": transaction_path(&line.id), "id": line.id, "what": category(&line.reporting_category),
        "date": day(Day::of(line.created_at, zone)), "state": state, "kind": kind, "why": why(db, line, chart)?,
        // A payout's own line goes along with none.
        "waits": line.payout.is_none() && line.source_payout.is_none(),
        "payout": line.payout, "payout_href": line.payout.as_deref().map(payout_path),
        "amount": money(&line.amount()), "fee": money(&line.fee()), "net": money(&line.net()),
    }))
}
