//! The inbox: what Stripe's webhooks and its list of events say, and looks of our own.

use data_encoding::HEXLOWER;
use diesel::prelude::*;

use super::model::{EventState, Source};
use crate::db::schema::payment_events;
use crate::db::{Both, Db};
use crate::stripe::{Envelope, EventHead, ObjectKind};
use crate::values::{At, sha256_hex};

/// What became of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// To be processed.
    Stored,
    /// Kept; nothing follows from it.
    Ignored,
    /// Signed by Stripe, but no event that we can read: kept for staff.
    Unreadable,
    /// It was here before; nothing changed.
    Repeated,
}

impl Received {
    /// The word in the metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Ignored => "ignored",
            Self::Unreadable => "unreadable",
            Self::Repeated => "repeated",
        }
    }
}

/// Stores a webhook whose signature fitted, byte for byte. The same event again is a success and changes nothing.
///
/// # Errors
/// The database's.
pub fn receive(db: &mut Db, body: &[u8], livemode: bool, now: At) -> QueryResult<Received> {
    match Envelope::parse(body) {
        Ok(envelope) => {
            let head = EventHead {
                id: envelope.id,
                kind: envelope.kind,
                object_kind: envelope.object_kind,
                object_id: envelope.object_id,
                livemode: envelope.livemode,
                created_at: envelope.created_at,
            };
            let told = Told { source: Source::Webhook, api_version: &envelope.api_version, payload: Some(body) };
            store(db, &head, &told, livemode, now)
        }
        Err(error) => {
            let stored = insert(
                db,
                &NewEvent {
                    // It has no id of its own that could be believed: a redelivery is known by its bytes.
                    event_id: Some(&format!("body-{}", sha256_hex(&HEXLOWER.encode(body)))),
                    kind: "unreadable",
                    object_kind: "",
                    object_id: "",
                    source: Source::Webhook,
                    livemode,
                    api_version: "",
                    payload: Some(body),
                    state: EventState::Failed,
                    outcome: &error.to_string(),
                    attempts: 0,
                    next_at: now,
                    happened_at: now,
                    received_at: now,
                    processed_at: Some(now),
                },
            )?;
            Ok(if stored { Received::Unreadable } else { Received::Repeated })
        }
    }
}

/// Stores what Stripe's list of events says, unless it is known.
///
/// # Errors
/// The database's.
pub(super) fn polled(db: &mut Db, head: &EventHead, livemode: bool, now: At) -> QueryResult<Received> {
    store(db, head, &Told { source: Source::Poll, api_version: "", payload: None }, livemode, now)
}

/// Has an object looked at, in the caller's transaction. One look that waits is enough for all who ask.
///
/// # Errors
/// The database's.
pub fn look(db: &mut Db, kind: ObjectKind, id: &str, source: Source, now: At) -> QueryResult<()> {
    look_once(db, kind, id, source, now).map(drop)
}

/// [`look`]; whether a row was written.
pub(super) fn look_once(db: &mut Db, kind: ObjectKind, id: &str, source: Source, now: At) -> QueryResult<bool> {
    look_at(db, kind.as_str(), id, source, now)
}

/// [`look_once`], also at a charge, which is looked at through its payment.
pub(super) fn look_at(db: &mut Db, object_kind: &str, id: &str, source: Source, now: At) -> QueryResult<bool> {
    let written = insert(
        db,
        &NewEvent {
            event_id: None,
            kind: "look",
            object_kind,
            object_id: id,
            source,
            livemode: false,
            api_version: "",
            payload: None,
            state: EventState::Pending,
            outcome: "",
            attempts: 0,
            next_at: now,
            happened_at: now,
            received_at: now,
            processed_at: None,
        },
    )?;
    if !written && source != Source::Sweep {
        // Somebody has a reason to believe that there is news: the wait after a failure is over. (A sweep has none.)
        diesel::update(
            payment_events::table
                .filter(payment_events::object_id.eq(id))
                .filter(payment_events::event_id.is_null())
                .filter(payment_events::state.eq(EventState::Pending))
                .filter(payment_events::lease.is_null())
                .filter(payment_events::next_at.gt(now)),
        )
        .set(payment_events::next_at.eq(now))
        .execute(db)?;
    }
    Ok(written)
}

