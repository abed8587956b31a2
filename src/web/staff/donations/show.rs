//! A gift's own page: what it is, where it stands, what happened, and what Stripe says of it.

use actix_web::web::{Data, Path};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::{find, giver, way};
use crate::app::App;
use crate::db::Db;
use crate::donations::store::{self, Filter, pledges};
use crate::donations::{Donation, DonationState, Gift, Receipt, Refund, RefundState, funds, refund, timeline};
use crate::error::Error as FeatureError;
use crate::outbox;
use crate::payments::read::{self, Settled};
use crate::staff::Permission;
use crate::staff::store as members;
use crate::values::{DonationId, Language, Money, PageRequest};
use crate::web::Answer;
use crate::web::extract::{Staff, permit};
use crate::web::staff::campaigns::{self, progress};
use crate::web::staff::gift_words::{
    campaign_names, donation_badge, donation_path, money, pledge_path, refund_badge, refund_failure, rhythm,
    timeline as items,
};
use crate::web::staff::moment;
use crate::web::staff::timeline_words::{declined, with_amounts};

/// Gifts of the same donor that are listed here.
const OTHERS: usize = 10;

/// `GET /staff/donations/{id}`
pub async fn show(staff: Staff<permit::GiftsRead>, app: Data<App>, id: Path<DonationId>) -> Answer {
    let (id, zone, may_write) = (*id, staff.zone(), staff.may(Permission::Gifts));
    let (livemode, now) = (app.livemode(), app.clock.now());
    let load = app.db.read(move |db| {
        let donation = find(db, id)?;
        let way = way::of(db, &donation, livemode, zone, now)?;
        load(db, donation, way, may_write, zone)
    });
    let (title, d) = load.await?;
    staff.render("staff/donations/show", &title, &d)
}

fn load(
    db: &mut Db,
    donation: Donation,
    way: Vec<Value>,
    may_write: bool,
    zone: Tz,
) -> Result<(String, Value), FeatureError> {
    let id = donation.id;
    let payments: Vec<String> = donation.payment.iter().cloned().collect();
    let settled = read::settled(db, &payments)?.into_values().next();
    let refunds = store::refunds::of(db, id)?;
    let receipt = store::receipts::of(db, id)?;
    let paid = donation.state == DonationState::Paid;
    let left = if paid { refund::left(db, id)?.minor } else { 0 };
    let (state, kind) = donation_badge(donation.state);
    let title = format!("{} from {}", money(&donation.amount()), giver(&donation));
    let d = json!({
        "href": donation_path(id), "title": title, "state": state, "kind": kind, "test": donation.test,
        "crumbs": [{ "label": "Donations", "href": "/staff/donations" }, { "label": format!("Gift {id}"), "href": null }],
        "question": question(&donation), "failure": donation.failure.as_deref().map(declined),
        "failed": matches!(donation.state, DonationState::Failed),
        "failed_refund": failed_refund(&refunds),
        "may_refund": may_write && left > 0, "may_write": may_write,
        "facts": facts(db, &donation, &refunds, zone)?,
        "receipt": match &receipt {
            Some(receipt) => receipt_facts(db, receipt, &donation, may_write, zone)?,
            None => Value::Null,
        },
        "no_receipt": if paid { "None was issued." } else { "It is issued when the money is there." },
        "stripe": stripe(&donation, settled.as_ref(), zone),
        "refunds": refunds.iter().map(|refund| refund_row(db, refund, zone)).collect::<Result<Vec<_>, _>>()?,
        "timeline": items(&timeline::of(db, Gift::Donation(id))?, zone),
        "way": way,
        "others": others(db, &donation, zone)?,
        "donor_href": donation.donor_id.map(|donor| format!("/staff/donations?donor={donor}")),
    });
    Ok((title, d))
}

fn fact(term: &str, value: impl Into<String>) -> Value {
    json!({ "term": term, "value": value.into() })
}

fn linked(term: &str, value: impl Into<String>, href: String) -> Value {
    json!({ "term": term, "value": value.into(), "href": href })
}

/// What staff are asked, and what *Book what was paid* would do.
fn question(donation: &Donation) -> Value {
    let Some(why) = donation.question.as_deref().map(with_amounts) else { return Value::Null };
    let received = donation.received_minor.zip(donation.received_currency.clone());
    let received = received.map(|(minor, currency)| money(&Money::new(minor, currency)));
    json!({
        "why": why, "received": received, "asked": money(&donation.amount()),
        "paid": donation.state == DonationState::Paid,
    })
}

/// The newest refund, when it failed: the money is still here.
fn failed_refund(refunds: &[Refund]) -> Option<Value> {
    let last = refunds.last().filter(|refund| refund.state == RefundState::Failed)?;
    let why = match last.failure.as_deref() {
        None => "Stripe did not say why.".into(),
        Some(word) => match refund_failure(word) {
            Some(words) => format!("{words} ({word})."),
            None => word.to_owned(),
        },
    };
    let rest = format!(
        "{} did not reach the donor: the money is on your balance at Stripe. Try again, or pay it back in another way \
         and write down how.",
        money(&last.amount())
    );
    Some(json!({ "why": format!("{why} {rest}") }))
}

