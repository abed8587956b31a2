//! Number 1: every line of the balance adds up in itself.

use super::{Check, Failure};
use crate::db::Db;
use crate::finance::store::checks as store;

pub(super) fn check(db: &mut Db, livemode: bool) -> diesel::QueryResult<Check> {
    let (looked_at, (broken, total)) = store::fees(db, livemode)?;
    let title = "Each balance transaction is its amount less its fee, and the fee is the sum of its parts";
    let mut check = Check::new(1, title, "balance transactions", looked_at);
    let failures = broken.into_iter().map(|row| {
        let (what, expected, found) = match row.how.as_str() {
            "net" => ("its net is not its amount less its fee", row.expected().to_string(), row.found().to_string()),
            "parts" => ("its fee is not the sum of its parts", row.expected().to_string(), row.found().to_string()),
            _ => (
                "a part of its fee is in another currency",
                row.expected().currency.to_string(),
                row.found().currency.to_string(),
            ),
        };
        Failure {
            what: format!("Balance transaction {}: {what}", row.id),
            expected,
            found,
            href: format!("/staff/finance/transactions/{}", row.id),
        }
    });
    check.failed(failures.collect(), total);
    Ok(check)
}
