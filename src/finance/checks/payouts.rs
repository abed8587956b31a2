//! Number 2: an automatic payout is the sum of what it took along.

use super::{Check, Failure};
use crate::db::Db;
use crate::finance::store::checks as store;

pub(super) fn check(db: &mut Db, livemode: bool) -> diesel::QueryResult<Check> {
    let (looked_at, (broken, total)) = store::payouts(db, livemode)?;
    let title = "Each automatic payout is the sum of the transactions that it took along";
    let mut check = Check::new(2, title, "automatic payouts whose transactions Stripe has named", looked_at);
    let failures = broken.into_iter().map(|row| Failure {
        what: match row.how.as_str() {
            "sum" => format!("Payout {}: its transactions do not add up to it", row.id),
            _ => format!("Payout {}: it took along transactions in another currency", row.id),
        },
        expected: row.expected().to_string(),
        found: row.found().to_string(),
        href: format!("/staff/finance/payouts/{}", row.id),
    });
    check.failed(failures.collect(), total);
    Ok(check)
}
