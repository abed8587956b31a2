//! How far Stripe's lists were read, and whose turn it is to read them again.

use chrono::Duration;
use diesel::prelude::*;

use crate::db::schema::stripe_cursors;
use crate::db::{Both, Db};
use crate::values::At;

/// Whether something that is done every so often over all processes is due; if so, it is the caller's turn.
pub(super) fn take_turn(db: &mut Db, name: &str, every: Duration, now: At) -> QueryResult<bool> {
    // Turns are kept beside the cursors, under no account.
    insert(db, ("", name), now - every)?;
    let turn = stripe_cursors::table.filter(stripe_cursors::account.eq("")).filter(stripe_cursors::list.eq(name));
    let due = turn.filter(stripe_cursors::read_to.le(now - every));
    Ok(diesel::update(due).set(stripe_cursors::read_to.eq(now)).execute(db)? > 0)
}

/// Makes it due now, in the transaction that gave the reason.
pub(super) fn hasten(db: &mut Db, name: &str, every: Duration, now: At) -> QueryResult<()> {
    let turn = stripe_cursors::table.filter(stripe_cursors::account.eq("")).filter(stripe_cursors::list.eq(name));
    let later = turn.filter(stripe_cursors::read_to.gt(now - every));
    diesel::update(later).set(stripe_cursors::read_to.eq(now - every)).execute(db).map(drop)
}

/// The time of the newest item of that list that was read; none when it never was.
pub(super) fn read_to(db: &mut Db, account: &str, list: &str) -> QueryResult<Option<At>> {
    stripe_cursors::table.find((account, list)).select(stripe_cursors::read_to).first(db).optional()
}

/// Forward only.
pub(super) fn advance(db: &mut Db, account: &str, list: &str, read_to: At) -> QueryResult<()> {
    insert(db, (account, list), read_to)?;
    let row = stripe_cursors::table.filter(stripe_cursors::account.eq(account));
    let behind = row.filter(stripe_cursors::list.eq(list)).filter(stripe_cursors::read_to.lt(read_to));
    diesel::update(behind).set(stripe_cursors::read_to.eq(read_to)).execute(db).map(drop)
}

fn insert(db: &mut Db, (account, list): (&str, &str), read_to: At) -> QueryResult<()> {
    let insert = diesel::insert_into(stripe_cursors::table).values((
        stripe_cursors::account.eq(account),
        stripe_cursors::list.eq(list),
        stripe_cursors::read_to.eq(read_to),
    ));
    Both(insert.on_conflict_do_nothing()).execute(db).map(drop)
}
