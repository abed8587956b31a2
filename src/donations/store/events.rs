//! Rows of `gift_events`.

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::gift_events;
use crate::donations::{Gift, GiftEvent, GiftEventKind};
use crate::values::{At, DonationId, PledgeId};

fn ids(gift: Gift) -> (Option<DonationId>, Option<PledgeId>) {
    match gift {
        Gift::Donation(id) => (Some(id), None),
        Gift::Pledge(id) => (None, Some(id)),
    }
}

/// # Errors
/// The database's.
pub fn insert(db: &mut Db, gift: Gift, kind: GiftEventKind, detail: &str, actor: &str, at: At) -> QueryResult<()> {
    let (donation, pledge) = ids(gift);
    diesel::insert_into(gift_events::table)
        .values((
            gift_events::donation_id.eq(donation),
            gift_events::pledge_id.eq(pledge),
            gift_events::kind.eq(kind),
            gift_events::detail.eq(detail.to_owned()),
            gift_events::actor.eq(actor.to_owned()),
            gift_events::at.eq(at),
        ))
        .execute(db)
        .map(drop)
}

/// Oldest first.
///
/// # Errors
/// The database's.
pub fn of(db: &mut Db, gift: Gift) -> QueryResult<Vec<GiftEvent>> {
    let rows = GiftEvent::query().order(gift_events::id.asc()).into_boxed();
    match gift {
        Gift::Donation(id) => rows.filter(gift_events::donation_id.eq(id)).load(db),
        Gift::Pledge(id) => rows.filter(gift_events::pledge_id.eq(id)).load(db),
    }
}
