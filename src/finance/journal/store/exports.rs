//! Rows of `journal_exports`.

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::journal_exports;
use crate::finance::journal::JournalExport;
use crate::values::{At, JournalExportId, Month, StaffId};

/// Newest first.
///
/// # Errors
/// The database's.
pub fn of_month(db: &mut Db, livemode: bool, month: Month) -> QueryResult<Vec<JournalExport>> {
    JournalExport::query()
        .filter(journal_exports::month.eq(month.to_string()).and(journal_exports::livemode.eq(livemode)))
        .order(journal_exports::id.desc())
        .load(db)
}

/// # Errors
/// The database's.
pub fn content(db: &mut Db, id: JournalExportId) -> QueryResult<String> {
    journal_exports::table.filter(journal_exports::id.eq(id)).select(journal_exports::content).first(db)
}

/// The months of which something was exported, oldest first, as written.
///
/// # Errors
/// The database's.
pub fn months(db: &mut Db, livemode: bool) -> QueryResult<Vec<String>> {
    let mut months: Vec<String> = journal_exports::table
        .filter(journal_exports::livemode.eq(livemode))
        .select(journal_exports::month)
        .distinct()
        .load(db)?;
    months.sort();
    Ok(months)
}

/// What is kept of an export.
pub struct NewExport<'a> {
    pub month: Month,
    pub livemode: bool,
    pub entries: i64,
    pub content: &'a str,
    pub content_hash: &'a str,
    pub staff: Option<StaffId>,
}

/// # Errors
/// The database's.
pub fn insert(db: &mut Db, new: &NewExport<'_>, now: At) -> QueryResult<()> {
    diesel::insert_into(journal_exports::table)
        .values((
            journal_exports::month.eq(new.month.to_string()),
            journal_exports::livemode.eq(new.livemode),
            journal_exports::entries.eq(new.entries),
            journal_exports::content.eq(new.content),
            journal_exports::content_hash.eq(new.content_hash),
            journal_exports::staff_id.eq(new.staff),
            journal_exports::exported_at.eq(now),
        ))
        .execute(db)
        .map(drop)
}
