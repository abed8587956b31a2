//! What a payout took along as CSV, each gift with its donor: streamed in pieces.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path};
use chrono_tz::Tz;
use futures_util::stream;

use super::super::words::stripe_id;
use crate::app::App;
use crate::audit;
use crate::db::Db;
use crate::donations::{self, Fund, funds};
use crate::error::Error as FeatureError;
use crate::finance::journal::Chart;
use crate::finance::{Explained, balance, payouts};
use crate::values::{Day, Language, Money, PageRequest, spreadsheet_cell};
use crate::web::Answer;
use crate::web::extract::{Staff, permit};

/// Rows per piece.
const PIECE: i64 = 500;

/// Amounts are decimal numbers with a point; days and times of the organisation's time zone.
const HEADER: &str = "payout,arrives_on,transaction,day,category,explanation,amount,fee,net,currency,donation,fund,\
                      donor_name,donor_email,source,account,note,description\n";

/// What stands in other tables, and where the next piece begins.
struct Step {
    payout: String,
    arrives_on: Day,
    chart: Chart,
    funds: Vec<Fund>,
    page: i64,
}

/// `GET /staff/finance/payouts/{id}/transactions.csv`. It takes names and addresses out of the house, so it is audited.
pub async fn export(staff: Staff<permit::GiftsRead>, app: Data<App>, id: Path<String>) -> Answer {
    let (livemode, zone, actor, now) = (app.livemode(), staff.zone(), staff.actor(), app.clock.now());
    let id = stripe_id(&id, "payout")?;
    let name = format!("attachment; filename=\"{id}.csv\"");
    let begin = move |db: &mut Db| {
        let payout = payouts::show(db, livemode, &id, Day::of(now, zone))?.payout;
        audit::record(db, &actor, "exported", "payout", None, &id, now)?;
        let (chart, funds) = (Chart::load(db)?, funds::list(db, &Language::english())?);
        Ok::<_, FeatureError>(Step { payout: id, arrives_on: payout.arrives_on, chart, funds, page: 1 })
    };
    let first = app.db.write(begin).await?;
    let lines = stream::try_unfold(Some((app, first)), move |next| async move {
        let Some((app, mut step)) = next else { return Ok::<_, crate::web::Error>(None) };
        let read = app.db.read(move |db| {
            let (bytes, more) = piece(db, livemode, &step, zone)?;
            step.page += 1;
            Ok::<_, FeatureError>((bytes, more.then_some(step)))
        });
        let (bytes, step) = read.await?;
        Ok(Some((bytes, step.map(|step| (app, step)))))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .streaming(lines))
}

/// A page of it, and whether more follow.
fn piece(db: &mut Db, livemode: bool, step: &Step, zone: Tz) -> Result<(Bytes, bool), FeatureError> {
    let filter = balance::Filter { payout: Some(step.payout.clone()), ..balance::Filter::default() };
    let found = balance::list(db, livemode, &filter, zone, PageRequest::new(Some(step.page), PIECE))?;
    let more = step.page < found.pages();
    let mut csv = csv::Writer::from_writer(Vec::new());
    for line in &found.rows {
        csv.write_record(fields(db, line, step, zone)?).map_err(FeatureError::internal)?;
    }
    let lines = csv.into_inner().map_err(|error| FeatureError::internal(anyhow::anyhow!("{error}")))?;
    let head = if step.page == 1 { HEADER } else { "" };
    Ok((Bytes::from([head.as_bytes(), &lines].concat()), more))
}

/// What people and Stripe wrote could be a formula; our own words and numbers cannot.
fn fields(db: &mut Db, line: &Explained, step: &Step, zone: Tz) -> Result<[String; 18], FeatureError> {
    let gift = match line.donation_id {
        Some(id) => donations::store::find(db, id)?,
        None => None,
    };
    let (name, email) = gift.map(|gift| (gift.name, gift.email.to_string())).unwrap_or_default();
    let fund = step.funds.iter().find(|fund| Some(fund.id) == line.fund_id);
    let account = step.chart.all().iter().find(|account| Some(account.id) == line.journal_account_id);
    let decimal = |money: Money| money.decimal();
    let text = |text: Option<&str>| spreadsheet_cell(text.unwrap_or_default());
    Ok([
        step.payout.clone(),
        step.arrives_on.to_string(),
        line.id.clone(),
        Day::of(line.created_at, zone).to_string(),
        text(Some(&line.reporting_category)),
        line.explanation.to_string(),
        decimal(line.amount()),
        decimal(line.fee()),
        decimal(line.net()),
        line.currency.to_string(),
        line.donation_id.map(|id| id.to_string()).unwrap_or_default(),
        text(fund.map(|fund| fund.name.as_str())),
        text(Some(&name)),
        text(Some(&email)),
        text(line.source.as_deref()),
        text(account.map(|account| account.code.as_str())),
        text(line.note.as_deref()),
        text(line.description.as_deref()),
    ])
}
