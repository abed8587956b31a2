//! One-time links: the first admin's, an invitation's, a password reset's.
//!
//! The first admin's is signed and holds only while there is no staff at all; the others are rows of which only the
//! token's hash is kept.

use chrono::Duration;

use super::{Member, Role, emails, store};
use crate::audit::{self, Actor};
use crate::db::{Database, Db};
use crate::error::Error;
use crate::values::{At, EmailAddress, Expiry, Purpose, RootKey, StaffId, clean_line, random_token, sha256_hex};

/// Days that an invitation (and the first admin's link) holds.
pub const INVITATION_DAYS: i64 = 7;
/// Minutes that a reset link holds.
pub const RESET_MINUTES: i64 = 60;
/// Nobody's mailbox is filled by asking again and again.
const RESET_EVERY: Duration = Duration::minutes(2);

/// Whom a link lets set a password.
#[derive(Debug)]
pub enum Invited {
    /// There is no staff yet: the page asks for the address too.
    FirstAdmin,
    Member(Member),
}

/// The path of the page on which the first admin is made, while there is no staff; it holds for a week.
///
/// # Errors
/// The database's.
pub fn first_link(db: &Database, root: &RootKey, now: At) -> Result<Option<String>, Error> {
    let count = db.read_here(|db| Ok::<_, Error>(store::count(db)?))?;
    let until = Expiry::At(now + Duration::days(INVITATION_DAYS));
    Ok((count == 0).then(|| format!("/staff/setup/{}", root.sign(Purpose::FirstAdmin, 0, until))))
}

/// Whose link it is.
///
/// # Errors
/// `NotFound` when it is forged, used up or expired, or the member is disabled.
pub fn find(db: &mut Db, root: &RootKey, token: &str, now: At) -> Result<Invited, Error> {
    if root.verify(Purpose::FirstAdmin, token, now).is_ok() {
        return match store::count(db)? {
            0 => Ok(Invited::FirstAdmin),
            _ => Err(Error::NotFound("link")),
        };
    }
    let owner = store::links::find(db, &sha256_hex(token), now)?.ok_or(Error::NotFound("link"))?;
    let member = store::find(db, owner)?.filter(|member| member.disabled_at.is_none());
    member.map(Invited::Member).ok_or(Error::NotFound("link"))
}

/// A new link's token.
fn create(db: &mut Db, id: StaffId, valid: Duration, now: At) -> Result<String, Error> {
    let token = random_token()?;
    store::links::insert(db, id, &sha256_hex(&token), now + valid, now)?;
    Ok(token)
}

/// A set-up link for a member, and its mail if `mail` is set. `base` makes an absolute link of a path.
///
/// # Errors
/// The database's.
pub fn invite(db: &mut Db, to: &Member, mail: bool, base: impl Fn(&str) -> String, now: At) -> Result<String, Error> {
    store::links::use_all(db, to.id, now)?;
    let token = create(db, to.id, Duration::days(INVITATION_DAYS), now)?;
    let url = base(&format!("/staff/setup/{token}"));
    if mail {
        emails::invite(db, to, &url, INVITATION_DAYS, now)?;
    }
    Ok(url)
}

/// A link with which a member sets a new password, not mailed; older ones end.
///
/// # Errors
/// The database's.
pub fn reset(db: &mut Db, to: &Member, base: impl Fn(&str) -> String, now: At) -> Result<String, Error> {
    store::links::use_all(db, to.id, now)?;
    reset_beside(db, to, base, now)
}

fn reset_beside(db: &mut Db, to: &Member, base: impl Fn(&str) -> String, now: At) -> Result<String, Error> {
    let token = create(db, to.id, Duration::minutes(RESET_MINUTES), now)?;
    Ok(base(&format!("/staff/reset/{token}")))
}

/// Somebody says to have forgotten the password: mails a link if the account exists. The caller answers the same in
/// every case.
///
/// # Errors
/// The database's.
pub fn request_reset(db: &mut Db, email: &EmailAddress, base: impl Fn(&str) -> String, now: At) -> Result<(), Error> {
    let Some(member) = store::find_by_email(db, &email.key())?.filter(|m| m.disabled_at.is_none()) else {
        return Ok(());
    };
    if store::links::newest(db, member.id)?.is_some_and(|made| now - made < RESET_EVERY) {
        return Ok(());
    }
    // Anybody may ask: that must not end the link that the member holds already, an invitation perhaps.
    let url = reset_beside(db, &member, base, now)?;
    emails::reset(db, &member, &url, RESET_MINUTES, now)?;
    let actor = Actor { staff: None, name: "log-in page".into() };
    audit::record(db, &actor, "asked to reset the password of", "staff", Some(member.id.0), "", now)?;
    Ok(())
}

/// Uses a link up: sets the password, ends every session and every other link of the member.
/// `email` and `name` count for the first admin; an invited member may still correct the name.
///
/// # Errors
/// As [`find`]; `Invalid` when the first admin's address is missing or the name too long.
pub fn use_up(
    db: &mut Db,
    root: &RootKey,
    token: &str,
    person: (&EmailAddress, &str),
    password_hash: &str,
    now: At,
) -> Result<StaffId, Error> {
    let (email, name) = person;
    let name = clean_line(name, 100).map_err(|error| Error::invalid("name", error))?;
    // One link, pressed twice at once: the second must see what the first did.
    store::lock(db)?;
    let (id, address, action) = match find(db, root, token, now)? {
        Invited::FirstAdmin => {
            let id = store::insert(db, email, &name, Role::Admin, now)?;
            (id, email.clone(), "became the first admin:")
        }
        Invited::Member(member) => {
            if !name.is_empty() {
                store::update_name(db, member.id, &name)?;
            }
            (member.id, member.email, "set the password of")
        }
    };
    store::update_password(db, id, password_hash)?;
    store::links::use_all(db, id, now)?;
    store::sessions::end_all(db, id)?;
    store::failures::delete(db, &root.address_hash(&address.key()))?;
    let actor = Actor::staff(id, address.as_str());
    audit::record(db, &actor, action, "staff", Some(id.0), address.as_str(), now)?;
    Ok(id)
}
