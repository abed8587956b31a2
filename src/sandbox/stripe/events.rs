//! What Stripe tells of: an event per step, with a snapshot of its object, and a webhook on its way.

use serde_json::{Value, json};

use super::fault::Fault;
use super::json::{Json, public};
use super::run::{Run, id};
use super::{API_VERSION, SandboxStripe, store};
use crate::db::Db;
use crate::error::Error;

/// Keeps an event of that kind about the object as it is now, and a webhook for the sender when there is somewhere to
/// send it. Returns the event's id.
///
/// # Errors
/// The database's.
pub fn emit(db: &mut Db, stripe: &SandboxStripe, kind: &str, object: &Value) -> Result<String, Error> {
    Ok(Run::new(db, stripe)?.emit_as(kind, object, None)?)
}

impl Run<'_> {
    /// Tells of an object.
    pub fn emit(&mut self, kind: &str, object: &Value) -> Result<(), Fault> {
        self.emit_as(kind, object, None).map(drop)
    }

    /// Tells that an object has changed; `before` holds the old values of what changed.
    pub fn emit_change(&mut self, kind: &str, object: &Value, before: Value) -> Result<(), Fault> {
        self.emit_as(kind, object, Some(before)).map(drop)
    }

    fn emit_as(&mut self, kind: &str, object: &Value, before: Option<Value>) -> Result<String, Fault> {
        let event_id = id("evt")?;
        let mut data = json!({ "object": public(object) });
        if let Some(before) = before {
            data.put("previous_attributes", before);
        }
        let (request, key) = match &self.request {
            Some((request, key)) => (Some(request), key.as_ref()),
            None => (None, None),
        };
        let event = json!({
            "id": event_id,
            "object": "event",
            "api_version": API_VERSION,
            "created": self.seconds(),
            "data": data,
            "livemode": false,
            "pending_webhooks": i64::from(self.stripe.hook.is_some()),
            "request": { "id": request, "idempotency_key": key },
            "type": kind,
        });
        self.add(&event)?;
        if self.stripe.hook.is_some() {
            // Webhooks travel in real time, whatever the sandbox's clock says.
            store::add_webhook(self.db, &event_id, self.stripe.clock.now())?;
            self.stripe.bell.notify_one();
        }
        Ok(event_id)
    }
}
