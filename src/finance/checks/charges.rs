//! Number 6: every payment is one donation, and every donation one payment.

use super::{Check, Failure};
use crate::db::Db;
use crate::finance::store::checks as store;
use crate::values::At;

/// How long Stripe may take to write the line of a payment.
const PATIENCE: chrono::TimeDelta = chrono::TimeDelta::hours(1);

pub(super) fn check(db: &mut Db, livemode: bool, now: At) -> diesel::QueryResult<Check> {
    let (lines, (without_gift, stray)) = store::charges(db, livemode)?;
    let (gifts, (broken, wrong)) = store::donations(db, livemode, At(now.0 - PATIENCE))?;
    let title =
        "Each payment at Stripe is one paid donation, or explained by staff; each donation paid there is one payment";
    let mut check = Check::new(6, title, "payments and donations", lines.saturating_add(gifts));
    let payments = without_gift.into_iter().map(|row| {
        let (what, expected, found) = match row.how.as_str() {
            "staff" => (
                format!("{} of donation #{} is explained by hand: take that explanation back", row.found(), row.name),
                "explained by the donation",
                "explained by staff",
            ),
            _ => (format!("a payment of {} that is not a donation here", row.found()), "one paid donation", "none"),
        };
        Failure {
            what: format!("Balance transaction {}: {what}", row.id),
            expected: expected.to_owned(),
            found: found.to_owned(),
            href: format!("/staff/finance/transactions/{}", row.id),
        }
    });
    check.failed(payments.collect(), stray);
    let donations = broken.into_iter().map(|row| Failure {
        what: match row.count() {
            0 => {
                format!("Donation #{}: it is paid, but its payment of {} is not on the balance", row.id, row.expected())
            }
            _ => format!("Donation #{}: it was charged more than once", row.id),
        },
        expected: "one payment on the balance".to_owned(),
        found: match row.count() {
            0 => "none".to_owned(),
            count => count.to_string(),
        },
        href: format!("/staff/donations/{}", row.id),
    });
    check.failed(donations.collect(), wrong);
    Ok(check)
}
