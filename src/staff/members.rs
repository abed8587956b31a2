//! Adding, changing and disabling members. There is always an admin who can log in.

use super::{Member, Role, links, store};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, EmailAddress, StaffId, clean_line};

/// A member to be.
#[derive(Debug, Clone)]
pub struct NewMember<'a> {
    pub email: &'a EmailAddress,
    pub name: &'a str,
    pub role: Role,
}

/// Adds a member; without a password a set-up link comes back (absolute, by `base`), mailed if `mail` is set.
///
/// # Errors
/// `Invalid` on `email` when the address is a member's already.
pub fn add(
    db: &mut Db,
    new: &NewMember<'_>,
    password_hash: Option<&str>,
    mail: bool,
    base: impl Fn(&str) -> String,
    actor: &Actor,
    now: At,
) -> Result<Option<String>, Error> {
    store::lock(db)?;
    if store::find_by_email(db, &new.email.key())?.is_some() {
        return Err(Error::invalid("email", "somebody with this address is on the staff already"));
    }
    let name = clean_line(new.name, 100).map_err(|error| Error::invalid("name", error))?;
    let id = store::insert(db, new.email, &name, new.role, now)?;
    record(db, actor, "added", id, &format!("{} as {}", new.email, new.role), now)?;
    if let Some(hash) = password_hash {
        store::update_password(db, id, hash)?;
        return Ok(None);
    }
    let member = must_find(db, id)?;
    links::invite(db, &member, mail, base, now).map(Some)
}

/// A reset link for the member with this address, to be handed over by whoever runs the command.
///
/// # Errors
/// `NotFound` for an unknown address, `Conflict` for a disabled member.
pub fn reset(
    db: &mut Db,
    email: &EmailAddress,
    base: impl Fn(&str) -> String,
    actor: &Actor,
    now: At,
) -> Result<String, Error> {
    let member = store::find_by_email(db, &email.key())?.ok_or(Error::NotFound("staff member"))?;
    if member.disabled_at.is_some() {
        return Err(Error::conflict("this member is disabled"));
    }
    record(db, actor, "made a reset link for", member.id, email.as_str(), now)?;
    links::reset(db, &member, base, now)
}

/// Invites once more: the older link ends.
///
/// # Errors
/// `Conflict` when the member has a password already or is disabled.
pub fn invite_again(
    db: &mut Db,
    id: StaffId,
    base: impl Fn(&str) -> String,
    actor: &Actor,
    now: At,
) -> Result<(), Error> {
    let member = must_find(db, id)?;
    if member.password_hash.is_some() || member.disabled_at.is_some() {
        return Err(Error::conflict("only members who have not set a password yet are invited again"));
    }
    record(db, actor, "invited again", id, member.email.as_str(), now)?;
    links::invite(db, &member, true, base, now).map(drop)
}

/// Changes the role; the member's sessions end, so that it holds at once.
///
/// # Errors
/// `Conflict` for the last admin.
pub fn change_role(db: &mut Db, id: StaffId, role: Role, actor: &Actor, now: At) -> Result<(), Error> {
    store::lock(db)?;
    let member = must_find(db, id)?;
    if member.role == role {
        return Ok(());
    }
    if member.role == Role::Admin {
        keep_an_admin(db, &member)?;
    }
    store::update_role(db, id, role)?;
    store::sessions::end_all(db, id)?;
    record(db, actor, "changed the role of", id, &format!("{}: {} to {role}", member.email, member.role), now)
}

/// Shuts a member out at once: sessions and links end.
///
/// # Errors
/// `Conflict` for the last admin.
pub fn disable(db: &mut Db, id: StaffId, actor: &Actor, now: At) -> Result<(), Error> {
    store::lock(db)?;
    let member = must_find(db, id)?;
    if member.role == Role::Admin && member.disabled_at.is_none() {
        keep_an_admin(db, &member)?;
    }
    store::update_disabled(db, id, Some(now))?;
    store::sessions::end_all(db, id)?;
    store::links::use_all(db, id, now)?;
    record(db, actor, "disabled", id, member.email.as_str(), now)
}

/// Lets a disabled member in again.
///
/// # Errors
/// `NotFound`.
pub fn enable(db: &mut Db, id: StaffId, actor: &Actor, now: At) -> Result<(), Error> {
    let member = must_find(db, id)?;
    store::update_disabled(db, id, None)?;
    record(db, actor, "enabled", id, member.email.as_str(), now)
}

/// A member changes the own password: every session ends, the caller opens a new one.
///
/// # Errors
/// The database's.
pub fn change_password(db: &mut Db, id: StaffId, hash: &str, now: At) -> Result<(), Error> {
    let member = must_find(db, id)?;
    store::update_password(db, id, hash)?;
    store::sessions::end_all(db, id)?;
    store::links::use_all(db, id, now)?;
    let actor = Actor::staff(id, member.email.as_str());
    record(db, &actor, "changed the password of", id, member.email.as_str(), now)
}

/// # Errors
/// `Invalid` when the name is too long.
pub fn rename(db: &mut Db, id: StaffId, name: &str, now: At) -> Result<(), Error> {
    let member = must_find(db, id)?;
    let name = clean_line(name, 100).map_err(|error| Error::invalid("name", error))?;
    store::update_name(db, id, &name)?;
    let actor = Actor::staff(id, member.email.as_str());
    record(db, &actor, "changed the name of", id, member.email.as_str(), now)
}

fn must_find(db: &mut Db, id: StaffId) -> Result<Member, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("staff member"))
}

/// Admins without a password cannot log in yet, so they do not count.
fn keep_an_admin(db: &mut Db, member: &Member) -> Result<(), Error> {
    match store::count_other_admins(db, member.id)? {
        0 => Err(Error::conflict("this is the last admin who can log in: make somebody else an admin first")),
        _ => Ok(()),
    }
}

fn record(db: &mut Db, actor: &Actor, action: &str, id: StaffId, detail: &str, now: At) -> Result<(), Error> {
    audit::record(db, actor, action, "staff", Some(id.0), detail, now)?;
    Ok(())
}
