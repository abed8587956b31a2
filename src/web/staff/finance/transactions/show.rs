//! A transaction: its amounts, what its fee is made of, and what explains it.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::super::words::{
    TRANSACTIONS, amount, category, explanation_badge, payout_path, stripe_id, transaction_path, why,
};
use super::explain::ExplainForm;
use crate::app::App;
use crate::db::Db;
use crate::error::{Error as FeatureError, FieldError};
use crate::finance::journal::Chart;
use crate::finance::{Explained, Explanation, balance, explain};
use crate::staff::Permission;
use crate::values::Day;
use crate::web::Answer;
use crate::web::extract::{Staff, permit};
use crate::web::staff::gift_words::{Choice, money};
use crate::web::staff::moment;

/// `GET /staff/finance/transactions/{id}`
pub async fn show(staff: Staff<permit::GiftsRead>, app: Data<App>, id: Path<String>) -> Answer {
    let id = stripe_id(&id, "balance transaction")?;
    page(&staff, &app, id, StatusCode::OK, ExplainForm::default(), Vec::new()).await
}

pub(super) async fn page<P>(
    staff: &Staff<P>,
    app: &App,
    id: String,
    status: StatusCode,
    form: ExplainForm,
    errors: Vec<FieldError>,
) -> Answer {
    let (livemode, zone, may_write) = (app.livemode(), staff.zone(), staff.may(Permission::Gifts));
    let now = app.clock.now();
    let wanted = Wanted { livemode, id, may_write, today: Day::of(now, zone), zone };
    let (title, d) = app.db.read(move |db| load(db, &wanted, &form, &errors)).await?;
    staff.render_with(status, "staff/finance/transaction", &title, &d)
}

/// Which transaction is shown, and to whom.
struct Wanted {
    livemode: bool,
    id: String,
    may_write: bool,
    today: Day,
    zone: Tz,
}

fn load(
    db: &mut Db,
    wanted: &Wanted,
    form: &ExplainForm,
    errors: &[FieldError],
) -> Result<(String, Value), FeatureError> {
    let Wanted { livemode, ref id, may_write, today, zone } = *wanted;
    let line = balance::find(db, livemode, id)?;
    let chart = Chart::load(db)?;
    let title = format!("{} of {}", category(&line.reporting_category), money(&line.amount()));
    let (state, kind) = explanation_badge(line.explanation);
    let is_unexplained = line.explanation == Explanation::Unexplained;
    // A payout that is not here yet is never explained by hand.
    let is_payout = matches!(line.reporting_category.as_str(), "payout" | "payout_reversal");
    let may_explain = is_unexplained && may_write && !is_payout;
    let accounts = chart.all().iter().filter(|account| explain::may_explain(account.role));
    let d = json!({
        "crumbs": [{ "label": "Transactions", "href": TRANSACTIONS }, { "label": line.id, "href": null }],
        "title": title, "state": state, "kind": kind, "href": transaction_path(id), "why": why(db, &line, chart.all())?,
        "is_unexplained": is_unexplained, "is_by_staff": line.explanation == Explanation::Staff,
        // Commands in it stand between backticks, as a terminal shows them.
        "unexplained": if is_unexplained { balance::why_unexplained(db, &line)?.replace('`', "") } else { String::new() },
        "may_write": may_write, "may_explain": may_explain,
        "accounts": accounts.map(|a| Choice::new(&a.code, format!("{} {}", a.code, a.name))).collect::<Vec<_>>(),
        "form": form, "errors": errors, "amounts": amounts(db, &line)?, "facts": facts(&line, zone, today),
    });
    Ok((title, d))
}

/// Amount, less the parts of the fee, is net.
fn amounts(db: &mut Db, line: &Explained) -> Result<Vec<Value>, FeatureError> {
    let row = |label: &str, number: String, total| json!({ "label": label, "number": number, "total": total });
    let mut rows = vec![row("Amount", money(&line.amount()), false)];
    let details = balance::fee_details(db, &line.id)?;
    for part in &details {
        let label = part.description.clone().unwrap_or_else(|| category(&part.kind));
        rows.push(row(&label, amount(-part.amount_minor, &part.currency), false));
    }
    if details.is_empty() && line.fee_minor != 0 {
        rows.push(row("Fee", amount(-line.fee_minor, &line.currency), false));
    }
    rows.push(row("Net", money(&line.net()), true));
    Ok(rows)
}

fn facts(line: &Explained, zone: Tz, today: Day) -> Vec<Value> {
    let fact = |term: &str, value: String| json!({ "term": term, "value": value });
    let available = Day::of(line.available_on, zone);
    let when = if available > today { "Available from" } else { "Available since" };
    let mut facts = vec![
        fact("Written", moment(line.created_at, zone)),
        fact(when, super::super::words::day(available)),
        // The line of a payout itself is in none: it leads to its own.
        match line.payout.as_ref().or(line.source_payout.as_ref()) {
            Some(id) => json!({ "term": "Payout", "value": id, "href": payout_path(id) }),
            None => fact("Payout", "In none yet, as far as Stripe has said".into()),
        },
        fact("Category", line.reporting_category.clone()),
        fact("Type", line.kind.clone()),
        fact("Transaction", line.id.clone()),
    ];
    facts.extend(line.source.clone().map(|source| fact("About", source)));
    facts.extend(
        line.description.clone().filter(|words| !words.is_empty()).map(|words| fact("Stripe\u{2019}s words", words)),
    );
    facts.push(fact("Stripe account", line.account.clone()));
    facts
}
