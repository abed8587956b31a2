//! What happens at the sandbox's Stripe: key figures, events with their webhooks, objects; the clock and the mischief.

use actix_web::web::Data;
use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::only_with_sandbox_stripe;
use super::rows::{self, EventRow, ObjectRow, PayoutRow};
use crate::app::App;
use crate::error::Error;
use crate::i18n::Texts;
use crate::sandbox::stripe::webhooks::{Mischief, store as webhooks};
use crate::sandbox::stripe::{engine, look, store};
use crate::values::{Language, Money};
use crate::web::extract::{Loopback, PublicPage, Query};
use crate::web::sandbox::private;
use crate::web::staff::moment;
use crate::web::{Answer, Notice};

const SHOWN: i64 = 12;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DashboardQuery {
    /// What was just done.
    done: String,
    /// What could not be done.
    error: String,
}

#[derive(Debug, Serialize)]
struct Dashboard {
    notice: Option<Notice>,
    time: String,
    ahead: Option<String>,
    zone: String,
    figures: Vec<Figure>,
    mischief: Vec<Choice>,
    chosen: &'static str,
    objects: Vec<ObjectRow>,
    payouts: Vec<PayoutRow>,
    events: Vec<EventRow>,
}

#[derive(Debug, Serialize)]
struct Figure {
    label: &'static str,
    number: String,
    change: Option<String>,
    rows_href: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Choice {
    value: &'static str,
    label: &'static str,
    hint: &'static str,
}

/// `GET /sandbox/stripe`
pub async fn show(_: Loopback, page: PublicPage, app: Data<App>, Query(query): Query<DashboardQuery>) -> Answer {
    let mut dashboard = load(&page, &app).await?;
    dashboard.notice = notice(&query, &dashboard);
    private(page).render("sandbox/stripe/dashboard", "Sandbox Stripe", &dashboard)
}

/// `GET /sandbox/stripe/live`: what moves by itself, for the script that refreshes it.
pub async fn live(_: Loopback, page: PublicPage, app: Data<App>) -> Answer {
    let dashboard = load(&page, &app).await?;
    private(page).render("sandbox/stripe/live", "Sandbox Stripe", &dashboard)
}

async fn load(page: &PublicPage, app: &App) -> Result<Dashboard, crate::web::Error> {
    let stripe = only_with_sandbox_stripe(app)?;
    let zone = page.organisation.zone();
    let loaded = app.db.read(move |db| {
        let now = engine::now(db, &stripe)?;
        let events = store::newest(db, "event", SHOWN)?;
        let ids: Vec<String> = events.iter().filter_map(|event| Some(event["id"].as_str()?.to_owned())).collect();
        let ways = webhooks::of_events(db, &ids)?;
        let chosen = webhooks::mischief(db)?;
        Ok::<_, Error>(Dashboard {
            notice: None,
            time: moment(now, zone),
            ahead: ahead(store::ahead(db)?),
            zone: zone.name().replace('_', " "),
            figures: figures(db, now)?,
            mischief: Mischief::ALL.iter().map(|each| choice(*each)).collect(),
            chosen: chosen.as_str(),
            objects: look::recent(db, SHOWN)?.iter().map(|object| rows::object(object, zone)).collect(),
            payouts: store::newest(db, "payout", SHOWN)?.iter().map(|one| rows::payout(one, zone)).collect(),
            events: events.iter().map(|event| rows::event(event, &ways, zone)).collect(),
        })
    });
    Ok(loaded.await?)
}

fn choice(mischief: Mischief) -> Choice {
    let (label, hint) = mischief.words();
    Choice { value: mischief.as_str(), label, hint }
}

fn ahead(seconds: i64) -> Option<String> {
    match Duration::seconds(seconds).num_days() {
        0 => (seconds > 0).then(|| "some hours ahead of the real time".to_owned()),
        1 => Some("1 day ahead of the real time".to_owned()),
        days => Some(format!("{} days ahead of the real time", Texts::get().number(&Language::english(), days))),
    }
}

fn figures(db: &mut crate::db::Db, now: crate::values::At) -> Result<Vec<Figure>, Error> {
    let counts = look::counts(db)?;
    let number = |number: i64| Texts::get().number(&Language::english(), number);
    let count = |kind: &str| counts.get(kind).copied().unwrap_or(0);
    let (waiting, lost) = look::waiting(db)?;
    let sums = look::balance(db, now)?;
    let list = |part: fn(&(Money, Money)) -> &Money| {
        let shown: Vec<String> = sums.iter().map(part).filter(|sum| sum.minor != 0).map(rows::money).collect();
        shown.join(", ")
    };
    let (there, coming) = (list(|sums| &sums.0), list(|sums| &sums.1));
    let figure = |label, number, change, rows_href| Figure { label, number, change, rows_href };
    Ok(vec![
        figure("Payments", number(count("payment_intent")), None, Some("/sandbox/stripe/objects?kind=payment_intent")),
        figure("Subscriptions", number(count("subscription")), None, Some("/sandbox/stripe/objects?kind=subscription")),
        figure(
            "Balance, available",
            if there.is_empty() { "0".into() } else { there },
            (!coming.is_empty()).then(|| format!("and {coming} on the way")),
            Some("/sandbox/stripe/objects?kind=balance_transaction"),
        ),
        figure(
            "Webhooks on their way",
            number(waiting),
            (lost > 0).then(|| format!("{} lost or given up", number(lost))),
            Some("/sandbox/stripe/objects?kind=event"),
        ),
    ])
}

fn notice(query: &DashboardQuery, dashboard: &Dashboard) -> Option<Notice> {
    let refused = match query.error.as_str() {
        "amount" => Some("That is no amount that Stripe takes: write for example 25.00 and EUR."),
        "funds" => Some("There is less than that available on the balance in this currency."),
        "failed" => Some("This payout has failed already."),
        _ => None,
    };
    if let Some(refused) = refused {
        return Some(Notice::danger(refused));
    }
    match query.done.as_str() {
        "charge" => Some(Notice::ok("A payment was made by hand.")),
        "fee" => Some(Notice::ok("Stripe took a fee of its own. It tells of it by no event: a sync finds it.")),
        "payout" => Some(Notice::ok("A manual payout is on its way. It arrives when the clock has moved by two days.")),
        "failed" => Some(Notice::ok("The payout failed, and its money is on the balance again.")),
        "clock" => Some(Notice::ok(format!("The sandbox’s clock was moved. It says {} now.", dashboard.time))),
        "mischief" => {
            let chosen = dashboard.mischief.iter().find(|choice| choice.value == dashboard.chosen)?;
            Some(Notice::ok(format!("Webhooks from now on: {}. {}", chosen.label.to_lowercase(), chosen.hint)))
        }
        _ => None,
    }
}