fn facts(db: &mut Db, donation: &Donation, refunds: &[Refund], zone: Tz) -> Result<Vec<Value>, FeatureError> {
    let mut facts = vec![json!({ "term": "Amount", "value": money(&donation.amount()) })];
    let back: i64 = refunds.iter().filter(|r| r.state == RefundState::Succeeded).map(|r| r.amount_minor).sum();
    if back > 0 {
        facts.push(fact("Given back", money(&Money::new(back, donation.currency.clone()))));
    }
    match donation.pledge_id {
        Some(id) => {
            let every = pledges::find(db, id)?.map(|pledge| pledge.every);
            facts.push(linked("How often", format!("{}, pledge {id}", rhythm(every)), pledge_path(id)));
        }
        None => facts.push(fact("How often", rhythm(None))),
    }
    facts.push(fact("Form sent", moment(donation.created_at, zone)));
    facts.extend(donation.paid_at.map(|at| fact("Paid", moment(at, zone))));
    if !donation.name.is_empty() {
        facts.push(fact("Name", donation.name.as_str()));
    }
    match donation.email.as_str() {
        "" => facts.push(fact("E-mail", "Not kept: the checkout was abandoned")),
        email => facts.push(fact("E-mail", email)),
    }
    facts.push(fact("Language", donation.language.own_name()));
    let fund = funds::list(db, &Language::english())?.into_iter().find(|fund| fund.id == donation.fund_id);
    facts.extend(fund.map(|fund| fact("Fund", fund.name)));
    if let Some(id) = donation.campaign_id {
        let name = campaign_names(db, [id])?.remove(&id).unwrap_or_default();
        facts.push(linked("Came through", name, campaigns::path(id)));
    }
    Ok(facts)
}

fn receipt_facts(
    db: &mut Db,
    receipt: &Receipt,
    donation: &Donation,
    may_write: bool,
    zone: Tz,
) -> Result<Value, FeatureError> {
    let here = format!("{}/receipt", donation_path(donation.id));
    let mut facts =
        vec![linked("Number", receipt.shown(), here.clone()), fact("Issued", moment(receipt.issued_at, zone))];
    facts.extend(receipt.voided_at.map(|at| fact("Voided", moment(at, zone))));
    if let Some(delivery) = outbox::store::find(db, receipt.delivery_id)? {
        let (value, badge) = (progress::label(delivery.state), progress::kind(delivery.state));
        facts.push(json!({ "term": "Mail", "value": value, "badge": badge, "note": delivery.reply }));
    }
    let send = (may_write && receipt.voided_at.is_none()).then(|| format!("{here}/send"));
    Ok(json!({ "facts": facts, "href": here, "send_href": send, "voided": receipt.voided_at.is_some() }))
}

/// Ids as Stripe's dashboard finds them, and what Stripe kept.
fn stripe(donation: &Donation, settled: Option<&Settled>, zone: Tz) -> Vec<Value> {
    let mut facts = Vec::new();
    let balance = settled.and_then(|settled| settled.balance.as_ref());
    if let Some(balance) = balance {
        facts.push(fact("Fee", money(&balance.fee)));
        facts.push(fact("Net", money(&balance.net)));
        facts.push(fact("Available", moment(balance.available_on, zone)));
    } else if donation.state == DonationState::Paid {
        facts.push(fact("Fee", "Not known yet: Stripe tells it a little later"));
    }
    facts.extend(settled.and_then(|settled| settled.method.as_deref()).map(|m| fact("Method", method(m))));
    let ids = [
        ("Checkout", donation.checkout.as_ref()),
        ("Payment", donation.payment.as_ref()),
        ("Charge", settled.map(|settled| &settled.charge)),
        ("Invoice", donation.invoice.as_ref()),
        ("Transaction", balance.map(|balance| &balance.id)),
        ("Account", donation.account.as_ref()),
    ];
    facts.extend(ids.into_iter().filter_map(|(term, id)| Some(fact(term, id?.as_str()))));
    facts
}

fn method(word: &str) -> String {
    match word {
        "card" => "Card".into(),
        "sepa_debit" => "SEPA direct debit".into(),
        other => other.replace('_', " "),
    }
}

fn refund_row(db: &mut Db, refund: &Refund, zone: Tz) -> Result<Value, FeatureError> {
    let (state, kind) = refund_badge(refund.state);
    let by = match refund.staff_id {
        Some(id) => members::find(db, id)?.map_or_else(|| "Staff".into(), |member| member.email.to_string()),
        None => "At Stripe".into(),
    };
    let failure = refund.failure.as_deref().map(|word| refund_failure(word).unwrap_or(word));
    Ok(json!({
        "date": moment(refund.created_at, zone), "amount": money(&refund.amount()), "state": state, "kind": kind,
        "reason": refund.reason, "by": by, "failure": failure,
        "stripe": refund.stripe_refund,
    }))
}

/// The same donor's newest other gifts.
fn others(db: &mut Db, donation: &Donation, zone: Tz) -> Result<Vec<Value>, FeatureError> {
    let Some(donor) = donation.donor_id else { return Ok(Vec::new()) };
    let filter = Filter { donor: Some(donor), ..Filter::default() };
    let found = store::list(db, &filter, PageRequest::new(None, 11))?;
    let rows = found.rows.into_iter().filter(|row| row.id != donation.id).take(OTHERS);
    let row = |row: Donation| {
        let (state, kind) = donation_badge(row.state);
        json!({
            "href": donation_path(row.id), "amount": money(&row.amount()), "state": state, "kind": kind,
            "date": moment(row.paid_at.unwrap_or(row.created_at), zone),
        })
    };
    Ok(rows.map(row).collect())
}
