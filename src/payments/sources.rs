//! What lines of the balance are about: charges, refunds and payouts that nobody told us of are looked at, so that money
//! which moved past this program is in the mirror at least.

use std::collections::HashSet;

use diesel::prelude::*;

use super::{Source, inbox, store};
use crate::db::Db;
use crate::db::schema::{stripe_charges, stripe_payouts, stripe_refunds};
use crate::stripe::{BalanceTransaction, ObjectKind};
use crate::values::At;

/// Ids in one statement.
const PIECE: usize = 500;

/// Has the sources of lines that were made since `since` looked at, unless the mirror has them or anything was ever heard
/// of them: once is enough, for some leave no row (a charge without a payment). Answers how many.
pub(super) fn look<'a>(
    db: &mut Db,
    lines: impl IntoIterator<Item = &'a BalanceTransaction>,
    since: Option<At>,
    source: Source,
    now: At,
) -> QueryResult<usize> {
    let recent = lines.into_iter().filter(|line| since.is_none_or(|since| line.created_at >= since));
    let named: Vec<(&str, &str)> =
        recent.filter_map(|line| line.source.as_deref()).filter_map(|id| Some((kind(id)?, id))).collect();
    let mut looks = 0;
    for piece in named.chunks(PIECE) {
        let ids: Vec<String> = piece.iter().map(|(_, id)| (*id).to_owned()).collect();
        let known = known(db, &ids)?;
        for (kind, id) in piece.iter().filter(|(_, id)| !known.contains(*id)) {
            looks += usize::from(inbox::look_at(db, kind, id, source, now)?);
        }
    }
    Ok(looks)
}

/// What an id names, as Stripe calls it; none when it is nothing that we look at. `py_` and `pyr_` are the charges of bank
/// debits and their refunds.
fn kind(id: &str) -> Option<&'static str> {
    match id.split_once('_')?.0 {
        "ch" | "py" => Some("charge"),
        "re" | "pyr" => Some(ObjectKind::Refund.as_str()),
        "po" => Some(ObjectKind::Payout.as_str()),
        _ => None,
    }
}

fn known(db: &mut Db, ids: &[String]) -> QueryResult<HashSet<String>> {
    let mut known = store::heard_of(db, ids)?;
    let charges = stripe_charges::table.filter(stripe_charges::id.eq_any(ids)).select(stripe_charges::id);
    known.extend(charges.load::<String>(db)?);
    let refunds = stripe_refunds::table.filter(stripe_refunds::id.eq_any(ids)).select(stripe_refunds::id);
    known.extend(refunds.load::<String>(db)?);
    let payouts = stripe_payouts::table.filter(stripe_payouts::id.eq_any(ids)).select(stripe_payouts::id);
    known.extend(payouts.load::<String>(db)?);
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn what_ids_name() {
        let kinds = ["ch_1", "py_1", "re_1", "pyr_1", "po_1", "txn_1", "du_1", "acct_1", "", "ch"].map(kind);
        let charge = Some("charge");
        let expected = [charge, charge, Some("refund"), Some("refund"), Some("payout"), None, None, None, None, None];
        assert_eq!(kinds, expected);
    }
}
