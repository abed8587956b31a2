//! Campaign mails for the outbox: who left meanwhile is skipped, everybody else gets their variant.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono_tz::Tz;

use super::frame::{About, Chosen, MailFrame, Recipient};
use super::hours::{Everywhere, OUTSIDE};
use super::model::{Hours, Variant};
use super::spliced::{Kept, mail_date};
use super::store::{self, readers};
use crate::db::Db;
use crate::organisation::{self, SendingHours};
use crate::outbox::{Delivery, Prepared, Renderer};
use crate::subscribers::{Topic, topics};
use crate::values::{At, CampaignId, SubscriberId, TopicId, VariantId};

/// Shown beside a skipped delivery.
const LEFT: &str = "left before it was sent";
/// For so long a batch is mailed with the texts and names that the one before it had.
const FRESH: Duration = Duration::from_secs(1);

/// The renderer of `deliveries.mail = 'campaign'`.
pub struct CampaignMails {
    frame: Arc<MailFrame>,
    known: Mutex<Option<Known>>,
}

/// What does not change from batch to batch, and when it was asked for.
#[derive(Clone)]
struct Known {
    since: Instant,
    texts: HashMap<VariantId, Arc<Text>>,
}

/// A variant and what belongs to it.
struct Text {
    variant: Variant,
    kept: Arc<Kept>,
    /// The campaign's.
    topics: Vec<TopicId>,
    /// All, named in the variant's language.
    names: Vec<Topic>,
    donate_url: Arc<str>,
    /// Where the campaign goes by the clock of each reader: the hours, and the zone of those of whom none is known.
    hours: Option<(SendingHours, Tz)>,
    /// What is said of each set of topics, by the set as the database gives it; none where the campaign has none of them.
    chosen: Mutex<HashMap<String, Option<Arc<Chosen>>>>,
}

impl Renderer for CampaignMails {
    fn prepare(&self, db: &mut Db, rows: &[Delivery], now: At) -> anyhow::Result<Vec<Prepared>> {
        let texts = self.texts(db, rows, now)?;
        let ids: Vec<SubscriberId> = rows.iter().filter_map(|row| row.subscriber_id).collect();
        let mut readers = readers::mailable(db, &ids)?;
        let date = mail_date(now);
        let by_reader = by_reader(db, &texts, rows)?;
        let hours = texts.values().find_map(|text| text.hours.as_ref());
        // The organisation has one set of hours: each zone is worked out once for the batch.
        let mut everywhere =
            hours.filter(|_| !by_reader.is_empty()).map(|(hours, home)| Everywhere::new(hours, *home, now));
        let mut one = |row: &Delivery| {
            let reader = row.subscriber_id.and_then(|id| readers.remove(&id));
            let Some(reader) = reader else { return Ok(Prepared::Skip(LEFT.into())) };
            // One row without a text does not keep the others from leaving.
            let Some(text) = row.variant_id.and_then(|id| texts.get(&id)) else {
                return Ok(Prepared::Skip("the campaign’s text is gone".into()));
            };
            let Some(topics) = text.chosen(reader.topics) else { return Ok(Prepared::Skip(LEFT.into())) };
            if let Some(everywhere) = everywhere.as_mut().filter(|_| by_reader.contains(&text.variant.campaign_id))
                && let Some(at) = everywhere.later(&reader.time_zone, row.id)
            {
                return Ok(Prepared::Later { at, reason: OUTSIDE.into() });
            }
            let about =
                About { delivery: row.id, donate_url: text.donate_url.clone(), now, date: date.clone(), test: false };
            let recipient =
                Recipient { name: reader.name, address: row.address.clone(), language: reader.language, topics };
            Ok(Prepared::Mail(self.frame.mail(text.kept.clone(), recipient, about)))
        };
        rows.iter().map(&mut one).collect()
    }
}

/// The campaigns of these rows that go by the clock of each reader. Where any may, the database is asked for each batch:
/// who was let go because the campaign got other hours must not be put off once more.
fn by_reader(db: &mut Db, texts: &HashMap<VariantId, Arc<Text>>, rows: &[Delivery]) -> anyhow::Result<Vec<CampaignId>> {
    if texts.values().all(|text| text.hours.is_none()) {
        return Ok(Vec::new());
    }
    let of = |row: &Delivery| row.variant_id.and_then(|id| texts.get(&id)).filter(|text| text.hours.is_some());
    let mut ids: Vec<CampaignId> = rows.iter().filter_map(of).map(|text| text.variant.campaign_id).collect();
    ids.sort();
    ids.dedup();
    let mut found = Vec::new();
    for id in ids {
        if store::find(db, id)?.hours == Hours::Reader {
            found.push(id);
        }
    }
    Ok(found)
}

impl CampaignMails {
    pub fn new(frame: Arc<MailFrame>) -> Self {
        Self { frame, known: Mutex::new(None) }
    }

    /// The texts of these rows. The database is asked once a second, and for variants that are not known yet.
    fn texts(&self, db: &mut Db, rows: &[Delivery], now: At) -> anyhow::Result<HashMap<VariantId, Arc<Text>>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut known = known
            .filter(|known| known.since.elapsed() < FRESH)
            .unwrap_or_else(|| Known { since: Instant::now(), texts: HashMap::new() });
        let mut missing: Vec<VariantId> =
            rows.iter().filter_map(|row| row.variant_id).filter(|id| !known.texts.contains_key(id)).collect();
        missing.sort();
        missing.dedup();
        if !missing.is_empty() {
            let organisation = organisation::store::get(db, now)?;
            for variant in store::variants_of(db, &missing)? {
                let ids = store::topics(db, variant.campaign_id)?;
                let names = topics::list(db, &variant.language)?;
                let own: Vec<&Topic> = names.iter().filter(|topic| ids.contains(&topic.id)).collect();
                let list_id = self.frame.list_id(&own, &organisation);
                let hours = match store::find(db, variant.campaign_id)?.hours {
                    Hours::Reader => Some((organisation.sending_hours(), organisation.zone())),
                    Hours::Any | Hours::Organisation => None,
                };
                let text = Text {
                    hours,
                    kept: self.frame.kept(&variant, &organisation, &list_id, false)?,
                    donate_url: self.frame.donate_url(variant.campaign_id, &variant.language),
                    variant,
                    topics: ids,
                    names,
                    chosen: Mutex::default(),
                };
                known.texts.insert(text.variant.id, Arc::new(text));
            }
            *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        }
        Ok(known.texts)
    }
}

impl Text {
    /// What is said to a reader with these topics; none if the campaign has none of them.
    fn chosen(&self, topics: Option<String>) -> Option<Arc<Chosen>> {
        let topics = topics?;
        let mut chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = chosen.get(&topics) {
            return found.clone();
        }
        let ids: Vec<i64> = topics.split(',').filter_map(|id| id.parse().ok()).collect();
        let all: Vec<&Topic> = self.names.iter().filter(|topic| ids.contains(&topic.id.0)).collect();
        let why: Vec<&Topic> = all.iter().filter(|topic| self.topics.contains(&topic.id)).copied().collect();
        let made = (!why.is_empty()).then(|| Arc::new(Chosen::new(&self.variant.language, &why, &all)));
        chosen.insert(topics, made.clone());
        made
    }
}
