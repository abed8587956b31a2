//! Table `sandbox_mails`.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use crate::db::schema::sandbox_mails::dsl::*;
use crate::db::search::{self, lower};
use crate::db::{Db, MultiBackend};
use crate::on_each;
use crate::values::{At, Page, PageRequest};

/// How many mails the sandbox keeps; older ones go.
pub const KEPT: i64 = 50_000;

/// One mail to one recipient, on its way into the table. `raw` is shared by the recipients of one mail.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = crate::db::schema::sandbox_mails)]
pub struct NewMail<'a> {
    pub at: At,
    pub sender: &'a str,
    pub recipient: &'a str,
    pub recipient_key: String,
    pub subject: &'a str,
    pub message_id: &'a str,
    pub raw: &'a [u8],
}

/// A line of the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct MailRow {
    pub id: i64,
    pub at: At,
    /// As given in the envelope; empty for a bounce.
    pub sender: String,
    pub recipient: String,
    pub subject: String,
    /// Without angle brackets; empty when the mail has none.
    pub message_id: String,
    pub bytes: i64,
}

/// A kept mail with everything that came over the wire.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct StoredMail {
    pub row: MailRow,
    pub raw: Vec<u8>,
}

/// Adds a batch.
///
/// # Errors
/// The back end's.
pub fn insert(db: &mut Db, mails: &[NewMail<'_>]) -> QueryResult<usize> {
    let mut inserted = 0;
    // Far below the number of bound values that either back end takes in one statement.
    for chunk in mails.chunks(500) {
        inserted += on_each!(db, |c| diesel::insert_into(sandbox_mails).values(chunk).execute(c))?;
    }
    Ok(inserted)
}

type Columns = (id, at, sender, recipient, subject, message_id, diesel::expression::SqlLiteral<BigInt>);
fn columns() -> Columns {
    (id, at, sender, recipient, subject, message_id, sql::<BigInt>("CAST(LENGTH(raw) AS BIGINT)"))
}

type Condition = Box<dyn BoxableExpression<sandbox_mails, MultiBackend, SqlType = Bool>>;

/// Part of a recipient's address or of a subject, in any case.
fn matching(typed: Option<&str>) -> Option<Condition> {
    let pattern = search::part(typed.filter(|typed| !typed.trim().is_empty())?);
    Some(Box::new(recipient_key.like(pattern.clone()).escape('\\').or(lower(subject).like(pattern).escape('\\'))))
}

/// The newest mails first, all of them or those whose recipient or subject contains `search`.
///
/// # Errors
/// The back end's.
pub fn list(db: &mut Db, search: Option<&str>, request: PageRequest) -> QueryResult<Page<MailRow>> {
    let mut rows = sandbox_mails.select(columns()).into_boxed();
    let mut number = sandbox_mails.count().into_boxed();
    if let Some(condition) = matching(search) {
        rows = rows.filter(condition);
    }
    if let Some(condition) = matching(search) {
        number = number.filter(condition);
    }
    Ok(Page {
        total: number.get_result(db)?,
        rows: rows.order(id.desc()).offset(request.offset()).limit(request.size).load(db)?,
        request,
    })
}

/// One mail, for the page that shows it.
///
/// # Errors
/// `NotFound`, or the back end's.
pub fn find(db: &mut Db, mail: i64) -> QueryResult<StoredMail> {
    sandbox_mails.select((columns(), raw)).filter(id.eq(mail)).first(db)
}

/// The newest mails to one address with everything in them, for the demo and for tests.
///
/// # Errors
/// The back end's.
pub fn newest_to(db: &mut Db, address: &str, limit: i64) -> QueryResult<Vec<StoredMail>> {
    sandbox_mails
        .select((columns(), raw))
        .filter(recipient_key.eq(address.to_lowercase()))
        .order(id.desc())
        .limit(limit)
        .load(db)
}

/// How many mails there are.
///
/// # Errors
/// The back end's.
pub fn count(db: &mut Db) -> QueryResult<i64> {
    sandbox_mails.count().get_result(db)
}

/// Empties the mailbox; says how many mails went.
///
/// # Errors
/// The back end's.
pub fn delete_all(db: &mut Db) -> QueryResult<usize> {
    diesel::delete(sandbox_mails).execute(db)
}

/// Leaves the newest `keep` mails; says how many went.
///
/// # Errors
/// The back end's.
pub fn prune(db: &mut Db, keep: i64) -> QueryResult<usize> {
    let newest_to_go: Option<i64> =
        sandbox_mails.select(id).order(id.desc()).offset(keep.max(0)).limit(1).first(db).optional()?;
    match newest_to_go {
        Some(last) => diesel::delete(sandbox_mails.filter(id.le(last))).execute(db),
        None => Ok(0),
    }
}
