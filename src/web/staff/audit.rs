//! Who did what.

use serde::{Deserialize, Serialize};

use crate::audit::{self, AuditEntry};
use crate::error::Error as FeatureError;
use crate::i18n::Texts;
use crate::values::{Language, PageRequest};
use crate::web::Answer;
use crate::web::extract::{Query, Staff, permit};
use crate::web::pager::Pager;

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
        time: Texts::get().date_time(&Language::english(), entry.at, staff.zone()),
        actor: entry.actor,
        deed: match entry.subject_id {
            Some(id) => format!("{} {} {id}", entry.action, entry.subject),
            None => format!("{} {}", entry.action, entry.subject),
        },
        detail: entry.detail,
    };
    let rows = entries.rows.into_iter().map(row).collect();
    staff.render("staff/audit", "Audit", &AuditPage { rows, pager })
}
