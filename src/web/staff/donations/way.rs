//! Where a gift's money went: the balance at Stripe, the payout that took it along, the bank line with it; its refunds too.

use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::db::Db;
use crate::donations::Donation;
use crate::error::Error as FeatureError;
use crate::finance::payouts::{self, Shown};
use crate::finance::{BankLine, Explained, Leg, balance, bank};
use crate::values::{At, Day, Money};
use crate::web::staff::finance::words::{day, in_bank_badge, payout_path, transaction_path};
use crate::web::staff::gift_words::money;

/// One part for the payment and one for each refund; none before Stripe has written its line, nor for a gift of the other
/// mode, which finance does not follow.
pub(super) fn of(
    db: &mut Db,
    donation: &Donation,
    livemode: bool,
    zone: Tz,
    now: At,
) -> Result<Vec<Value>, FeatureError> {
    if donation.test == livemode {
        return Ok(Vec::new());
    }
    let today = Day::of(now, zone);
    let mut parts = Vec::new();
    for line in balance::of_donation(db, livemode, donation.id)? {
        let shown = match &line.payout {
            Some(id) => Some(payouts::show(db, livemode, id, today)?),
            None => None,
        };
        let mut facts = vec![linked("On the balance", money(&line.net()), transaction_path(&line.id))];
        match &shown {
            Some(shown) => facts.extend(in_payout(db, shown)?),
            None => facts.push(waiting(&line, zone, today)),
        }
        parts.push(json!({ "heading": heading(&line), "facts": facts }));
    }
    Ok(parts)
}

fn linked(term: &str, value: String, href: String) -> Value {
    json!({ "term": term, "value": value, "href": href })
}

fn heading(line: &Explained) -> String {
    match line.reporting_category.as_str() {
        "charge" => "The payment".into(),
        "refund" => {
            format!("{} given back", money(&Money::new(line.amount_minor.saturating_abs(), line.currency.clone())))
        }
        _ => format!("{} came back", money(&line.amount())),
    }
}

fn waiting(line: &Explained, zone: Tz, today: Day) -> Value {
    let available = Day::of(line.available_on, zone);
    let note = if available > today {
        format!("available on {}", day(available))
    } else {
        format!("available since {}", day(available))
    };
    json!({ "term": "Payout", "value": "Not in a payout yet", "note": note })
}

/// The payout, and the bank lines with its money.
fn in_payout(db: &mut Db, shown: &Shown) -> Result<Vec<Value>, FeatureError> {
    let payout = &shown.payout;
    let what = format!("{}, {}", day(payout.arrives_on), money(&payout.amount()));
    let mut facts = vec![linked("Payout", what, payout_path(&payout.id))];
    for (found, line) in &shown.matches {
        facts.push(at_bank(db, found.leg, line)?);
    }
    if shown.matches.is_empty() {
        let (state, kind) = in_bank_badge(shown.in_bank);
        facts.push(json!({ "term": "Bank", "value": state, "badge": kind }));
    }
    Ok(facts)
}

fn at_bank(db: &mut Db, leg: Leg, line: &BankLine) -> Result<Value, FeatureError> {
    let account = bank::accounts(db)?.into_iter().find(|account| account.id == line.bank_account_id);
    let term = match leg {
        Leg::Paid => "Bank",
        Leg::Returned => "Went back",
    };
    Ok(json!({
        "term": term, "value": format!("{}, {}", day(line.booked_on), money(&line.amount())),
        "href": format!("/staff/finance/bank/lines/{}", line.id), "note": account.map(|account| account.name),
    }))
}
