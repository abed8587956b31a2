//! Lines of the balance. They come with what they are about, with payouts, and by themselves: the same ones again and again.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{PIECE, rows};
use crate::db::schema::balance_transactions;
use crate::db::{Both, Db};
use crate::stripe::BalanceTransaction;
use crate::values::At;

/// What may differ from what is known: the status and the day change, money never should.
type Known = (String, String, String, i64, i64, i64, At);

/// Writes a page of the balance.
pub(in crate::payments) fn write_lines(
    db: &mut Db,
    lines: &[BalanceTransaction],
    account: &str,
    livemode: bool,
    now: At,
) -> QueryResult<()> {
    write(db, &rows::Seen { account, livemode, now }, lines)
}

/// Writes those that are new or changed; most are neither. In the order of their ids, so that two who write the same lines
/// do not wait for each other.
pub(super) fn write<'a>(
    db: &mut Db,
    seen: &rows::Seen<'_>,
    lines: impl IntoIterator<Item = &'a BalanceTransaction>,
) -> QueryResult<()> {
    let mut lines: Vec<&BalanceTransaction> = lines.into_iter().collect();
    lines.sort_by(|one, other| one.id.cmp(&other.id));
    for piece in lines.chunks(PIECE) {
        let known = known(db, piece)?;
        for line in piece {
            if let Some(known) = known.get(&line.id)
                && !differs(line, known)
            {
                continue;
            }
            let row = seen.balance(line);
            let insert = diesel::insert_into(balance_transactions::table).values(&row);
            Both(insert.on_conflict(balance_transactions::id).do_update().set(&row)).execute(db)?;
        }
    }
    Ok(())
}

/// Whether there is anything to write. An answer that is older than what is here (pending, and it is available) is not.
fn differs(line: &BalanceTransaction, (id, status, currency, amount, fee, net, available_on): &Known) -> bool {
    let money = (line.currency.as_str(), line.amount_minor, line.fee_minor, line.net_minor);
    if money != (currency.as_str(), *amount, *fee, *net) {
        let (was, is) = (format!("{amount} - {fee} {currency}"), format!("{} - {} {}", money.1, money.2, money.0));
        tracing::error!(id, was, is, "Stripe changed the money of a line of the balance; what it says now is kept");
        return true;
    }
    let late = status == "available" && line.status == "pending";
    !late && (line.status != *status || line.available_on != *available_on)
}

fn known(db: &mut Db, lines: &[&BalanceTransaction]) -> QueryResult<HashMap<String, Known>> {
    let ids: Vec<&str> = lines.iter().map(|line| line.id.as_str()).collect();
    let rows = balance_transactions::table.filter(balance_transactions::id.eq_any(ids)).select((
        balance_transactions::id,
        balance_transactions::status,
        balance_transactions::currency,
        balance_transactions::amount_minor,
        balance_transactions::fee_minor,
        balance_transactions::net_minor,
        balance_transactions::available_on,
    ));
    Ok(rows.load::<Known>(db)?.into_iter().map(|known| (known.0.clone(), known)).collect())
}

/// When the oldest line was made that is pending here, though it should be available by `by`.
pub(in crate::payments) fn oldest_to_become_available(
    db: &mut Db,
    account: &str,
    livemode: bool,
    by: At,
) -> QueryResult<Option<At>> {
    balance_transactions::table
        .filter(balance_transactions::account.eq(account))
        .filter(balance_transactions::livemode.eq(livemode))
        .filter(balance_transactions::status.eq("pending"))
        .filter(balance_transactions::available_on.le(by))
        .order(balance_transactions::created_at.asc())
        .select(balance_transactions::created_at)
        .first(db)
        .optional()
}
