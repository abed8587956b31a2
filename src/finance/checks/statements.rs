//! Number 8: bank statements lead from balance to balance.

use super::{Check, Failure};
use crate::db::Db;
use crate::finance::store::checks as store;

pub(super) fn check(db: &mut Db) -> diesel::QueryResult<Check> {
    let (looked_at, (broken, total)) = store::statements(db)?;
    let title = "Each bank statement's lines lead to its closing balance, and it opens where the one before closed";
    let mut check = Check::new(8, title, "bank statements", looked_at);
    let failures = broken.into_iter().map(|row| {
        let what = match row.how.as_str() {
            "lines" => "opening balance and lines do not lead to the closing balance",
            _ => "it does not open with what the one before closed with: a statement between them is missing",
        };
        Failure {
            what: format!("Statement {}: {what}", row.name),
            expected: row.expected().to_string(),
            found: row.found().to_string(),
            href: format!("/staff/finance/bank/statements/{}", row.id),
        }
    });
    check.failed(failures.collect(), total);
    Ok(check)
}
