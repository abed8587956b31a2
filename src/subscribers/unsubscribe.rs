//! Leaving through the link of a mail. The link never expires, and leaving (with an hour to undo it) is all that it can do.
//!
//! Which topics a campaign was about is known to campaigns, which this feature does not know: the caller hands them in.

use super::store;
use super::{Subscriber, SuppressionReason, suppression};
use crate::db::Db;
use crate::error::Error;
use crate::outbox;
use crate::values::{At, CampaignId, DeliveryId, Purpose, RootKey};

pub use super::leaving::{Left, Through, UNDO_MINUTES, leave_all, leave_topics, undo, undoable};

/// Who holds an unsubscribe link.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The campaign that brought the link, if one did.
    pub campaign: Option<CampaignId>,
    /// `None` when the subscriber was deleted since.
    pub subscriber: Option<Subscriber>,
    /// The address of the mail as it may be shown; empty when it was erased.
    pub masked: String,
    address_key: String,
}

/// Who holds this link. Changes nothing.
///
/// # Errors
/// `NotFound` when we did not make the link.
pub fn reader(db: &mut Db, root: &RootKey, token: &str, now: At) -> Result<Reader, Error> {
    let id = root.verify(Purpose::Unsubscribe, token, now).map_err(|_| Error::NotFound("link"))?;
    let delivery = outbox::store::find(db, DeliveryId(id))?.ok_or(Error::NotFound("link"))?;
    let subscriber = match delivery.subscriber_id {
        Some(id) => store::find(db, id)?,
        None => None,
    };
    // A mail that was not to a subscriber (a test send to staff) has nobody who could leave.
    let address_key = if delivery.subscriber_id.is_some() { delivery.address.key() } else { String::new() };
    let masked = if delivery.address.as_str().is_empty() { String::new() } else { delivery.address.masked() };
    Ok(Reader { campaign: delivery.campaign_id, subscriber, masked, address_key })
}

impl Reader {
    /// Leaves `topics`, or everything where there are none to name. Who was deleted is still kept off, by the hash.
    ///
    /// # Errors
    /// The database's.
    pub fn leave(
        &self,
        db: &mut Db,
        topics: &[crate::values::TopicId],
        root: &RootKey,
        through: Through<'_>,
        now: At,
    ) -> Result<Left, Error> {
        match &self.subscriber {
            Some(row) if topics.is_empty() => leave_all(db, row.id, through, now),
            Some(row) => leave_topics(db, row.id, topics, through, now),
            None => {
                if !self.address_key.is_empty() {
                    let hash = root.address_hash(&self.address_key);
                    suppression::suppress(db, &hash, SuppressionReason::Unsubscribed, now)?;
                }
                Ok(Left { changed: false, remaining: 0 })
            }
        }
    }
}

/// Whether there is anything left to leave.
pub fn hears_from_us(subscriber: &Subscriber) -> bool {
    matches!(subscriber.state, super::SubscriberState::Active | super::SubscriberState::Pending)
}
