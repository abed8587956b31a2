//! Number 4: what was charged is what was given, and no more goes back.

use super::{Check, Failure};
use crate::db::Db;
use crate::finance::store::checks as store;

pub(super) fn check(db: &mut Db, livemode: bool) -> diesel::QueryResult<Check> {
    let (looked_at, (broken, total)) = store::gifts(db, livemode)?;
    let title = "Each paid donation is what was charged, and no more went back than came";
    let mut check = Check::new(4, title, "donations paid at Stripe", looked_at);
    let failures = broken.into_iter().map(|row| {
        let (what, expected) = match row.how.as_str() {
            "charge" => ("something else was charged than was given", row.expected().to_string()),
            _ => ("more was given back than came, or in another currency", format!("at most {}", row.expected())),
        };
        Failure {
            what: format!("Donation #{}: {what}", row.id),
            expected,
            found: row.found().to_string(),
            href: format!("/staff/donations/{}", row.id),
        }
    });
    check.failed(failures.collect(), total);
    Ok(check)
}
