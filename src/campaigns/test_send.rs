//! Test mails: a variant as a reader would get it, sent to whoever wrote it.

use std::sync::Arc;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::frame::{About, Chosen, MailFrame, Recipient};
use super::spliced::mail_date;
use super::store;
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::organisation;
use crate::outbox::{self, Delivery, NewDelivery, Prepared, Renderer};
use crate::subscribers::signup::NAME_MAX;
use crate::subscribers::{Topic, topics};
use crate::values::{At, CampaignId, EmailAddress, Language, VariantId, clean_line};

/// The name in `deliveries.mail`.
pub const TEST_MAIL: &str = "campaign_test";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Payload {
    campaign: CampaignId,
    variant: VariantId,
    /// Fills `{{subscriber.name}}`; empty for the polite word.
    name: String,
}

/// Puts a test mail into the outbox. It shows the text as it is when the mail leaves.
///
/// # Errors
/// `NotFound` for a language in which the campaign is not written, `Invalid` for a name that nobody could have.
pub fn test_send(
    db: &mut Db,
    id: CampaignId,
    language: &Language,
    to: EmailAddress,
    name: &str,
    actor: &Actor,
    now: At,
) -> Result<(), Error> {
    store::find(db, id)?;
    let variant = store::variant(db, id, language)?.ok_or(Error::NotFound("language of this campaign"))?;
    let name = clean_line(name, NAME_MAX).map_err(|error| Error::invalid("name", error))?;
    let payload = Payload { campaign: id, variant: variant.id, name };
    outbox::enqueue(db, &NewDelivery::system(TEST_MAIL, to, language.clone(), &payload)?, now)?;
    Ok(audit::record(db, actor, "sent a test of", "campaign", Some(id.0), language.as_str(), now)?)
}

/// The renderer of test mails. Their links open nothing of anybody's.
pub struct TestMails {
    pub frame: Arc<MailFrame>,
}

impl Renderer for TestMails {
    fn prepare(&self, db: &mut Db, rows: &[Delivery], now: At) -> anyhow::Result<Vec<Prepared>> {
        rows.iter().map(|row| self.one(db, row, now)).collect()
    }
}

impl TestMails {
    fn one(&self, db: &mut Db, row: &Delivery, now: At) -> anyhow::Result<Prepared> {
        let payload = row.payload.as_deref().context("the test mail has no payload")?;
        let payload: Payload = serde_json::from_str(payload)?;
        let variants = store::variants_of(db, &[payload.variant])?;
        let Some(variant) = variants.into_iter().next() else {
            return Ok(Prepared::Skip("the text was removed before it was sent".into()));
        };
        let organisation = organisation::store::get(db, now)?;
        let ids = store::topics(db, payload.campaign)?;
        let mut topics = topics::list(db, &variant.language)?;
        topics.retain(|topic| ids.contains(&topic.id));
        let topics: Vec<&Topic> = topics.iter().collect();
        let about = About {
            delivery: row.id,
            donate_url: self.frame.donate_url(payload.campaign, &variant.language),
            now,
            date: mail_date(now),
            test: true,
        };
        let recipient = Recipient {
            name: payload.name,
            address: row.address.clone(),
            language: variant.language.clone(),
            topics: Arc::new(Chosen::new(&variant.language, &topics, &topics)),
        };
        let kept = self.frame.kept(&variant, &organisation, &self.frame.list_id(&topics, &organisation), true)?;
        Ok(Prepared::Mail(self.frame.mail(kept, recipient, about)))
    }
}
