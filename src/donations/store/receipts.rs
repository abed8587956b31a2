//! Rows of `receipts` and their counters.

use diesel::prelude::*;

use crate::db::schema::{receipt_counters, receipts};
use crate::db::{Both, Db};
use crate::donations::Receipt;
use crate::values::{At, DeliveryId, DonationId, ReceiptId};

/// # Errors
/// The database's.
pub fn of(db: &mut Db, donation: DonationId) -> QueryResult<Option<Receipt>> {
    Receipt::query().filter(receipts::donation_id.eq(donation)).first(db).optional()
}

/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: ReceiptId) -> QueryResult<Option<Receipt>> {
    Receipt::query().filter(receipts::id.eq(id)).first(db).optional()
}

/// The next number of a series. Its row is held until the transaction ends: who rolls back leaves no gap.
///
/// # Errors
/// The database's.
pub fn next_number(db: &mut Db, series: &str) -> QueryResult<i64> {
    let first = diesel::insert_into(receipt_counters::table)
        .values((receipt_counters::series.eq(series.to_owned()), receipt_counters::last.eq(0_i64)));
    Both(first.on_conflict_do_nothing()).execute(db)?;
    diesel::update(receipt_counters::table.filter(receipt_counters::series.eq(series.to_owned())))
        .set(receipt_counters::last.eq(receipt_counters::last + 1_i64))
        .returning(receipt_counters::last)
        .get_result(db)
}

/// # Errors
/// The database's.
pub fn insert(
    db: &mut Db,
    donation: DonationId,
    (series, number): (&str, i64),
    content: &str,
    delivery: DeliveryId,
    now: At,
) -> QueryResult<()> {
    diesel::insert_into(receipts::table)
        .values((
            receipts::donation_id.eq(donation),
            receipts::kind.eq("gift"),
            receipts::series.eq(series.to_owned()),
            receipts::number.eq(number),
            receipts::content.eq(content.to_owned()),
            receipts::delivery_id.eq(delivery),
            receipts::issued_at.eq(now),
        ))
        .execute(db)
        .map(drop)
}

/// # Errors
/// The database's.
pub fn set_voided(db: &mut Db, id: ReceiptId, at: Option<At>) -> QueryResult<()> {
    diesel::update(receipts::table.filter(receipts::id.eq(id))).set(receipts::voided_at.eq(at)).execute(db).map(drop)
}
