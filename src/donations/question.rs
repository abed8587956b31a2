//! Gifts that staff have to look at before they are booked.

use super::Link;
use crate::audit::Actor;
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, DonationId, RootKey};

/// Takes what came as the gift, at the received amount: it is paid, and its receipt goes out.
///
/// # Errors
/// `NotFound`; `Conflict` when there is no question, or nothing came.
pub fn accept(
    db: &mut Db,
    id: DonationId,
    actor: &Actor,
    root: &RootKey,
    link: Link<'_>,
    now: At,
) -> Result<(), Error> {
    let _ = (db, id, actor, root, link, now);
    Err(Error::conflict("not built yet"))
}
