//! A pledge's own page, and ending it.

use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use crate::app::App;
use crate::db::Db;
use crate::donations::store::{self, Filter, pledges};
use crate::donations::{Donation, Gift, Pledge, PledgeState, funds, pledge as pledging, timeline};
use crate::error::Error as FeatureError;
use crate::payments::read;
use crate::staff::Permission;
use crate::values::{Language, PageRequest, PledgeId};
use crate::web::extract::{Staff, permit};
use crate::web::staff::campaigns;
use crate::web::staff::gift_words::{
    campaign_names, donation_badge, donation_path, money, per, pledge_badge, pledge_path, rhythm, timeline as items,
};
use crate::web::staff::moment;
use crate::web::{Answer, Notice};

/// How many of its payments are listed here.
const PAYMENTS: i64 = 24;

/// `GET /staff/pledges/{id}`
pub async fn show(staff: Staff<permit::GiftsRead>, app: Data<App>, id: Path<PledgeId>) -> Answer {
    let (id, zone, may_write) = (*id, staff.zone(), staff.may(Permission::Gifts));
    let (title, d) = app.db.read(move |db| load(db, id, may_write, zone)).await?;
    staff.render("staff/pledges/show", &title, &d)
}

fn find(db: &mut Db, id: PledgeId) -> Result<Pledge, FeatureError> {
    pledges::find(db, id)?.ok_or(FeatureError::NotFound("pledge"))
}

fn title(pledge: &Pledge) -> String {
    let who = match (pledge.name.as_str(), pledge.email.as_str()) {
        ("", "") => "somebody who did not finish",
        ("", email) => email,
        (name, _) => name,
    };
    format!("{} {} from {who}", money(&pledge.amount()), per(pledge.every))
}

fn load(db: &mut Db, id: PledgeId, may_write: bool, zone: chrono_tz::Tz) -> Result<(String, Value), FeatureError> {
    let pledge = find(db, id)?;
    let (state, kind) = pledge_badge(pledge.state);
    let filter = Filter { pledge: Some(id), ..Filter::default() };
    let paid = store::list(db, &filter, PageRequest::new(None, PAYMENTS))?;
    let row = |row: &Donation| {
        let (state, kind) = donation_badge(row.state);
        json!({
            "href": donation_path(row.id), "amount": money(&row.amount()), "state": state, "kind": kind,
            "date": moment(row.paid_at.unwrap_or(row.created_at), zone),
        })
    };
    let title = title(&pledge);
    let d = json!({
        "title": title, "state": state, "kind": kind, "test": pledge.test, "href": pledge_path(id),
        "crumbs": [{ "label": "Pledges", "href": "/staff/pledges" }, { "label": format!("Pledge {id}"), "href": null }],
        "ending": pledge.state != PledgeState::Ended && pledge.ending_at.is_some(),
        "ending_words": "Stripe was told, and its answer shows here. No further payment is taken.",
        "past_due": pledge.state == PledgeState::PastDue,
        "end_href": (may_write && pledge.state != PledgeState::Ended && pledge.ending_at.is_none())
            .then(|| format!("{}/end", pledge_path(id))),
        "facts": facts(db, &pledge, zone)?, "stripe": stripe(&pledge),
        "payments": paid.rows.iter().map(row).collect::<Vec<_>>(),
        "all_href": (paid.total > PAYMENTS).then(|| format!("/staff/donations?pledge={id}")), "total": paid.total,
        "timeline": items(&timeline::of(db, Gift::Pledge(id))?, zone),
    });
    Ok((title, d))
}

fn facts(db: &mut Db, pledge: &Pledge, zone: chrono_tz::Tz) -> Result<Vec<Value>, FeatureError> {
    let fact = |term: &str, value: String| json!({ "term": term, "value": value });
    let mut facts = vec![
        fact("Amount", money(&pledge.amount())),
        fact("How often", rhythm(Some(pledge.every)).into()),
        fact("Form sent", moment(pledge.created_at, zone)),
    ];
    facts.extend(pledge.started_at.map(|at| fact("First payment", moment(at, zone))));
    if let Some(subscription) = pledge.subscription.as_deref()
        && pledge.state == PledgeState::Active
        && pledge.ending_at.is_none()
    {
        facts.extend(read::next_payment(db, subscription)?.map(|at| fact("Next payment", moment(at, zone))));
    }
    facts.extend(pledge.ended_at.map(|at| fact("Ended", moment(at, zone))));
    if !pledge.end_reason.is_empty() {
        facts.push(fact("Why it ended", pledge.end_reason.clone()));
    }
    if !pledge.name.is_empty() {
        facts.push(fact("Name", pledge.name.clone()));
    }
    let email = pledge.email.as_str();
    facts.push(fact("E-mail", if email.is_empty() { "Not kept: the checkout was abandoned" } else { email }.into()));
    facts.push(fact("Language", pledge.language.own_name().into()));
    let fund = funds::list(db, &Language::english())?.into_iter().find(|fund| fund.id == pledge.fund_id);
    facts.extend(fund.map(|fund| fact("Fund", fund.name)));
    if let Some(id) = pledge.campaign_id {
        let name = campaign_names(db, [id])?.remove(&id).unwrap_or_default();
        facts.push(json!({ "term": "Came through", "value": name, "href": campaigns::path(id) }));
    }
    Ok(facts)
}

fn stripe(pledge: &Pledge) -> Vec<Value> {
    let ids = [
        ("Checkout", &pledge.checkout),
        ("Subscription", &pledge.subscription),
        ("Customer", &pledge.customer),
        ("Account", &pledge.account),
    ];
    ids.into_iter().filter_map(|(term, id)| Some(json!({ "term": term, "value": id.as_ref()? }))).collect()
}

/// `GET /staff/pledges/{id}/end`
pub async fn sure_end(staff: Staff<permit::Gifts>, app: Data<App>, id: Path<PledgeId>) -> Answer {
    let id = *id;
    let pledge = app.db.read(move |db| find(db, id)).await?;
    let d = json!({
        "heading": "End this pledge?",
        "lead": "Stripe takes no further payments. The donor gets a mail that says so. What was paid stays paid. \
                 This cannot be undone: to give again, the donor uses the donate page.",
        "action": format!("{}/end", pledge_path(id)), "button": "End this pledge", "danger": true,
        "cancel_href": pledge_path(id), "facts": [{ "term": "Pledge", "value": title(&pledge) }],
    });
    staff.render("staff/donations/sure", "End this pledge", &d)
}

/// `POST /staff/pledges/{id}/end`
pub async fn end(staff: Staff<permit::Gifts>, app: Data<App>, id: Path<PledgeId>) -> Answer {
    let (id, actor, now) = (*id, staff.actor(), app.clock.now());
    match app.db.write(move |db| pledging::end(db, id, &actor, now)).await {
        Ok(()) => {
            app.ring();
            staff.redirect(&pledge_path(id), Notice::ok("Stripe is told to end it. Its answer shows here."))
        }
        Err(FeatureError::Conflict(words)) => staff.redirect(&pledge_path(id), Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}
