//! Rows of `audit_entries`.

use diesel::prelude::*;

use super::Actor;
use crate::db::schema::audit_entries;
use crate::db::{Db, MultiBackend};
use crate::values::{At, Page, PageRequest};

#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = audit_entries)]
#[diesel(check_for_backend(MultiBackend))]
pub struct AuditEntry {
    pub id: i64,
    pub at: At,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub subject_id: Option<i64>,
    pub detail: String,
}

/// Appends an entry. `action` is a verb in the past (`published`), `subject` the vocabulary's word (`analysis`),
/// `detail` a short text without personal data beyond what staff need.
///
/// # Errors
/// The database's.
pub fn record(
    db: &mut Db,
    actor: &Actor,
    action: &str,
    subject: &str,
    id: Option<i64>,
    detail: &str,
    now: At,
) -> QueryResult<()> {
    diesel::insert_into(audit_entries::table)
        .values((
            audit_entries::at.eq(now),
            audit_entries::staff_id.eq(actor.staff.map(|id| id.0)),
            audit_entries::actor.eq(&actor.name),
            audit_entries::action.eq(action),
            audit_entries::subject.eq(subject),
            audit_entries::subject_id.eq(id),
            audit_entries::detail.eq(detail),
        ))
        .execute(db)
        .map(drop)
}

/// Newest first; of one subject if asked.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, subject: Option<(&str, i64)>, request: PageRequest) -> QueryResult<Page<AuditEntry>> {
    let (mut rows, mut count) = (AuditEntry::query().into_boxed(), audit_entries::table.into_boxed());
    if let Some((subject, id)) = subject {
        rows = rows.filter(audit_entries::subject.eq(subject.to_owned()).and(audit_entries::subject_id.eq(id)));
        count = count.filter(audit_entries::subject.eq(subject.to_owned()).and(audit_entries::subject_id.eq(id)));
    }
    let total = count.count().get_result(db)?;
    let rows = rows.order(audit_entries::id.desc()).limit(request.size).offset(request.offset()).load(db)?;
    Ok(Page { rows, total, request })
}

/// The newest entries about a subject of which there is one, such as `giving`.
///
/// # Errors
/// The database's.
pub fn of_subject(db: &mut Db, subject: &str, limit: i64) -> QueryResult<Vec<AuditEntry>> {
    AuditEntry::query()
        .filter(audit_entries::subject.eq(subject.to_owned()))
        .order(audit_entries::id.desc())
        .limit(limit)
        .load(db)
}
