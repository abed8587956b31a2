//! What the start page says of gifts.

use chrono::Datelike;
use chrono_tz::Tz;

use super::{Attention, Figure};
use crate::db::Db;
use crate::donations::store::{self, sums};
use crate::donations::{switch, totals};
use crate::error::Error as FeatureError;
use crate::values::At;
use crate::web::staff::donations::begin;
use crate::web::staff::gift_words::{Figure as Given, donation_path, figures as sum_figures, gifts};
use crate::web::staff::pledges::pledged;

/// Questions and refunds that failed: for those who keep the books. That giving is closed,
/// everybody may know.
pub(super) fn attention(db: &mut Db, may_read: bool, now: At) -> Result<Vec<Attention>, FeatureError> {
    let mut all = Vec::new();
    let mut add = |kind, text: String, href: Option<String>| {
        all.push(Attention { kind, text, href, label: "Look at it" });
    };
    let giving = switch::giving(db, now)?;
    if !giving.is_open {
        let reason = if may_read { format!(" {}", giving.reason) } else { String::new() };
        add("warn", format!("Giving is closed.{reason}"), may_read.then(|| "/staff/giving".into()));
    }
    if !may_read {
        return Ok(all);
    }
    let questions = store::questions(db)?;
    if questions > 0 {
        add(
            "warn",
            format!("{} with a question that you have to answer.", gifts(questions)),
            Some("/staff/donations".into()),
        );
    }
    for id in sums::failed_refunds(db)? {
        add(
            "danger",
            format!("The refund of gift {id} failed: the donor has not got the money."),
            Some(donation_path(id)),
        );
    }
    Ok(all)
}

/// This month's gifts by currency, and the active pledges.
pub(super) fn figures(db: &mut Db, may_read: bool, zone: Tz, now: At) -> Result<Vec<Figure>, FeatureError> {
    let today = now.0.with_timezone(&zone).date_naive();
    let month = today.with_day(1).and_then(|first| begin(first, zone)).unwrap_or(now);
    let figure = |given: Given, href: &'static str| Figure {
        label: given.label,
        number: given.number,
        href: may_read.then_some(href),
        change: given.change,
    };
    let mut all: Vec<Figure> = sum_figures(&sums::paid_since(db, month)?, "Given")
        .into_iter()
        .map(|f| figure(f, "/staff/donations"))
        .collect();
    let pledges = totals::overview(db)?.pledged;
    all.extend(pledges.iter().map(|sum| figure(pledged(sum), "/staff/pledges?state=active")));
    Ok(all)
}
