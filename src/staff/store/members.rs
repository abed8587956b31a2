//! Rows of `staff`.

use diesel::prelude::*;

use crate::db::schema::staff;
use crate::db::{Db, dialect};
use crate::staff::{Member, Permission, Role};
use crate::values::{At, EmailAddress, Language, StaffId};

/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: StaffId) -> QueryResult<Option<Member>> {
    Member::query().filter(staff::id.eq(id)).first(db).optional()
}

/// # Errors
/// The database's.
pub fn find_by_email(db: &mut Db, email_key: &str) -> QueryResult<Option<Member>> {
    Member::query().filter(staff::email_key.eq(email_key)).first(db).optional()
}

/// Everybody, by name.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db) -> QueryResult<Vec<Member>> {
    Member::query().order((staff::name.asc(), staff::id.asc())).load(db)
}

/// Lets nobody else add or change members until the transaction ends: who may be added, and whether an admin is left,
/// depends on all rows together.
///
/// # Errors
/// The database's.
pub fn lock(db: &mut Db) -> QueryResult<()> {
    dialect::lock_table(db, "staff")
}

/// # Errors
/// The database's.
pub fn count(db: &mut Db) -> QueryResult<i64> {
    staff::table.count().get_result(db)
}

/// Admins who are not disabled, `except` left out.
///
/// # Errors
/// The database's.
pub fn count_other_admins(db: &mut Db, except: StaffId) -> QueryResult<i64> {
    staff::table
        .filter(staff::role.eq(Role::Admin))
        .filter(staff::disabled_at.is_null())
        .filter(staff::password_hash.is_not_null())
        .filter(staff::id.ne(except))
        .count()
        .get_result(db)
}

/// # Errors
/// The database's; a second member with the address is a unique violation.
pub fn insert(db: &mut Db, email: &EmailAddress, name: &str, role: Role, now: At) -> QueryResult<StaffId> {
    diesel::insert_into(staff::table)
        .values((
            staff::email.eq(email),
            staff::email_key.eq(email.key()),
            staff::name.eq(name),
            staff::role.eq(role),
            staff::created_at.eq(now),
        ))
        .returning(staff::id)
        .get_result(db)
}

/// # Errors
/// The database's.
pub fn update_password(db: &mut Db, id: StaffId, hash: &str) -> QueryResult<()> {
    diesel::update(staff::table.find(id.0)).set(staff::password_hash.eq(hash)).execute(db).map(drop)
}

/// # Errors
/// The database's.
pub fn update_role(db: &mut Db, id: StaffId, role: Role) -> QueryResult<()> {
    diesel::update(staff::table.find(id.0)).set(staff::role.eq(role)).execute(db).map(drop)
}

/// # Errors
/// The database's.
pub fn update_name(db: &mut Db, id: StaffId, name: &str) -> QueryResult<()> {
    diesel::update(staff::table.find(id.0)).set(staff::name.eq(name)).execute(db).map(drop)
}

/// # Errors
/// The database's.
pub fn update_disabled(db: &mut Db, id: StaffId, at: Option<At>) -> QueryResult<()> {
    diesel::update(staff::table.find(id.0)).set(staff::disabled_at.eq(at)).execute(db).map(drop)
}

/// # Errors
/// The database's.
pub fn update_last_login(db: &mut Db, id: StaffId, now: At) -> QueryResult<()> {
    diesel::update(staff::table.find(id.0)).set(staff::last_login_at.eq(now)).execute(db).map(drop)
}

/// Who is told when a campaign was stopped: those who may send campaigns and can log in.
///
/// # Errors
/// The database's.
pub fn campaign_staff(db: &mut Db) -> QueryResult<Vec<(EmailAddress, Language)>> {
    let roles: Vec<Role> = Role::ALL.iter().copied().filter(|role| role.may(Permission::Campaigns)).collect();
    let addresses: Vec<EmailAddress> = staff::table
        .filter(staff::role.eq_any(roles))
        .filter(staff::disabled_at.is_null())
        .filter(staff::password_hash.is_not_null())
        .order(staff::id.asc())
        .select(staff::email)
        .load(db)?;
    // Staff pages are in English, and so are their mails.
    Ok(addresses.into_iter().map(|address| (address, Language::english())).collect())
}
