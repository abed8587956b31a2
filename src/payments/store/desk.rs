//! What staff see of the rows, and what they may do about a failed one.

use diesel::prelude::*;

use super::super::model::{CommandState, EventState, PaymentCommand, PaymentEvent};
use crate::db::Db;
use crate::db::schema::{payment_commands, payment_events};
use crate::error::Error;
use crate::values::{At, Page, PageRequest, PaymentEventId};

/// Which events staff look at.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<EventState>,
    /// The beginning of Stripe's type (`invoice`), or `look`.
    pub kind: String,
    /// An id of an object or of an event.
    pub object: String,
}

/// Newest first.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, filter: &Filter, request: PageRequest) -> QueryResult<Page<PaymentEvent>> {
    let (mut rows, mut count) = (PaymentEvent::query().into_boxed(), payment_events::table.into_boxed());
    if let Some(state) = filter.state {
        rows = rows.filter(payment_events::state.eq(state));
        count = count.filter(payment_events::state.eq(state));
    }
    if !filter.kind.is_empty() {
        // A range instead of LIKE, which regards case on one back end only.
        let range = payment_events::kind.ge(filter.kind.clone());
        let end = payment_events::kind.lt(format!("{}\u{7f}", filter.kind));
        rows = rows.filter(range.clone().and(end.clone()));
        count = count.filter(range.and(end));
    }
    if !filter.object.is_empty() {
        let named = payment_events::object_id.eq(filter.object.clone());
        let event = payment_events::event_id.eq(Some(filter.object.clone()));
        rows = rows.filter(named.clone().nullable().or(event.clone()));
        count = count.filter(named.nullable().or(event));
    }
    let total = count.count().get_result(db)?;
    let rows = rows.order(payment_events::id.desc()).limit(request.size).offset(request.offset()).load(db)?;
    Ok(Page { rows, total, request })
}

/// # Errors
/// `NotFound`, or the database's.
pub fn find(db: &mut Db, id: PaymentEventId) -> Result<PaymentEvent, Error> {
    let row = PaymentEvent::query().filter(payment_events::id.eq(id)).first(db).optional()?;
    row.ok_or(Error::NotFound("payment event"))
}

/// What Stripe sent, byte for byte.
///
/// # Errors
/// The database's.
pub fn payload(db: &mut Db, id: PaymentEventId) -> QueryResult<Option<Vec<u8>>> {
    payment_events::table.filter(payment_events::id.eq(id)).select(payment_events::payload).first(db)
}

/// Commands that Stripe refused, newest first.
///
/// # Errors
/// The database's.
pub fn refused_commands(db: &mut Db, limit: i64) -> QueryResult<Vec<PaymentCommand>> {
    let failed = PaymentCommand::query().filter(payment_commands::state.eq(CommandState::Failed));
    failed.order(payment_commands::id.desc()).limit(limit).load(db)
}

/// What staff should look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attention {
    pub failed_events: i64,
    /// Of the last two weeks: there is nothing to press, only to know.
    pub refused_commands: i64,
    /// Events that wait for longer than a quarter of an hour.
    pub late_events: i64,
}

/// # Errors
/// The database's.
pub fn attention(db: &mut Db, now: At) -> QueryResult<Attention> {
    let state = |state: EventState| payment_events::table.filter(payment_events::state.eq(state));
    let refused = payment_commands::table.filter(payment_commands::state.eq(CommandState::Failed));
    let recent = refused.filter(payment_commands::done_at.gt(Some(now - chrono::Duration::days(14))));
    let late = payment_events::received_at.lt(now - chrono::Duration::minutes(15));
    Ok(Attention {
        failed_events: state(EventState::Failed).count().get_result(db)?,
        refused_commands: recent.count().get_result(db)?,
        late_events: state(EventState::Pending).filter(late).count().get_result(db)?,
    })
}

/// The oldest event that waits, and the newest that Stripe sent or listed.
///
/// # Errors
/// The database's.
pub fn ends(db: &mut Db) -> QueryResult<(Option<At>, Option<At>)> {
    let pending = payment_events::table.filter(payment_events::state.eq(EventState::Pending));
    let oldest = pending.select(payment_events::received_at).order(payment_events::id.asc()).first(db).optional()?;
    let told = payment_events::table.filter(payment_events::event_id.is_not_null());
    let newest = told.select(payment_events::received_at).order(payment_events::id.desc()).first(db).optional()?;
    Ok((oldest, newest))
}

/// What staff may do about a failed event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    TryAgain,
    /// It is understood and needs nothing.
    SetAside,
}

/// # Errors
/// `Conflict` when the event is not a failed one (any more), or has nothing to look at.
pub fn decide(db: &mut Db, id: PaymentEventId, decision: Decision, by: &str, now: At) -> Result<PaymentEvent, Error> {
    let event = find(db, id)?;
    let failed = payment_events::table.filter(payment_events::id.eq(id));
    let failed = failed.filter(payment_events::state.eq(EventState::Failed));
    let changed = match decision {
        Decision::TryAgain if event.object_id.is_empty() => {
            return Err(Error::conflict("This cannot be read, so there is nothing to try again."));
        }
        Decision::TryAgain => {
            let waits = payment_events::table
                .filter(payment_events::object_id.eq(&event.object_id))
                .filter(payment_events::event_id.is_null())
                .filter(payment_events::state.eq(EventState::Pending));
            if event.event_id.is_none() && waits.count().get_result::<i64>(db)? > 0 {
                return Err(Error::conflict("A look at the same object waits already."));
            }
            diesel::update(failed)
                .set((
                    payment_events::state.eq(EventState::Pending),
                    payment_events::attempts.eq(0_i64),
                    payment_events::next_at.eq(now),
                    payment_events::processed_at.eq(None::<At>),
                ))
                .execute(db)?
        }
        Decision::SetAside => diesel::update(failed)
            .set((
                payment_events::state.eq(EventState::Ignored),
                payment_events::outcome.eq(format!("set aside by {by}; before: {}", event.outcome)),
                payment_events::processed_at.eq(Some(now)),
            ))
            .execute(db)?,
    };
    match changed {
        0 => Err(Error::conflict("This event has not failed, or not any more.")),
        _ => Ok(event),
    }
}
