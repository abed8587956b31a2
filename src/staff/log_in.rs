//! Logging in: the same answer and the same work for unknown accounts, and growing waits per account, known or not.

use chrono::Duration;

use super::{Member, store};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, EmailAddress, RootKey, StaffId};

/// Wrong passwords in a row that cost no wait: people mistype.
const FREE_TRIES: i64 = 5;
/// After this long without a try, counting begins anew.
const FORGOTTEN_AFTER: Duration = Duration::hours(24);
/// The longest wait: somebody who guesses must not lock the owner out for good.
const LONGEST_WAIT: Duration = Duration::minutes(15);

/// What the first step found.
#[derive(Debug)]
pub enum Begun {
    /// Too many wrong tries: none is taken before this has passed.
    Wait(Duration),
    /// Compare the password with this member's, or with nobody's.
    Compare(Option<Member>),
}

/// Counts the try as a wrong one before the password is compared, so that many at once gain nothing;
/// [`succeed`] takes it back.
///
/// # Errors
/// The database's.
pub fn begin(db: &mut Db, root: &RootKey, email: &EmailAddress, now: At) -> Result<Begun, Error> {
    let account = account_key(root, email);
    let before = store::failures::hold(db, &account, now)?;
    let (failures, last) = if now - before.1 < FORGOTTEN_AFTER { before } else { (0, now) };
    let until = last + wait_after(failures);
    if failures > 0 && until > now {
        return Ok(Begun::Wait(until - now));
    }
    store::failures::put(db, &account, failures + 1, now)?;
    Ok(Begun::Compare(store::find_by_email(db, &email.key())?.filter(Member::may_log_in)))
}

/// The password was right.
///
/// # Errors
/// The database's; `Forbidden` when the member was disabled meanwhile.
pub fn succeed(db: &mut Db, root: &RootKey, id: StaffId, now: At) -> Result<Member, Error> {
    let member = store::find(db, id)?.filter(Member::may_log_in).ok_or(Error::Forbidden)?;
    store::failures::delete(db, &account_key(root, &member.email))?;
    store::update_last_login(db, id, now)?;
    let actor = Actor::staff(id, member.email.as_str());
    audit::record(db, &actor, "logged in", "staff", Some(id.0), "", now)?;
    Ok(member)
}

/// Whether it is so long since the last try that the count begins anew.
pub(super) fn forgotten_before(now: At) -> At {
    now - FORGOTTEN_AFTER
}

/// 30 seconds after the first tries that were too many, then double each time.
fn wait_after(failures: i64) -> Duration {
    match failures.checked_sub(FREE_TRIES).and_then(|over| u32::try_from(over).ok()) {
        None => Duration::zero(),
        Some(over) => Duration::seconds(30_i64.saturating_mul(1 << over.min(10))).min(LONGEST_WAIT),
    }
}

/// A keyed hash, because what people type here need not be an account of ours.
fn account_key(root: &RootKey, email: &EmailAddress) -> String {
    root.address_hash(&email.key())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound() {
        let seconds = |failures| wait_after(failures).num_seconds();
        assert_eq!([seconds(0), seconds(4), seconds(5), seconds(6), seconds(7)], [0, 0, 30, 60, 120]);
        assert_eq!(seconds(50), 900);
    }
}
