//! `/staff/donations`: filters, sums, paging, and on top what needs a look.

use std::collections::HashMap;

use actix_web::web::Data;
use chrono::{Days, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::find;
use crate::app::App;
use crate::db::Db;
use crate::donations::store::{self, Filter, sums};
use crate::donations::{Donation, DonationState, Fund, funds};
use crate::error::Error as FeatureError;
use crate::values::{At, CampaignId, Currency, Language, Money, Page, PageRequest};
use crate::web::Answer;
use crate::web::extract::{Query, Staff, permit};
use crate::web::pager::Pager;
use crate::web::staff::campaigns::link;
use crate::web::staff::gift_words::{
    Choice, Figure, campaign_names, donation_badge, donation_path, figures, gifts, money, rhythm,
};
use crate::web::staff::moment;
use crate::web::staff::timeline_words::with_amounts;

const PER_PAGE: i64 = 50;
/// How many of those that need a look stand above the list.
const LOOK_AT: i64 = 10;

/// As it stands in the address; anything odd is as if it were not there.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ListQuery {
    pub q: String,
    pub state: String,
    pub currency: String,
    /// A slug.
    pub fund: String,
    pub campaign: String,
    pub donor: String,
    pub pledge: String,
    /// Days in the organisation's zone, both included.
    pub from: String,
    pub to: String,
    #[serde(skip_serializing)]
    pub page: String,
}

