//! A payout: what it took along, whether that adds up, and where its money is.

use actix_web::web::{Data, Path};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::transactions::row;
use super::super::words::{
    PAYOUTS, amount, count, day, in_bank_badge, payout_failure, payout_path, status_words, stripe_id, transaction_path,
};
use crate::app::App;
use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::finance::journal::Chart;
use crate::finance::payouts::{self, InBank, Shown, Sum};
use crate::finance::{BankLine, Explained, Leg, Match, balance};
use crate::values::{Day, PageRequest};
use crate::web::Answer;
use crate::web::extract::{Query, Staff, permit};
use crate::web::pager::Pager;
use crate::web::staff::campaigns::link;
use crate::web::staff::gift_words::money;
use crate::web::staff::moment;

const PER_PAGE: i64 = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ShowQuery {
    page: String,
}

/// `GET /staff/finance/payouts/{id}[?page=]`
pub async fn show(
    staff: Staff<permit::GiftsRead>,
    app: Data<App>,
    id: Path<String>,
    Query(query): Query<ShowQuery>,
) -> Answer {
    let (livemode, zone) = (app.livemode(), staff.zone());
    let (id, today) = (stripe_id(&id, "payout")?, Day::of(app.clock.now(), zone));
    let request = PageRequest::new(query.page.parse().ok(), PER_PAGE);
    let (title, d) = app.db.read(move |db| load(db, livemode, &id, today, zone, request)).await?;
    staff.render("staff/finance/payout", &title, &d)
}

fn load(
    db: &mut Db,
    livemode: bool,
    id: &str,
    today: Day,
    zone: Tz,
    request: PageRequest,
) -> Result<(String, Value), FeatureError> {
    let shown = payouts::show(db, livemode, id, today)?;
    let filter = balance::Filter { payout: Some(id.to_owned()), ..balance::Filter::default() };
    let lines = balance::list(db, livemode, &filter, zone, request)?;
    let chart = Chart::load(db)?;
    let here = payout_path(id);
    let rows = lines.rows.iter().map(|line| row(db, line, chart.all(), zone)).collect::<Result<Vec<_>, _>>()?;
    let payout = &shown.payout;
    let title = format!("Payout of {}, {}", day(payout.arrives_on), money(&payout.amount()));
    let (state, kind) = in_bank_badge(shown.in_bank);
    let (sum, sum_kind) = sum_words(&shown);
    let d = json!({
        "crumbs": [{ "label": "Payouts", "href": PAYOUTS }, { "label": payout.id, "href": null }],
        "title": title, "state": state, "kind": kind, "figures": figures(&shown),
        "sum": sum, "sum_kind": sum_kind, "bank": bank_words(&shown), "bank_lines": bank_lines(&shown.matches),
        "failure": failure(&shown), "facts": facts(&shown, zone), "rows": rows,
        "count": count(lines.total, "transaction", "transactions"),
        "unexplained": unexplained(&shown),
        "csv": (lines.total > 0).then(|| format!("{here}/transactions.csv")),
        "pager": Pager::new(&lines, |number| link(&here, &[("page", &number.to_string())])),
    });
    Ok((title, d))
}

/// Gross, less fees, less refunds, other, is net. A payout of which Stripe says no lines has none.
fn figures(shown: &Shown) -> Vec<Value> {
    if !matches!(shown.sum, Sum::Fits | Sum::Differs(_)) {
        return Vec::new();
    }
    let currency = &shown.payout.currency;
    let row = |label: &str, minor, total| json!({ "label": label, "number": amount(minor, currency), "total": total });
    vec![
        row("Payments", shown.gross, false),
        row("Stripe\u{2019}s fees", -shown.fees, false),
        row("Given back", -shown.refunds, false),
        row("Other", shown.other, false),
        row("Net", shown.net, true),
    ]
}

