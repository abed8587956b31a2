//! Suppression: an address that gets no campaigns. It is kept as a keyed hash, so it outlives deletion and import, and
//! only that person's own new double opt-in lifts it (see `confirm`).

use diesel::QueryResult;

use super::store::{self, consent, signups, suppressions};
use super::{ConsentKind, Subscriber, SubscriberState, SuppressionReason};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, EmailAddress, Language, RootKey, SubscriberId};

/// Whether an address is suppressed, and why.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, address_hash: &str) -> QueryResult<Option<(SuppressionReason, At)>> {
    suppressions::find(db, address_hash)
}

/// Suppresses an address by its hash. One that is suppressed already keeps its first reason.
///
/// # Errors
/// The database's.
pub fn suppress(db: &mut Db, address_hash: &str, reason: SuppressionReason, now: At) -> QueryResult<()> {
    suppressions::add(db, address_hash, reason, now)
}

/// Lifts a suppression. For `confirm` and an undone departure only.
pub(super) fn lift(db: &mut Db, address_hash: &str) -> QueryResult<()> {
    suppressions::remove(db, address_hash)
}

/// Staff keep a subscriber off campaigns. Repeats harmlessly.
///
/// # Errors
/// `NotFound`.
pub fn by_staff(db: &mut Db, id: SubscriberId, actor: &Actor, now: At) -> Result<(), Error> {
    store::lock(db, id)?;
    let mut row = store::find(db, id)?.ok_or(Error::NotFound("subscriber"))?;
    if suppressions::find(db, &row.address_hash)?.is_some() {
        return Ok(());
    }
    keep_off(db, &mut row, SuppressionReason::Staff, now)?;
    let said = consent::Said {
        kind: ConsentKind::Suppressed,
        topics: "",
        form: "staff",
        words: "",
        language: &Language::english(),
    };
    consent::record(db, &row, said, now)?;
    audit::record(db, actor, "suppressed", "subscriber", Some(id.0), "", now)?;
    Ok(())
}

/// Staff keep an address off campaigns, whether it is a subscriber's or not.
///
/// # Errors
/// `Invalid` on a malformed address.
pub fn address_by_staff(db: &mut Db, address: &str, root: &RootKey, actor: &Actor, now: At) -> Result<(), Error> {
    let email = EmailAddress::parse(address).map_err(|error| Error::invalid("email", error))?;
    if let Some(row) = store::by_email(db, &email)? {
        return by_staff(db, row.id, actor, now);
    }
    suppressions::add(db, &root.address_hash(&email.key()), SuppressionReason::Staff, now)?;
    // Masked: the point of a suppression by hash is that the address itself need not be kept.
    audit::record(db, actor, "suppressed", "address", None, &email.masked(), now)?;
    Ok(())
}

/// Suppresses a subscriber, ends sign-ups that still wait and takes an active or pending state away.
pub(super) fn keep_off(db: &mut Db, row: &mut Subscriber, reason: SuppressionReason, now: At) -> QueryResult<()> {
    suppressions::add(db, &row.address_hash, reason, now)?;
    signups::end_open(db, row.id, now)?;
    if matches!(row.state, SubscriberState::Active | SubscriberState::Pending) {
        row.state = SubscriberState::Unsubscribed;
        store::save(db, row, now)?;
    }
    Ok(())
}
