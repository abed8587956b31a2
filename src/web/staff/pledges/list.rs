//! `/staff/pledges`: who gives again and again, and what that makes.

use actix_web::web::Data;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::db::Db;
use crate::donations::store::pledges::{self, Filter};
use crate::donations::totals::{self, Pledged};
use crate::donations::{Fund, Pledge, PledgeState, funds};
use crate::error::Error as FeatureError;
use crate::values::{Currency, Language, PageRequest};
use crate::web::Answer;
use crate::web::extract::{Query, Staff, permit};
use crate::web::pager::Pager;
use crate::web::staff::campaigns::{link, number};
use crate::web::staff::gift_words::{Choice, Figure, money, per, pledge_badge, pledge_path, rhythm};
use crate::web::staff::moment;

const PER_PAGE: i64 = 50;

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct PledgesQuery {
    q: String,
    state: String,
    currency: String,
    /// A slug.
    fund: String,
    #[serde(skip_serializing)]
    page: String,
}

impl PledgesQuery {
    fn filter(&self, funds: &[Fund]) -> Filter {
        Filter {
            text: self.q.clone(),
            state: self.state.parse().ok(),
            currency: Currency::parse(&self.currency).ok(),
            fund: funds.iter().find(|fund| fund.slug.as_str() == self.fund).map(|fund| fund.id),
            campaign: None,
        }
    }
    fn pairs(&self) -> [(&'static str, &str); 4] {
        [("q", &self.q), ("state", &self.state), ("currency", &self.currency), ("fund", &self.fund)]
    }
}

#[derive(Serialize)]
struct List {
    filter: PledgesQuery,
    clear_href: Option<&'static str>,
    states: Vec<Choice>,
    currencies: Vec<Choice>,
    funds: Vec<Choice>,
    figures: Vec<Figure>,
    count: String,
    rows: Vec<Row>,
    pager: Pager,
}

#[derive(Serialize)]
struct Row {
    href: String,
    name: String,
    email: String,
    amount: String,
    rhythm: &'static str,
    state: &'static str,
    kind: &'static str,
    test: bool,
    ending: bool,
    fund: String,
    since: String,
}

/// `GET /staff/pledges[?q=&state=&currency=&fund=&page=]`
pub async fn list(staff: Staff<permit::GiftsRead>, app: Data<App>, Query(query): Query<PledgesQuery>) -> Answer {
    let (zone, organisation) = (staff.zone(), staff.organisation.clone());
    let currencies = crate::donations::amounts::offered(&organisation);
    let list = app.db.read(move |db| load(db, query, &currencies, zone)).await?;
    staff.render("staff/pledges/list", "Pledges", &list)
}

fn load(db: &mut Db, query: PledgesQuery, currencies: &[Currency], zone: chrono_tz::Tz) -> Result<List, FeatureError> {
    let funds = funds::list(db, &Language::english())?;
    let found = pledges::list(db, &query.filter(&funds), PageRequest::new(query.page.parse().ok(), PER_PAGE))?;
    let page = |n: i64| link("/staff/pledges", &[&query.pairs()[..], &[("page", n.to_string().as_str())]].concat());
    Ok(List {
        clear_href: query.pairs().iter().any(|(_, value)| !value.is_empty()).then_some("/staff/pledges"),
        states: PledgeState::ALL.iter().map(|state| Choice::new(state, pledge_badge(*state).0)).collect(),
        currencies: currencies.iter().map(|code| Choice::new(code, code.as_str())).collect(),
        figures: totals::overview(db)?.pledged.iter().map(pledged).collect(),
        count: match found.total {
            1 => "1 pledge".into(),
            total => format!("{} pledges", number(total)),
        },
        pager: Pager::new(&found, page),
        rows: found.rows.into_iter().map(|row| line(row, &funds, zone)).collect(),
        funds: funds.into_iter().map(|fund| Choice::new(fund.slug, fund.name)).collect(),
        filter: query,
    })
}

/// What active pledges bring, per currency and rhythm.
pub(crate) fn pledged(sum: &Pledged) -> Figure {
    let mark = if sum.test { " (test)" } else { "" };
    Figure {
        label: format!("Active in {}, {}{mark}", sum.sum.currency, rhythm(Some(sum.every)).to_lowercase()),
        number: format!("{} {}", money(&sum.sum), per(sum.every)),
        change: Some(if sum.count == 1 { "1 pledge".into() } else { format!("{} pledges", number(sum.count)) }),
        href: None,
    }
}

fn line(row: Pledge, funds: &[Fund], zone: chrono_tz::Tz) -> Row {
    let (state, kind) = pledge_badge(row.state);
    Row {
        href: pledge_path(row.id),
        amount: money(&row.amount()),
        rhythm: rhythm(Some(row.every)),
        state,
        kind,
        test: row.test,
        ending: row.ending_at.is_some() && row.state != PledgeState::Ended,
        fund: funds.iter().find(|fund| fund.id == row.fund_id).map(|fund| fund.name.clone()).unwrap_or_default(),
        since: moment(row.started_at.unwrap_or(row.created_at), zone),
        email: row.email.to_string(),
        name: row.name,
    }
}