/// How an event came.
struct Told<'a> {
    source: Source,
    api_version: &'a str,
    payload: Option<&'a [u8]>,
}

fn store(db: &mut Db, head: &EventHead, told: &Told<'_>, livemode: bool, now: At) -> QueryResult<Received> {
    let (object_kind, object_id) = match told.payload.and_then(|payload| named_inside(head, payload)) {
        Some((kind, id)) => (kind.as_str(), id),
        None => (head.object_kind.as_str(), head.object_id.clone()),
    };
    let ignored = match (head.livemode, livemode) {
        (false, true) => Some("from Stripe's test mode, and our key is a live one".to_owned()),
        (true, false) => Some("from Stripe's live mode, and our key is a test one".to_owned()),
        _ => why_ignored(&head.kind, object_kind, &object_id),
    };
    let stored = insert(
        db,
        &NewEvent {
            event_id: Some(&head.id),
            kind: &head.kind,
            object_kind,
            object_id: &object_id,
            source: told.source,
            livemode: head.livemode,
            api_version: told.api_version,
            payload: told.payload,
            state: if ignored.is_some() { EventState::Ignored } else { EventState::Pending },
            outcome: ignored.as_deref().unwrap_or_default(),
            attempts: 0,
            next_at: now,
            happened_at: head.created_at,
            received_at: now,
            processed_at: ignored.is_some().then_some(now),
        },
    )?;
    Ok(match (stored, ignored) {
        (false, _) => Received::Repeated,
        (true, Some(_)) => Received::Ignored,
        (true, None) => Received::Stored,
    })
}

/// Objects that are known by the object they belong to: a charge is looked at through its payment, an invoice's payment
/// through its invoice. Only the address is taken from the payload; what is there is fetched.
fn named_inside(head: &EventHead, payload: &[u8]) -> Option<(ObjectKind, String)> {
    let (kind, field) = match head.object_kind.as_str() {
        "charge" => (ObjectKind::Payment, "payment_intent"),
        "invoice_payment" => (ObjectKind::Invoice, "invoice"),
        _ => return None,
    };
    let payload: serde_json::Value = serde_json::from_slice(payload).ok()?;
    let value = payload.get("data")?.get("object")?.get(field)?;
    // Expanded, in endpoints that were set up so.
    let id = value.as_str().or_else(|| value.get("id")?.as_str())?;
    let plain = !id.is_empty() && id.len() <= 255 && id.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| (kind, id.to_owned()))
}

/// Why nothing follows from an event about such an object; none when it leads to a look.
fn why_ignored(kind: &str, object_kind: &str, object_id: &str) -> Option<String> {
    const LATER: [&str; 4] = ["dispute", "radar.early_fraud_warning", "review", "mandate"];
    match object_kind {
        "checkout.session" | "payment_intent" | "refund" | "subscription" | "invoice" | "charge" | "payout" => {
            object_id.is_empty().then(|| format!("{kind} names no object"))
        }
        "invoice_payment" => Some("the invoice's own events say it too".into()),
        "balance" => Some("the balance is read every ten minutes anyway".into()),
        later if LATER.contains(&later) => Some(format!("{kind} is kept, but not acted on yet")),
        _ => Some(format!("nothing to book follows from {kind}")),
    }
}

#[derive(Insertable)]
#[diesel(table_name = payment_events)]
struct NewEvent<'a> {
    event_id: Option<&'a str>,
    kind: &'a str,
    object_kind: &'a str,
    object_id: &'a str,
    source: Source,
    livemode: bool,
    api_version: &'a str,
    payload: Option<&'a [u8]>,
    state: EventState,
    outcome: &'a str,
    attempts: i64,
    next_at: At,
    happened_at: At,
    received_at: At,
    processed_at: Option<At>,
}

/// Whether it was new.
fn insert(db: &mut Db, new: &NewEvent<'_>) -> QueryResult<bool> {
    let insert = diesel::insert_into(payment_events::table).values(new);
    Ok(Both(insert.on_conflict_do_nothing()).execute(db)? > 0)
}
