//! The one row of `organisation`.

use diesel::prelude::*;

use super::Organisation;
use crate::db::Db;
use crate::db::schema::organisation;
use crate::values::At;

/// The organisation; a database that has none yet gets a fresh one's values (not stored).
///
/// # Errors
/// The database's.
pub fn get(db: &mut Db, now: At) -> QueryResult<Organisation> {
    Ok(Organisation::query().first(db).optional()?.unwrap_or_else(|| Organisation::fresh(now)))
}

/// # Errors
/// The database's.
pub fn save(db: &mut Db, values: &Organisation) -> QueryResult<()> {
    let changed = diesel::update(organisation::table).set(values).execute(db)?;
    if changed == 0 {
        let (row, id) = (values.clone(), organisation::id.eq(1));
        diesel::insert_into(organisation::table)
            .values((
                id,
                organisation::name.eq(row.name),
                organisation::legal_name.eq(row.legal_name),
                organisation::postal_address.eq(row.postal_address),
                organisation::registration_number.eq(row.registration_number),
                organisation::tax_number.eq(row.tax_number),
                organisation::imprint_url.eq(row.imprint_url),
                organisation::privacy_url.eq(row.privacy_url),
                organisation::leave_url.eq(row.leave_url),
                organisation::mail_from.eq(row.mail_from),
                organisation::time_zone.eq(row.time_zone),
                organisation::languages.eq(row.languages),
                organisation::currencies.eq(row.currencies),
                organisation::sending_from.eq(row.sending_from),
                organisation::sending_until.eq(row.sending_until),
                organisation::sending_days.eq(row.sending_days),
                organisation::updated_at.eq(row.updated_at),
            ))
            .execute(db)?;
    }
    Ok(())
}
