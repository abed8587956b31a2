//! From a verdict to what is written into the row: pure.

use super::queue::Item;
use super::record::Outcome;
use super::verdict::Verdict;
use super::{DeliveryState, policy};
use crate::values::At;

/// What the row becomes; `server` is the mail server that was asked.
pub fn outcome(item: &Item, verdict: Verdict, server: Option<&str>, now: At) -> Outcome {
    let row = &item.row;
    let of = |state, tried: i64, next_at, code: Option<u16>, reply: Option<String>| Outcome {
        id: row.id,
        campaign: row.campaign_id,
        state,
        tried,
        next_at,
        code: code.map(i64::from),
        reply,
        server: server.filter(|_| tried == 1).map(str::to_owned),
        // One that is sent at once has its history in its own row.
        noted: tried == 1 && (state != DeliveryState::Sent || row.attempts > 0),
    };
    let again = |lost_line| policy::next_try(row.id, row.attempts + 1, lost_line, row.created_at, now);
    match verdict {
        Verdict::Sent { code, reply } => of(DeliveryState::Sent, 1, None, Some(code), Some(reply)),
        Verdict::Failed { code, reply } => of(DeliveryState::Failed, 1, None, code, Some(reply)),
        Verdict::Skipped { reason } => of(DeliveryState::Skipped, 0, None, None, Some(reason)),
        Verdict::Later { at, reason } => of(DeliveryState::Deferred, 0, Some(at), None, Some(reason)),
        Verdict::Deferred { code, reply } | Verdict::Policy { code, reply } => match again(code.is_none()) {
            Some(at) => of(DeliveryState::Deferred, 1, Some(at), code, Some(reply)),
            None => of(DeliveryState::Failed, 1, None, code, Some(format!("Given up after 72 hours: {reply}"))),
        },
        Verdict::Doubt { reply } if item.hold => of(DeliveryState::Unknown, 1, None, None, Some(reply)),
        Verdict::Doubt { reply } => match again(true) {
            Some(at) => of(DeliveryState::Deferred, 1, Some(at), None, Some(reply)),
            None => of(DeliveryState::Unknown, 1, None, None, Some(reply)),
        },
        // A system mail has no campaign that could stop: its content is our own, so it fails and the log says so.
        Verdict::Refused { code, reply, .. } if row.campaign_id.is_none() => {
            of(DeliveryState::Failed, 1, None, Some(code), Some(reply))
        }
        Verdict::Back | Verdict::Refused { .. } => {
            Outcome::as_it_was((row.id, row.campaign_id, row.attempts, row.next_at))
        }
    }
}
