//! A delivery and its states.

use diesel::prelude::*;
use serde::Serialize;

use crate::db::MultiBackend;
use crate::db::schema::deliveries;
use crate::text_enum;
use crate::values::{At, CampaignId, DeliveryId, EmailAddress, Language, SubscriberId, VariantId};

text_enum! {
    /// Where a mail is on its way.
    pub enum DeliveryState {
        /// Waits for its first attempt.
        Queued => "queued",
        /// Leased by a node; may be on the wire.
        Sending => "sending",
        /// The mail server took it.
        Sent => "sent",
        /// To be tried again at `next_at`.
        Deferred => "deferred",
        /// Refused for good.
        Failed => "failed",
        /// Not mailed, on purpose: the reader left meanwhile.
        Skipped => "skipped",
        /// In doubt and held for staff to decide.
        Unknown => "unknown",
    }
}

impl DeliveryState {
    /// Whether nothing more will happen to the row by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Sent | Self::Failed | Self::Skipped | Self::Unknown)
    }
}

/// A row of `deliveries`, as renderers and pages see it.
#[derive(HasQuery, QueryableByName, Debug, Clone)]
#[diesel(table_name = deliveries)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Delivery {
    pub id: DeliveryId,
    /// Which renderer makes it: `campaign`, or the name of a system mail's template.
    pub mail: String,
    pub campaign_id: Option<CampaignId>,
    pub variant_id: Option<VariantId>,
    pub subscriber_id: Option<SubscriberId>,
    pub address: EmailAddress,
    pub language: Language,
    /// A system mail's variables as JSON; gone once the mail is sent.
    pub payload: Option<String>,
    pub state: DeliveryState,
    pub attempts: i64,
    pub next_at: Option<At>,
    pub code: Option<i64>,
    pub reply: Option<String>,
    /// The mail server that gave it.
    pub server: Option<String>,
    pub created_at: At,
    pub updated_at: At,
}

/// A mail to be sent.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    pub mail: String,
    pub subscriber: Option<SubscriberId>,
    pub address: EmailAddress,
    pub language: Language,
    pub payload: String,
    /// At most one row with this key ever comes into being; a second one is silently the first.
    pub dedup_key: Option<String>,
}

impl NewDelivery {
    /// A system mail: `mail` is the template's folder, `data` its variables.
    ///
    /// # Errors
    /// When the data cannot be written as JSON.
    pub fn system(
        mail: &str,
        address: EmailAddress,
        language: Language,
        data: &impl Serialize,
    ) -> anyhow::Result<Self> {
        let payload = serde_json::to_string(data)?;
        Ok(Self { mail: mail.into(), subscriber: None, address, language, payload, dedup_key: None })
    }
    pub fn to_subscriber(mut self, id: SubscriberId) -> Self {
        self.subscriber = Some(id);
        self
    }
    pub fn once(mut self, key: impl Into<String>) -> Self {
        self.dedup_key = Some(key.into());
        self
    }
}

/// A campaign that may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane {
    pub campaign: CampaignId,
    /// Doubt policy `hold`: a row in doubt becomes `unknown` instead of being sent again.
    pub hold: bool,
    /// Mails a minute over all nodes.
    pub per_minute: Option<i64>,
}
