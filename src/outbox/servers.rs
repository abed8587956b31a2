//! What is known of each mail server: rows of `mail_servers`.

use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::db::schema::mail_servers;
use crate::db::{Both, Db, MultiBackend};
use crate::values::At;

/// A server that failed and has not worked since.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = mail_servers)]
#[diesel(check_for_backend(MultiBackend))]
pub struct MailServerState {
    pub name: String,
    pub failures: i64,
    pub paused_until: Option<At>,
    pub reason: Option<String>,
    pub since: Option<At>,
}

/// The server failed: nothing is sent to it until `until`.
///
/// # Errors
/// The database's.
pub fn failed(db: &mut Db, name: &str, failures: u32, reason: &str, until: At, now: At) -> QueryResult<()> {
    let insert = diesel::insert_into(mail_servers::table)
        .values((
            mail_servers::name.eq(name),
            mail_servers::failures.eq(i64::from(failures)),
            mail_servers::paused_until.eq(until),
            mail_servers::reason.eq(reason),
            mail_servers::since.eq(now),
        ))
        .on_conflict(mail_servers::name)
        .do_update()
        .set((
            mail_servers::failures.eq(excluded(mail_servers::failures)),
            mail_servers::paused_until.eq(excluded(mail_servers::paused_until)),
            mail_servers::reason.eq(excluded(mail_servers::reason)),
        ));
    Both(insert).execute(db).map(drop)
}

/// The server took a mail: whatever was wrong is over.
///
/// # Errors
/// The database's.
pub fn works(db: &mut Db, name: &str) -> QueryResult<()> {
    diesel::delete(mail_servers::table.filter(mail_servers::name.eq(name))).execute(db).map(drop)
}

/// The servers that failed last, for the staff home page and `doctor`.
///
/// # Errors
/// The database's.
pub fn failing(db: &mut Db) -> QueryResult<Vec<MailServerState>> {
    MailServerState::query().order(mail_servers::name).load(db)
}

/// Until when nothing is to be sent to this server.
///
/// # Errors
/// The database's.
pub fn paused_until(db: &mut Db, name: &str) -> QueryResult<Option<At>> {
    let row = mail_servers::table.filter(mail_servers::name.eq(name)).select(mail_servers::paused_until);
    Ok(row.first::<Option<At>>(db).optional()?.flatten())
}
