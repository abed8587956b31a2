//! The mirror: Stripe's objects as they were when last fetched.

mod lines;
mod rows;

use diesel::prelude::*;

pub(super) use lines::{oldest_to_become_available, write_lines};

use super::Observed;
use crate::db::schema::{
    balance_transactions, stripe_charges, stripe_checkouts, stripe_invoices, stripe_payments, stripe_payouts,
    stripe_refunds, stripe_subscriptions,
};
use crate::db::{Both, Db};
use crate::stripe::Payout;
use crate::values::{At, Day};

/// Ids in one statement.
const PIECE: usize = 500;

/// Inserts the row, or writes it over the one that is there.
macro_rules! upsert {
    ($db:expr, $table:ident, $row:expr) => {{
        let row = $row;
        let insert = diesel::insert_into($table::table).values(&row);
        Both(insert.on_conflict($table::id).do_update().set(&row)).execute($db)
    }};
}

/// Writes what was observed over what was known. The caller holds the object's version.
pub(super) fn write(db: &mut Db, observed: &Observed, account: &str, livemode: bool, now: At) -> QueryResult<()> {
    let seen = rows::Seen { account, livemode, now };
    match observed {
        Observed::Checkout(checkout) => upsert!(db, stripe_checkouts, seen.checkout(checkout))?,
        Observed::Subscription(subscription) => upsert!(db, stripe_subscriptions, seen.subscription(subscription))?,
        Observed::Invoice(invoice) => upsert!(db, stripe_invoices, seen.invoice(invoice))?,
        Observed::Payment(payment) => {
            if let Some(charge) = &payment.charge {
                lines::write(db, &seen, charge.balance.as_ref())?;
                upsert!(db, stripe_charges, seen.charge(charge, &payment.id))?;
            }
            upsert!(db, stripe_payments, seen.payment(payment))?
        }
        Observed::Refund(refund) => {
            lines::write(db, &seen, refund.balance.iter().chain(&refund.failure_balance))?;
            upsert!(db, stripe_refunds, seen.refund(refund))?
        }
        Observed::Payout(payout) => {
            let own = payout.balance.iter().chain(&payout.failure_balance);
            lines::write(db, &seen, own.chain(payout.lines.iter().flatten()))?;
            upsert!(db, stripe_payouts, seen.payout(payout))?;
            taken_along(db, payout)?
        }
        Observed::Refused(..) => 0,
    };
    Ok(())
}

/// Notes which lines a payout took along. Stripe says it once and for all, when the payout's reconciliation is completed.
fn taken_along(db: &mut Db, payout: &Payout) -> QueryResult<usize> {
    let Some(lines) = &payout.lines else { return Ok(0) };
    let mut written = 0;
    for piece in lines.chunks(PIECE) {
        let ids: Vec<&str> = piece.iter().map(|line| line.id.as_str()).collect();
        let rows = balance_transactions::table.filter(balance_transactions::id.eq_any(ids));
        let new = balance_transactions::payout.is_null().or(balance_transactions::payout.ne(&payout.id));
        let rows = rows.filter(new);
        written += diesel::update(rows).set(balance_transactions::payout.eq(&payout.id)).execute(db)?;
    }
    Ok(written)
}

/// Whether the mirror has the payout.
pub(super) fn has_payout(db: &mut Db, id: &str) -> QueryResult<bool> {
    let row = stripe_payouts::table.find(id).select(stripe_payouts::id);
    Ok(row.first::<String>(db).optional()?.is_some())
}

/// Payouts that should be at the bank since before `today`, and automatic ones that are there but whose lines Stripe has not
/// named: (payout, when made, when last seen), those that were seen longest ago first. The other mode's are not asked for.
pub(super) fn payouts_on_their_way(
    db: &mut Db,
    livemode: bool,
    today: Day,
    before: At,
    limit: i64,
) -> QueryResult<Vec<(String, At, At)>> {
    let late = stripe_payouts::status.eq_any(["pending", "in_transit"]).and(stripe_payouts::arrives_on.lt(today));
    let unnamed = stripe_payouts::reconciliation.eq_any(["in_progress", "unknown"]);
    let unnamed = stripe_payouts::status.eq("paid").and(stripe_payouts::automatic.eq(true)).and(unnamed);
    stripe_payouts::table
        .filter(stripe_payouts::livemode.eq(livemode))
        .filter(late.or(unnamed))
        .filter(stripe_payouts::mirrored_at.le(before))
        .order(stripe_payouts::mirrored_at.asc())
        .limit(limit)
        .select((stripe_payouts::id, stripe_payouts::created_at, stripe_payouts::mirrored_at))
        .load(db)
}

/// Whether the mirror has the payment.
pub(super) fn has_payment(db: &mut Db, id: &str) -> QueryResult<bool> {
    let row = stripe_payments::table.find(id).select(stripe_payments::id);
    Ok(row.first::<String>(db).optional()?.is_some())
}

/// The refunds of a payment that the mirror has.
pub(super) fn refunds_of(db: &mut Db, payment: &str) -> QueryResult<Vec<String>> {
    stripe_refunds::table.filter(stripe_refunds::payment.eq(payment)).select(stripe_refunds::id).load(db)
}

/// Refunds on their way at the bank: (refund, when made, when last seen), those that were seen longest ago first.
pub(super) fn refunds_on_their_way(db: &mut Db, before: At, limit: i64) -> QueryResult<Vec<(String, At, At)>> {
    stripe_refunds::table
        .filter(stripe_refunds::status.eq_any(["pending", "requires_action"]))
        .filter(stripe_refunds::mirrored_at.le(before))
        .order(stripe_refunds::mirrored_at.asc())
        .limit(limit)
        .select((stripe_refunds::id, stripe_refunds::created_at, stripe_refunds::mirrored_at))
        .load(db)
}

/// Payments whose money came, but whose line of the balance is not here yet: (payment, when charged, when last seen),
/// those that were seen longest ago first.
pub(super) fn unsettled(db: &mut Db, before: At, limit: i64) -> QueryResult<Vec<(String, At, At)>> {
    stripe_charges::table
        .filter(stripe_charges::succeeded.eq(true))
        .filter(stripe_charges::balance_transaction.is_null())
        .filter(stripe_charges::mirrored_at.le(before))
        .order(stripe_charges::mirrored_at.asc())
        .limit(limit)
        .select((stripe_charges::payment, stripe_charges::created_at, stripe_charges::mirrored_at))
        .load(db)
}
