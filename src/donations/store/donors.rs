//! Rows of `donors`.

use diesel::prelude::*;

use crate::db::schema::{donations, donors};
use crate::db::{Both, Db};
use crate::donations::{Donation, Donor};
use crate::values::{At, DonorId, EmailAddress};

/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: DonorId) -> QueryResult<Option<Donor>> {
    Donor::query().filter(donors::id.eq(id)).first(db).optional()
}

/// The donor of an address that gave this; made when there is none.
///
/// # Errors
/// The database's.
pub fn of_address(db: &mut Db, address: &EmailAddress, gift: &Donation, now: At) -> QueryResult<DonorId> {
    let insert = diesel::insert_into(donors::table).values((
        donors::email.eq(address.clone()),
        donors::email_key.eq(address.key()),
        donors::name.eq(gift.name.clone()),
        donors::language.eq(gift.language.clone()),
        donors::created_at.eq(now),
        donors::updated_at.eq(now),
    ));
    Both(insert.on_conflict_do_nothing()).execute(db)?;
    donors::table.filter(donors::email_key.eq(address.key())).select(donors::id).first(db)
}

/// Whether this donor gave something later than then.
///
/// # Errors
/// The database's.
pub fn gave_after(db: &mut Db, donor: DonorId, paid_at: At) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        donations::table.filter(donations::donor_id.eq(donor)).filter(donations::paid_at.gt(paid_at)),
    ))
    .get_result(db)
}

/// Name (unless it was not given), spelling of the address and language as in that gift.
///
/// # Errors
/// The database's.
pub fn refresh(db: &mut Db, donor: DonorId, gift: &Donation, now: At) -> QueryResult<()> {
    let row = donors::table.filter(donors::id.eq(donor));
    diesel::update(row)
        .set((
            donors::email.eq(gift.email.clone()),
            donors::language.eq(gift.language.clone()),
            donors::updated_at.eq(now),
        ))
        .execute(db)?;
    if !gift.name.is_empty() {
        let row = donors::table.filter(donors::id.eq(donor));
        diesel::update(row).set(donors::name.eq(gift.name.clone())).execute(db)?;
    }
    Ok(())
}
