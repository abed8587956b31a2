//! What features register: how rows become mails, and which campaigns are open.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::QueryResult;

use super::{Delivery, Lane};
use crate::db::Db;
use crate::mail::Message;
use crate::values::{At, CampaignId};

/// A row that is about to be mailed.
pub enum Prepared {
    /// Makes the mail. Runs off the database and on any thread; an error is the mail's own fault and fails the row.
    Mail(Box<dyn Message>),
    /// Not now: outside of the sending hours, say. Waits until then; this was no attempt.
    Later { at: At, reason: String },
    /// Is not to be mailed any more, and why (shown to staff).
    Skip(String),
}

/// Turns rows of one kind into mails.
pub trait Renderer: Send + Sync {
    /// Looks again, right before mailing, whether each row may still be mailed, and loads what its mail needs.
    /// Answers one entry per row, in order. Asks the database per batch, not per row.
    ///
    /// # Errors
    /// When the database cannot be asked; the rows then go back unchanged.
    fn prepare(&self, db: &mut Db, rows: &[Delivery], now: At) -> anyhow::Result<Vec<Prepared>>;
}

/// Renderers by the name in `deliveries.mail`; `other` makes every system mail.
pub struct Renderers {
    pub named: HashMap<&'static str, Arc<dyn Renderer>>,
    pub other: Arc<dyn Renderer>,
}

impl Renderers {
    pub fn of(&self, mail: &str) -> &Arc<dyn Renderer> {
        self.named.get(mail).unwrap_or(&self.other)
    }
}

/// What the engine asks and tells about campaigns.
pub trait Lanes: Send + Sync {
    /// The campaigns that may be sent at this moment.
    ///
    /// # Errors
    /// The database's.
    fn open(&self, db: &mut Db, now: At) -> QueryResult<Vec<Lane>>;
    /// The campaigns, in whatever state, whose rows in doubt are held.
    ///
    /// # Errors
    /// The database's.
    fn holding(&self, db: &mut Db) -> QueryResult<Vec<CampaignId>>;
    /// Every row of the campaign is final.
    ///
    /// # Errors
    /// The database's.
    fn finished(&self, db: &mut Db, campaign: CampaignId, now: At) -> QueryResult<()>;
    /// The campaign must not go on by itself; `reason` is for its staff.
    ///
    /// # Errors
    /// The database's.
    fn stop(&self, db: &mut Db, campaign: CampaignId, reason: &str, now: At) -> QueryResult<()>;
}