impl ListQuery {
    pub fn filter(&self, funds: &[Fund], zone: Tz) -> Filter {
        let day = |text: &str| text.parse::<NaiveDate>().ok();
        Filter {
            text: self.q.clone(),
            state: self.state.parse().ok(),
            currency: Currency::parse(&self.currency).ok(),
            fund: funds.iter().find(|fund| fund.slug.as_str() == self.fund).map(|fund| fund.id),
            campaign: self.campaign.parse().ok(),
            donor: self.donor.parse().ok(),
            pledge: self.pledge.parse().ok(),
            question: false,
            from: day(&self.from).and_then(|day| begin(day, zone)),
            until: day(&self.to).and_then(|day| day.checked_add_days(Days::new(1))).and_then(|day| begin(day, zone)),
        }
    }
    fn pairs(&self) -> [(&'static str, &str); 9] {
        [
            ("q", &self.q),
            ("state", &self.state),
            ("currency", &self.currency),
            ("fund", &self.fund),
            ("campaign", &self.campaign),
            ("donor", &self.donor),
            ("pledge", &self.pledge),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }
    fn is_filtered(&self) -> bool {
        self.pairs().iter().any(|(_, value)| !value.is_empty())
    }
    fn page(&self, number: i64) -> String {
        let number = number.to_string();
        link("/staff/donations", &[&self.pairs()[..], &[("page", &number)]].concat())
    }
}

/// When a day begins there.
pub(crate) fn begin(day: NaiveDate, zone: Tz) -> Option<At> {
    let midnight = day.and_hms_opt(0, 0, 0)?;
    zone.from_local_datetime(&midnight).earliest().map(|local| At(local.with_timezone(&Utc)))
}

#[derive(Serialize)]
struct List {
    filter: ListQuery,
    clear_href: Option<&'static str>,
    states: Vec<Choice>,
    currencies: Vec<Choice>,
    funds: Vec<Choice>,
    campaigns: Vec<Choice>,
    look_at: Vec<LookAt>,
    figures: Vec<Figure>,
    count: String,
    csv: String,
    rows: Vec<Row>,
    pager: Pager,
}

/// A gift that staff have to decide about.
#[derive(Serialize)]
struct LookAt {
    href: String,
    what: String,
    why: String,
}

#[derive(Serialize)]
struct Row {
    href: String,
    date: String,
    name: String,
    email: String,
    amount: String,
    refunded: Option<String>,
    rhythm: &'static str,
    state: &'static str,
    kind: &'static str,
    test: bool,
    question: bool,
    fund: String,
    campaign: Option<String>,
}

/// `GET /staff/donations[?q=&state=&currency=&fund=&campaign=&donor=&pledge=&from=&to=&page=]`
pub async fn list(staff: Staff<permit::GiftsRead>, app: Data<App>, Query(query): Query<ListQuery>) -> Answer {
    let zone = staff.zone();
    let list = app.db.read(move |db| load(db, query, zone)).await?;
    staff.render("staff/donations/list", "Donations", &list)
}

fn load(db: &mut Db, query: ListQuery, zone: Tz) -> Result<List, FeatureError> {
    let funds = funds::list(db, &Language::english())?;
    let filter = query.filter(&funds, zone);
    let found = store::list(db, &filter, PageRequest::new(query.page.parse().ok(), PER_PAGE))?;
    let campaigns = sums::campaigns(db)?;
    let shown = found.rows.iter().filter_map(|row| row.campaign_id);
    let names = campaign_names(db, campaigns.iter().copied().chain(shown))?;
    let plain = !query.is_filtered();
    Ok(List {
        clear_href: (!plain).then_some("/staff/donations"),
        states: DonationState::ALL.iter().map(|state| Choice::new(state, donation_badge(*state).0)).collect(),
        currencies: sums::currencies(db)?.iter().map(|code| Choice::new(code, code.as_str())).collect(),
        campaigns: campaigns.iter().filter_map(|id| Some(Choice::new(id, names.get(id)?))).collect(),
        look_at: if plain { look_at(db)? } else { Vec::new() },
        figures: figures(&sums::of_filter(db, &filter)?, "Paid"),
        count: gifts(found.total),
        csv: link("/staff/donations.csv", &query.pairs()),
        pager: Pager::new(&found, |number| query.page(number)),
        rows: rows(db, found, &funds, &names, zone)?,
        funds: funds.into_iter().map(|fund| Choice::new(fund.slug, fund.name)).collect(),
        filter: query,
    })
}

fn look_at(db: &mut Db) -> Result<Vec<LookAt>, FeatureError> {
    let filter = Filter { question: true, ..Filter::default() };
    let open = store::list(db, &filter, PageRequest::new(None, LOOK_AT))?.rows;
    let line = |row: &Donation, why: String| LookAt {
        href: donation_path(row.id),
        what: format!("{} from {}", money(&row.amount()), super::giver(row)),
        why,
    };
    let mut all: Vec<LookAt> =
        open.iter().map(|row| line(row, with_amounts(row.question.as_deref().unwrap_or_default()))).collect();
    for id in sums::failed_refunds(db)? {
        all.push(line(&find(db, id)?, "The refund failed: the money is still here.".into()));
    }
    Ok(all)
}

fn rows(
    db: &mut Db,
    found: Page<Donation>,
    funds: &[Fund],
    campaigns: &HashMap<CampaignId, String>,
    zone: Tz,
) -> Result<Vec<Row>, FeatureError> {
    let ids: Vec<_> = found.rows.iter().map(|row| row.id).collect();
    let pledges: Vec<_> = found.rows.iter().filter_map(|row| row.pledge_id).collect();
    let refunded: HashMap<_, i64> = sums::refunded(db, &ids)?.into_iter().collect();
    let every: HashMap<_, _> = sums::intervals(db, &pledges)?.into_iter().collect();
    let row = |row: Donation| {
        let (state, kind) = donation_badge(row.state);
        let back = refunded.get(&row.id).filter(|minor| **minor > 0);
        Row {
            href: donation_path(row.id),
            date: moment(row.paid_at.unwrap_or(row.created_at), zone),
            amount: money(&row.amount()),
            refunded: back.map(|minor| money(&Money::new(*minor, row.currency.clone()))),
            rhythm: rhythm(row.pledge_id.and_then(|id| every.get(&id).copied())),
            state,
            kind,
            test: row.test,
            question: row.question.is_some(),
            fund: funds.iter().find(|fund| fund.id == row.fund_id).map(|fund| fund.name.clone()).unwrap_or_default(),
            campaign: row.campaign_id.and_then(|id| campaigns.get(&id).cloned()),
            email: row.email.to_string(),
            name: row.name,
        }
    };
    Ok(found.rows.into_iter().map(row).collect())
}
