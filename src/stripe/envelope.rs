//! What a webhook says of itself, whichever version of the API wrote it: which event, about which object. Nothing else in
//! it is believed, for the object is fetched anew under our own version; so an event in the shape of 2024 is as good as
//! today's, and so are Stripe's thin events, which say no more than this.

use chrono::DateTime;
use serde::Deserialize;

use crate::values::At;

/// The head of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// `evt_…`
    pub id: String,
    /// Stripe's type, without the `v1.` of thin events: `invoice.paid`.
    pub kind: String,
    pub livemode: bool,
    pub created_at: At,
    /// The version that the payload is written in; empty for thin events, which have none.
    pub api_version: String,
    /// The connected account it happened on; none when it is our own.
    pub account: Option<String>,
    /// As Stripe names it (`invoice`, `charge`, `checkout.session`); empty when the event is about no object.
    pub object_kind: String,
    /// Empty for what has none, such as the balance.
    pub object_id: String,
}

/// Why a body is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEnvelope {
    #[error("the body is not JSON, or not of an event's shape: {0}")]
    Json(String),
    #[error("the event's {0} is missing or makes no sense")]
    Field(&'static str),
}

/// Ids and types are short; Stripe promises 255 at most.
const LONGEST: usize = 255;

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    object: String,
    id: String,
    #[serde(rename = "type")]
    kind: String,
    livemode: bool,
    created: Created,
    api_version: Option<String>,
    account: Option<String>,
    data: Option<Data>,
    related_object: Option<Related>,
}

/// Seconds since 1970 in snapshot events, RFC 3339 in thin ones.
#[derive(Deserialize)]
#[serde(untagged)]
enum Created {
    Seconds(i64),
    Text(String),
}

#[derive(Deserialize)]
struct Data {
    object: Option<Object>,
}

#[derive(Deserialize)]
struct Object {
    object: Option<String>,
    id: Option<String>,
}

#[derive(Deserialize)]
struct Related {
    id: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Envelope {
    /// Reads a webhook's body. Unknown fields are passed over; the size is the caller's to limit.
    ///
    /// # Errors
    /// When it is no JSON object, or lacks what every event has.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidEnvelope> {
        // serde_json's own words may quote the body, which can hold a donor's address: only where, not what.
        let raw: Raw = serde_json::from_slice(body)
            .map_err(|error| InvalidEnvelope::Json(format!("line {}, column {}", error.line(), error.column())))?;
        let thin = raw.object == "v2.core.event";
        let kind = if thin { raw.kind.strip_prefix("v1.").unwrap_or(&raw.kind) } else { &raw.kind };
        let created_at = match raw.created {
            Created::Seconds(seconds) => DateTime::from_timestamp(seconds, 0),
            Created::Text(text) => DateTime::parse_from_rfc3339(&text).ok().map(|at| at.to_utc()),
        };
        // Rounded to what the database keeps.
        let created_at = created_at.map(|at| At::from_micros(at.timestamp_micros()));
        let (object_kind, object_id) = match (raw.related_object, raw.data.and_then(|data| data.object)) {
            (Some(related), _) if thin => (related.kind, related.id),
            (_, Some(object)) => (object.object.unwrap_or_default(), object.id.unwrap_or_default()),
            _ => Default::default(),
        };
        Ok(Self {
            id: word(&raw.id, "id")?,
            kind: word(kind, "type")?,
            livemode: raw.livemode,
            created_at: created_at.ok_or(InvalidEnvelope::Field("created"))?,
            api_version: word_or_nothing(raw.api_version.as_deref().unwrap_or_default()),
            account: raw.account.map(|account| word(&account, "account")).transpose()?,
            object_kind: word_or_nothing(&object_kind),
            object_id: word_or_nothing(&object_id),
        })
    }
}

/// Printable ASCII without spaces, as all of Stripe's names are; what is kept and shown must not hold anything else.
fn word(text: &str, field: &'static str) -> Result<String, InvalidEnvelope> {
    match !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|b| b.is_ascii_graphic()) {
        true => Ok(text.to_owned()),
        false => Err(InvalidEnvelope::Field(field)),
    }
}

/// A word, or nothing. Ids that somebody chose freely at Stripe (coupons, prices of old) may hold anything: they are
/// of no kind that we look at, and become nothing.
fn word_or_nothing(text: &str) -> String {
    word(text, "").unwrap_or_default()
}

#[cfg(test)]
mod tests;
