//! `/staff/finance/payouts`: what Stripe sent to the bank.

use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::words::{PAYOUTS, amount, count, day, in_bank_badge, payout_path, status_words, sum_badge, typed};
use crate::app::App;
use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::finance::balance;
use crate::finance::payouts::{self, AtBank, Filter, InBank, Listed, Sum};
use crate::stripe::PayoutStatus;
use crate::values::{Currency, Day, Page, PageRequest};
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
    state: String,
    at_bank: String,
    /// `true` or `false`.
    automatic: String,
    currency: String,
    /// Days of arrival, both included.
    from: String,
    to: String,
    #[serde(skip_serializing)]
    page: String,
}

impl ListQuery {
    fn filter(&self) -> Filter {
        Filter {
            state: self.state.parse().ok(),
            at_bank: self.at_bank.parse().ok(),
            automatic: self.automatic.parse().ok(),
            currency: Currency::parse(&self.currency).ok(),
            from: Day::parse(&self.from).ok(),
            to: Day::parse(&self.to).ok(),
            q: typed(&self.q),
        }
    }
    fn pairs(&self) -> [(&'static str, &str); 7] {
        [
            ("q", &self.q),
            ("state", &self.state),
            ("at_bank", &self.at_bank),
            ("automatic", &self.automatic),
            ("currency", &self.currency),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }
    fn is_filtered(&self) -> bool {
        self.pairs().iter().any(|(_, value)| !value.is_empty())
    }
    fn page(&self, number: i64) -> String {
        link(PAYOUTS, &[&self.pairs()[..], &[("page", &number.to_string())]].concat())
    }
}

/// `GET /staff/finance/payouts[?q=&state=&at_bank=&automatic=&currency=&from=&to=&page=]`
pub async fn list(staff: Staff<permit::GiftsRead>, app: Data<App>, Query(query): Query<ListQuery>) -> Answer {
    let (livemode, today) = (app.livemode(), Day::of(app.clock.now(), staff.zone()));
    let d = app.db.read(move |db| load(db, livemode, &query, today)).await?;
    staff.render("staff/finance/payouts", "Payouts", &d)
}

fn load(db: &mut Db, livemode: bool, query: &ListQuery, today: Day) -> Result<Value, FeatureError> {
    let filter = query.filter();
    let found = payouts::list(db, livemode, &filter, today, PageRequest::new(query.page.parse().ok(), PER_PAGE))?;
    let currencies = balance::currencies(db, livemode)?;
    Ok(json!({
        "filter": query, "clear_href": query.is_filtered().then_some(PAYOUTS),
        "states": states(), "at_bank": at_bank(),
        "how": [Choice::new(true, "Automatic"), Choice::new(false, "Manual")],
        "currencies": currencies.iter().map(|code| Choice::new(code, code.as_str())).collect::<Vec<_>>(),
        "count": words(&found, &filter), "pager": Pager::new(&found, |number| query.page(number)),
        "rows": found.rows.iter().map(row).collect::<Vec<_>>(),
    }))
}

fn states() -> Vec<Choice> {
    let shown = PayoutStatus::ALL.iter().filter(|status| **status != PayoutStatus::Unknown);
    shown.map(|status| Choice::new(status, status_words(*status))).collect()
}

fn at_bank() -> Vec<Choice> {
    vec![
        Choice::new(AtBank::InTransit, "In transit"),
        Choice::new(AtBank::Missing, "Not there yet"),
        Choice::new(AtBank::Late, "Late"),
        Choice::new(AtBank::There, "There"),
        Choice::new(AtBank::Returning, "Failed, return awaited"),
    ]
}

/// `2 payouts`; of those in transit, of one currency, also how much that is: what finance's home says.
fn words(found: &Page<Listed>, filter: &Filter) -> String {
    let payouts = count(found.total, "payout", "payouts");
    let whole = found.pages() == 1;
    match (&filter.currency, filter.at_bank) {
        (Some(currency), Some(AtBank::InTransit)) if whole => {
            let sum = found.rows.iter().map(on_its_way).sum();
            format!("{payouts}, {} in transit", amount(sum, currency))
        }
        _ => payouts,
    }
}

/// Of a payout in transit: what is not at the bank; less than nothing when the bank has it, and Stripe too.
fn on_its_way(listed: &Listed) -> i64 {
    match listed.in_bank {
        InBank::NotYet | InBank::Late(_) | InBank::Failed | InBank::Cancelled => listed.payout.amount_minor,
        InBank::There | InBank::Returning | InBank::Returned => -listed.payout.amount_minor,
    }
}

fn row(listed: &Listed) -> Value {
    let payout = &listed.payout;
    let (state, kind) = in_bank_badge(listed.in_bank);
    let (sum, sum_kind) = sum_badge(listed.sum);
    let lines = match listed.sum {
        Sum::NotAttributed | Sum::NotYet => None,
        Sum::Fits | Sum::Differs(_) => Some(count(listed.lines, "transaction", "transactions")),
    };
    let unexplained = (listed.unexplained > 0).then(|| format!("{} unexplained", listed.unexplained));
    json!({
        "href": payout_path(&payout.id), "day": day(payout.arrives_on), "id": payout.id, "state": state, "kind": kind,
        "sum": sum, "sum_kind": sum_kind, "lines": lines, "unexplained": unexplained, "amount": money(&payout.amount()),
    })
}
