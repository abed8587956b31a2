//! Campaign mails for the outbox: who left meanwhile is skipped, everybody else gets their variant.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use anyhow::Context;

use super::frame::{About, MailFrame, Recipient, reason};
use super::model::Variant;
use super::store::{self, readers};
use crate::db::Db;
use crate::organisation::{self, Organisation};
use crate::outbox::{Delivery, Prepared, Renderer};
use crate::subscribers::{SubscriberState, Topic, topics};
use crate::values::{At, CampaignId, Language, SubscriberId, TopicId, VariantId};

/// Shown beside a skipped delivery.
const LEFT: &str = "left before it was sent";

/// The renderer of `deliveries.mail = 'campaign'`.
pub struct CampaignMails {
    pub frame: Arc<MailFrame>,
}

impl Renderer for CampaignMails {
    fn prepare(&self, db: &mut Db, rows: &[Delivery], now: At) -> anyhow::Result<Vec<Prepared>> {
        let batch = Batch::load(db, rows, now)?;
        rows.iter().map(|row| self.one(&batch, row, now)).collect()
    }
}

impl CampaignMails {
    fn one(&self, batch: &Batch, row: &Delivery, now: At) -> anyhow::Result<Prepared> {
        let Some((reader, chosen)) = batch.reader(row) else { return Ok(Prepared::Skip(LEFT.into())) };
        let variant = row.variant_id.and_then(|id| batch.variants.get(&id)).context("the campaign's text is gone")?;
        let names = batch.topics.get(&variant.language).map(Vec::as_slice).unwrap_or_default();
        let of = |ids: &[TopicId]| -> Vec<Topic> { names.iter().filter(|t| ids.contains(&t.id)).cloned().collect() };
        let chosen = of(chosen);
        let about = About {
            delivery: row.id,
            organisation: batch.organisation.clone(),
            language: variant.language.clone(),
            list_id: self.frame.list_id(&of(batch.campaign_topics(row)), &batch.organisation),
            now,
        };
        let recipient = Recipient {
            name: reader.name.clone(),
            address: row.address.clone(),
            language: reader.language.clone(),
            reason: String::new(),
        };
        let skeleton = self.frame.skeleton(variant, &batch.organisation, false)?;
        let (frame, campaign) = (self.frame.clone(), variant.campaign_id);
        Ok(Prepared::Mail(crate::mail::whole(move || {
            let chosen: Vec<&Topic> = chosen.iter().collect();
            let recipient = Recipient { reason: reason(&about.language, &chosen), ..recipient };
            let values = frame.values(campaign, &about.language, &recipient, frame.links(about.delivery, now));
            frame.email(&skeleton, &values, &recipient, &about)
        })))
    }
}

/// What a batch of rows needs, asked for in a handful of queries.
struct Batch {
    organisation: Arc<Organisation>,
    variants: HashMap<VariantId, Variant>,
    /// Every topic, named in each of the variants' languages.
    topics: HashMap<Language, Vec<Topic>>,
    readers: HashMap<SubscriberId, readers::Reader>,
    /// Per campaign: its topics, and which of them these readers have now.
    campaigns: HashMap<CampaignId, Chosen>,
}

/// A campaign's topics, and those that each reader has.
type Chosen = (Vec<TopicId>, HashMap<SubscriberId, Vec<TopicId>>);

impl Batch {
    fn load(db: &mut Db, rows: &[Delivery], now: At) -> anyhow::Result<Self> {
        let ids: Vec<SubscriberId> = rows.iter().filter_map(|row| row.subscriber_id).collect();
        let mut variant_ids: Vec<VariantId> = rows.iter().filter_map(|row| row.variant_id).collect();
        variant_ids.sort();
        variant_ids.dedup();
        let variants: HashMap<_, _> =
            store::variants_of(db, &variant_ids)?.into_iter().map(|variant| (variant.id, variant)).collect();
        let mut named = HashMap::new();
        for variant in variants.values() {
            if !named.contains_key(&variant.language) {
                named.insert(variant.language.clone(), topics::list(db, &variant.language)?);
            }
        }
        let mut people = readers::by_id(db, &ids)?;
        let suppressed = readers::suppressed(db, &ids)?;
        people.retain(|id, reader| reader.state == SubscriberState::Active && !suppressed.contains(id));
        let mut campaigns = HashMap::new();
        for campaign in rows.iter().filter_map(|row| row.campaign_id) {
            if let Entry::Vacant(free) = campaigns.entry(campaign) {
                free.insert((store::topics(db, campaign)?, readers::topics(db, campaign, &ids)?));
            }
        }
        let organisation = Arc::new(organisation::store::get(db, now)?);
        Ok(Self { organisation, variants, topics: named, readers: people, campaigns })
    }

    /// The reader, if they may still be mailed, and the topics for which they are.
    fn reader(&self, row: &Delivery) -> Option<(&readers::Reader, &[TopicId])> {
        let reader = self.readers.get(&row.subscriber_id?)?;
        let topics = self.campaigns.get(&row.campaign_id?)?.1.get(&reader.id)?;
        Some((reader, topics))
    }

    fn campaign_topics(&self, row: &Delivery) -> &[TopicId] {
        row.campaign_id.and_then(|id| self.campaigns.get(&id)).map(|(topics, _)| topics.as_slice()).unwrap_or_default()
    }
}
