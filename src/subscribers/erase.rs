//! Erasure: the row goes, and with it every address and name; what stays is that this address is not to be mailed.

use super::SuppressionReason;
use super::store::{self, consent, suppressions};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::outbox;
use crate::values::{At, SubscriberId};

/// Deletes a subscriber with subscriptions and sign-ups, takes the address out of deliveries and consent events, and
/// suppresses it by its hash.
///
/// # Errors
/// `NotFound`.
pub fn erase(db: &mut Db, id: SubscriberId, actor: &Actor, now: At) -> Result<(), Error> {
    store::lock(db, id)?;
    let row = store::find(db, id)?.ok_or(Error::NotFound("subscriber"))?;
    // "Erased" replaces another reason: it is what explains later that there is no row.
    suppressions::remove(db, &row.address_hash)?;
    suppressions::add(db, &row.address_hash, SuppressionReason::Erased, now)?;
    outbox::store::forget(db, id, now)?;
    consent::forget(db, id)?;
    store::delete(db, id)?;
    audit::record(db, actor, "erased", "subscriber", Some(id.0), "", now)?;
    Ok(())
}