/// The check in a sentence, and whether it holds.
fn sum_words(shown: &Shown) -> (String, &'static str) {
    let currency = &shown.payout.currency;
    let paid = money(&shown.payout.amount());
    let lines = match shown.lines {
        0 => "No transaction is here, which adds up to".to_owned(),
        1 => "The one transaction is".to_owned(),
        n => format!("The {} add up to", count(n, "transaction", "transactions")),
    };
    let net = amount(shown.net, currency);
    match shown.sum {
        Sum::Fits => (format!("{lines} {net}, which is what Stripe paid out."), "ok"),
        Sum::Differs(by) => {
            let (differs, which) = (amount(by.saturating_abs(), currency), if by > 0 { "too much" } else { "missing" });
            let text = format!(
                "{lines} {net}, but Stripe paid out {paid}: {differs} {which}. Ask whoever runs the server for \
                 \u{201c}pledgepost stripe sync\u{201d}, which reads the balance at Stripe again."
            );
            (text, "danger")
        }
        Sum::NotYet => (
            "Stripe has not said yet which transactions this payout took along. It does so by itself within days; \
             nothing is to be done."
                .into(),
            "info",
        ),
        Sum::NotAttributed => (
            "This is a manual payout: somebody chose its amount at Stripe. Of such payouts Stripe never says which \
             transactions they took along, so there is nothing to add up. Its money is followed to the bank like any \
             other."
                .into(),
            "info",
        ),
    }
}

fn bank_words(shown: &Shown) -> Option<String> {
    let due = day(shown.due);
    let text = match shown.in_bank {
        InBank::There => return None,
        InBank::NotYet => format!("No bank line has its money yet. It should be there by {due}."),
        InBank::Late(days) => format!(
            "No bank line has its money, and it should have been there by {due}, {} ago. Import the newest statement. \
             If the line is there, match it by hand; if it is not, ask your bank with the trace id.",
            count(days, "day", "days")
        ),
        InBank::Failed => {
            "It never came to the bank. Its money is on your balance at Stripe again, and goes along with \
                           a later payout."
                .into()
        }
        InBank::Returning => {
            "It was at the bank, then failed: its money is on your balance at Stripe again. The bank\u{2019}s \
                              line that takes it back is not here yet."
                .into()
        }
        InBank::Returned => {
            "It came to the bank and went back. Both lines are here, and its money is on your balance at \
                             Stripe again."
                .into()
        }
        InBank::Cancelled => "It was stopped before it left. Its money stayed on your balance at Stripe.".into(),
    };
    Some(text)
}

fn bank_lines(matches: &[(Match, BankLine)]) -> Vec<Value> {
    let row = |(found, line): &(Match, BankLine)| {
        let what = match found.leg {
            Leg::Paid => "Came",
            Leg::Returned => "Went back",
        };
        let by = if found.staff_id.is_some() { "by staff" } else { "by rule" };
        json!({
            "href": format!("/staff/finance/bank/lines/{}", line.id), "what": what, "day": day(line.booked_on),
            "amount": money(&line.amount()), "note": format!("Matched {by}: {}", found.reasons),
        })
    };
    matches.iter().map(row).collect()
}

fn failure(shown: &Shown) -> Option<String> {
    let words = shown.payout.failure.as_deref()?;
    let words = match payout_failure(words) {
        Some(plain) => format!("{plain} ({words})"),
        None => words.trim_end_matches('.').to_owned(),
    };
    Some(format!("{words}. Mend it in Stripe\u{2019}s dashboard, or the next payout fails too."))
}

fn unexplained(shown: &Shown) -> Option<String> {
    (shown.unexplained > 0).then(|| match shown.unexplained {
        1 => "One of its transactions is not explained.".into(),
        n => format!("{n} of its transactions are not explained."),
    })
}

fn facts(shown: &Shown, zone: Tz) -> Vec<Value> {
    let payout = &shown.payout;
    let fact = |term: &str, value: String| json!({ "term": term, "value": value });
    let linked = |term: &str, value: &str, href: String| json!({ "term": term, "value": value, "href": href });
    let mut facts = vec![
        fact("Amount", money(&payout.amount())),
        fact("At Stripe", status_words(payout.status).into()),
        fact("How", if payout.automatic { "By Stripe\u{2019}s schedule" } else { "By hand" }.into()),
        fact("Arrives", day(payout.arrives_on)),
        fact("Made", moment(payout.created_at, zone)),
        fact("Payout", payout.id.clone()),
        fact("Stripe account", payout.account.clone()),
    ];
    facts.extend(payout.trace.clone().map(|trace| fact("Trace id", trace)));
    facts.extend(payout.descriptor.clone().map(|words| fact("On the statement", words)));
    let mut own = |term: &str, line: &Option<Explained>| {
        facts.extend(line.as_ref().map(|line| linked(term, &line.id, transaction_path(&line.id))));
    };
    own("Left the balance", &shown.own);
    own("Came back", &shown.returned);
    facts.extend(payout.original.as_deref().map(|id| linked("Reverses", id, payout_path(id))));
    facts.extend(payout.reversed_by.as_deref().map(|id| linked("Reversed by", id, payout_path(id))));
    facts
}
