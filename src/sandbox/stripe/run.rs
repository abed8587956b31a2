//! One piece of work in the caller's transaction: the database, the time in the sandbox, who asked.

use serde_json::{Value, json};

use super::fault::{ApiError, Fault};
use super::json::Json;
use super::{SandboxStripe, store};
use crate::db::Db;
use crate::values::{At, random_token};

pub struct Run<'a> {
    pub db: &'a mut Db,
    pub stripe: &'a SandboxStripe,
    /// By the sandbox's clock.
    pub now: At,
    /// The API request that all this comes from: its id and its idempotency key.
    pub request: Option<(String, Option<String>)>,
}

impl<'a> Run<'a> {
    /// Reads the sandbox's clock.
    pub fn new(db: &'a mut Db, stripe: &'a SandboxStripe) -> Result<Self, Fault> {
        let now = stripe.clock.now() + chrono::Duration::seconds(store::ahead(db)?);
        Ok(Self { db, stripe, now, request: None })
    }
    /// For work that writes.
    pub fn begin(db: &'a mut Db, stripe: &'a SandboxStripe) -> Result<Self, Fault> {
        store::lock(db)?;
        Self::new(db, stripe)
    }
    /// Seconds since the epoch, as Stripe writes time.
    pub fn seconds(&self) -> i64 {
        self.now.0.timestamp()
    }
    /// An object that must be there.
    pub fn get(&mut self, id: &str) -> Result<Value, Fault> {
        let found = store::load(self.db, id)?;
        found.ok_or_else(|| Fault::Ours(anyhow::anyhow!("the sandbox's Stripe has lost {id}").into()))
    }
    /// An object that somebody named: 404 when it is not there or something else.
    pub fn named(&mut self, kind: &str, id: &str, param: &str) -> Result<Value, Fault> {
        let found = store::load(self.db, id)?.filter(|value| value.text("object") == kind);
        Ok(found.ok_or_else(|| ApiError::missing(kind, id, param))?)
    }
    /// Keeps a new object.
    pub fn add(&mut self, object: &Value) -> Result<(), Fault> {
        Ok(store::insert(self.db, object.text("object"), object)?)
    }
    pub fn save(&mut self, object: &Value) -> Result<(), Fault> {
        Ok(store::save(self.db, object)?)
    }
    /// Notes that something is to be done then.
    pub fn schedule(&mut self, at: i64, what: &str, subject: &str) -> Result<(), Fault> {
        let due = json!({ "id": store::due_id(at, &letters(12)?), "object": "due", "at": at, "what": what, "subject": subject });
        Ok(store::insert(self.db, "due", &due)?)
    }
    /// Forgets what was to be done with an object.
    pub fn unschedule(&mut self, what: &str, subject: &str) -> Result<(), Fault> {
        for due in store::all(self.db, "due")? {
            if due.text("what") == what && due.text("subject") == subject {
                store::delete(self.db, due.text("id"))?;
            }
        }
        Ok(())
    }
}

/// A fresh id as Stripe's look: `pi_` and 24 letters and digits.
pub fn id(prefix: &str) -> Result<String, Fault> {
    letters(24).map(|letters| format!("{prefix}_{letters}"))
}

/// Random letters and digits.
pub fn letters(length: usize) -> Result<String, Fault> {
    let mut text = String::new();
    while text.len() < length {
        text.extend(random_token()?.chars().filter(char::is_ascii_alphanumeric));
    }
    text.truncate(length);
    Ok(text)
}
