//! `/staff/finance/checks`: what must hold between Stripe, the gifts, the bank and the journal, and whether it does.

use actix_web::web::Data;
use serde_json::{Value, json};

use crate::app::App;
use crate::finance::checks::{self, Check, Failure};
use crate::web::Answer;
use crate::web::extract::{Staff, permit};
use crate::web::staff::campaigns::number;
use crate::web::staff::moment;

/// `GET /staff/finance/checks`
pub async fn show(staff: Staff<permit::GiftsRead>, app: Data<App>) -> Answer {
    let (livemode, zone, now) = (app.livemode(), staff.zone(), app.clock.now());
    let report = app.db.read(move |db| checks::run(db, livemode, zone, now)).await?;
    let failed = report.checks.iter().filter(|check| !check.holds).count();
    let d = json!({
        "holds": report.holds, "checks": report.checks.iter().map(shown).collect::<Vec<_>>(),
        "summary": match failed {
            0 => "All checks hold.".to_owned(),
            1 => "One check does not hold.".to_owned(),
            n => format!("{n} checks do not hold."),
        },
        "checked": moment(now, zone),
    });
    staff.render("staff/finance/checks", "Checks", &d)
}

fn shown(check: &Check) -> Value {
    json!({
        "number": check.number, "title": check.title, "holds": check.holds, "note": check.note.replace('`', ""),
        "looked_at": format!("Looked at: {} ({}).", check.things, number(check.looked_at)),
        "failures": check.failures.iter().map(failure).collect::<Vec<_>>(), "more": (check.more > 0).then(|| number(check.more)),
    })
}

/// Commands in its words stand between backticks, as a terminal shows them.
fn failure(failure: &Failure) -> Value {
    json!({
        "what": failure.what.replace('`', ""), "expected": failure.expected, "found": failure.found, "href": failure.href,
    })
}
