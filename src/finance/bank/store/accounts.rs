//! Rows of `bank_accounts`.

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::bank_accounts;
use crate::finance::BankAccount;
use crate::values::{At, BankAccountId, Currency};

/// By name.
///
/// # Errors
/// The database's.
pub fn accounts(db: &mut Db) -> QueryResult<Vec<BankAccount>> {
    BankAccount::query().order(bank_accounts::name_key.asc()).load(db)
}

/// # Errors
/// The database's.
pub fn find_account(db: &mut Db, id: BankAccountId) -> QueryResult<Option<BankAccount>> {
    BankAccount::query().filter(bank_accounts::id.eq(id)).first(db).optional()
}

/// In any case: `main account` finds `Main account`.
///
/// # Errors
/// The database's.
pub fn by_name(db: &mut Db, name: &str) -> QueryResult<Option<BankAccount>> {
    BankAccount::query().filter(bank_accounts::name_key.eq(name.to_lowercase())).first(db).optional()
}

/// All with this IBAN: one account at a bank may be held in several currencies.
///
/// # Errors
/// The database's.
pub fn by_identification(db: &mut Db, identification: &str) -> QueryResult<Vec<BankAccount>> {
    BankAccount::query().filter(bank_accounts::identification.eq(identification.to_owned())).load(db)
}

/// # Errors
/// The database's; the name, and the identification with the currency, are there once.
pub fn insert_account(
    db: &mut Db,
    name: &str,
    identification: &str,
    currency: &Currency,
    now: At,
) -> QueryResult<BankAccountId> {
    diesel::insert_into(bank_accounts::table)
        .values((
            bank_accounts::name.eq(name.to_owned()),
            bank_accounts::name_key.eq(name.to_lowercase()),
            bank_accounts::identification.eq(identification.to_owned()),
            bank_accounts::currency.eq(currency.clone()),
            bank_accounts::created_at.eq(now),
        ))
        .returning(bank_accounts::id)
        .get_result(db)
}
