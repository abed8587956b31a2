//! Who did what.

use serde::{Deserialize, Serialize};

use crate::audit::{self, AuditEntry};
use crate::error::Error as FeatureError;
use crate::values::PageRequest;
use crate::web::Answer;
use crate::web::extract::{Query, Staff, permit};
use crate::web::pager::Pager;
use crate::web::staff::moment;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    page: Option<i64>,
}

#[derive(Serialize)]
struct Row {
    time: String,
    actor: String,
    deed: String,
    /// The page of what it was done to, if it has one.
    href: Option<String>,
    detail: String,
}

#[derive(Serialize)]
struct AuditPage {
    rows: Vec<Row>,
    pager: Pager,
}

/// `GET /staff/audit`
pub async fn list(staff: Staff<permit::Audit>, query: Query<AuditQuery>) -> Answer {
    let request = PageRequest::new(query.page, 100);
    let entries = staff.app.db.read(move |db| Ok::<_, FeatureError>(audit::list(db, None, request)?)).await?;
    let pager = Pager::new(&entries, |page| format!("/staff/audit?page={page}"));
    let row = |entry: AuditEntry| Row {
        time: moment(entry.at, staff.zone()),
        actor: entry.actor,
        href: entry.subject_id.and_then(|id| href(&entry.action, &entry.subject, id)),
        deed: sentence_case(&match entry.subject_id {
            Some(id) => format!("{} {} {id}", entry.action, entry.subject),
            None => format!("{} {}", entry.action, entry.subject),
        }),
        detail: entry.detail,
    };
    let rows = entries.rows.into_iter().map(row).collect();
    staff.render("staff/audit", "Audit", &AuditPage { rows, pager })
}

fn sentence_case(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn href(action: &str, subject: &str, id: i64) -> Option<String> {
    let folder = match subject {
        _ if matches!(action, "deleted" | "erased") => return None,
        "donation" => "donations",
        "pledge" => "pledges",
        "fund" => "funds",
        "analysis" => "analyses",
        "campaign" => "campaigns",
        "payment event" => "payments/events",
        "subscriber" => "subscribers",
        "staff" => "members",
        "topic" => "topics",
        _ => return None,
    };
    Some(format!("/staff/{folder}/{id}"))
}
