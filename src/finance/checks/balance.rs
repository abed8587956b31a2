//! Number 3: Stripe's own balance is the sum of the lines that are here.

use chrono_tz::Tz;

use super::{Check, Failure};
use crate::db::Db;
use crate::finance::store::checks as store;

/// Both numbers were noted at the same moment, by `stripe sync` and the sweep.
pub(super) fn check(db: &mut Db, livemode: bool, zone: Tz) -> diesel::QueryResult<Check> {
    let (asked, (broken, total)) = store::balances(db, livemode)?;
    let title = "The balance that Stripe says is the sum of all balance transactions here";
    let looked_at = i64::try_from(asked.len()).unwrap_or(i64::MAX);
    let mut check = Check::new(3, title, "balances, one per currency", looked_at);
    check.note = match asked.iter().max() {
        Some(last) => {
            format!("Stripe was asked last on {} ({zone}).", last.0.with_timezone(&zone).format("%Y-%m-%d at %H:%M"))
        }
        None => "Stripe was not asked for its balance yet; `pledgepost stripe sync` asks.".to_owned(),
    };
    let failures = broken.into_iter().map(|row| {
        let (stripe, here) = (row.expected(), row.found());
        let what = match stripe.minor > here.minor {
            true => {
                "Stripe has more than the transactions here say: some are missing. `pledgepost stripe sync` brings them"
            }
            false => "Stripe has less than the transactions here say. `pledgepost stripe sync` brings what is missing",
        };
        let href = format!("/staff/finance/transactions?currency={}", stripe.currency);
        Failure {
            what: format!("{}: {what}", stripe.currency),
            expected: stripe.to_string(),
            found: here.to_string(),
            href,
        }
    });
    check.failed(failures.collect(), total);
    Ok(check)
}
